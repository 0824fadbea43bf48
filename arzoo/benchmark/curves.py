"""The curve of a training: key points of its log, recorded with the weights that it ended in."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from arzoo.checkpoints import config_of
from arzoo.errors import CheckpointError
from arzoo.training.journal import FILE, read_journal

FORMAT = 1
POINTS = 40
"""The most of a curve that are kept, spread evenly over the logarithm of the step."""

IDENTITY = ("commit", "seed", "step", "steps_done", "wall_time_s")
"""Of a training; the second counts its time to the millisecond."""

CURVES = {"training": "train_bits_per_dim", "validation": "validation_bits_per_dim"}


def curve_of(name: str, folder: Path) -> dict[str, Any]:
    """Return key points of the log of the training that made a checkpoint.

    Args:
        name: The checkpoint.
        folder: Which `arzoo train` wrote.

    Raises:
        CheckpointError: There is no log in the folder, or it is of another training.
    """
    lines, config = read_journal(folder / FILE), config_of(name)
    if not lines:
        raise CheckpointError(f"{folder} must hold the log of a training, {FILE}, got none.", file=folder)
    wanted, trained = (_identity(source) for source in (name, f"local-dir:{folder}"))
    if trained != wanted:
        raise CheckpointError(
            f"{folder} must be the training that made {name}, with {wanted}, got one with {trained}.", file=folder
        )
    found = {
        key: [[line["step"], round(line[figure], 4)] for line in lines if figure in line]
        for key, figure in CURVES.items()
    }
    return {
        "format": FORMAT,
        "checkpoint": name,
        "weights_sha256": config.weights.sha256,
        "points": {key: key_points(points) for key, points in found.items() if points},
    }


def _identity(source: str) -> dict[str, Any]:
    """Return what tells a training from every other."""
    training = config_of(source).training or {}
    return {key: training.get(key) for key in IDENTITY}


def key_points(points: Sequence[Sequence[float]], most: int = POINTS) -> list[list[float]]:
    """Return the first point, the last, and of those between as many as are evenly spread over log(step).

    Example:
        >>> [int(step) for step, _ in key_points([[k, 0.0] for k in range(1, 1001)], 8)]
        [1, 3, 7, 19, 52, 139, 373, 1000]
    """
    steps = [step for step, _ in points]
    ratio = (steps[-1] / max(1, steps[0])) ** (1 / (most - 1))
    wanted = [steps[0] * ratio**k for k in range(most)]
    chosen = sorted({min(range(len(steps)), key=lambda at: abs(steps[at] - step)) for step in wanted})
    return [list(points[at]) for at in chosen]
