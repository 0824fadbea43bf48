"""How the step size goes: up in a line, then down along half a cosine.

        peak  ____
            /      `-.
          /            `.
peak/w  /                 `-.___ final
        0     w               steps - 1
"""

import math

from arzoo.training.recipes import TrainingPart


def learning_rate(step: int, training: TrainingPart) -> float:
    """Return the step size of one update.

    A function of the step alone, so that a resumed run needs no scheduler state.

    Args:
        step: Which update, 0 ... steps-1.
        training: The recipe's section.

    Returns:
        The step size of AdamW.

    References:
        Loshchilov and Hutter 2017, SGDR: Stochastic Gradient Descent with Warm Restarts, equation 5 (one period).
    """
    peak, final = training.learning_rate, training.final_learning_rate
    if step < training.warmup_steps:
        return peak * (step + 1) / training.warmup_steps
    if training.decay == "none":
        return peak
    progress = (step - training.warmup_steps) / max(1, training.steps - 1 - training.warmup_steps)
    return final + (peak - final) * (1 + math.cos(math.pi * min(1.0, progress))) / 2
