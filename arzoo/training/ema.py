"""Averaged weights: what is evaluated, sampled from and shipped."""

import copy
from typing import Generic, TypeVar

import torch
from torch import Tensor, nn

M = TypeVar("M", bound=nn.Module)


def decay_at(update: int, decay: float) -> float:
    """Return the decay of the average at one update, small at first.

    (1 + t) / (10 + t) lets the average reach over the last tenth of a run that is still short, so that neither the
    initial weights nor the first wild steps linger.

    Args:
        update: How many updates the average has seen before this one.
        decay: The decay in the long run.

    Example:
        >>> decay_at(0, 0.999), decay_at(10**6, 0.999)
        (0.1, 0.999)
    """
    return min(decay, (1 + update) / (10 + update))


class AveragedModel(Generic[M]):
    """A copy of a model whose weights trail it: average <- decay * average + (1 - decay) * weights.

    torch's own `AveragedModel` asks the update count of a tensor, which stalls an accelerator once a step; here it is
    the caller's.

    Args:
        model: The model that is trained; the copy starts at its weights.
        decay: Decay an update, 0 ... 1; 0 keeps the copy equal to the model.
    """

    def __init__(self, model: M, decay: float) -> None:
        self.decay = decay
        self.model: M = copy.deepcopy(model).requires_grad_(False).eval()

    @torch.no_grad()
    def update(self, model: nn.Module, update: int) -> None:
        """Take in the model's weights after update number `update`, counted from 0."""
        ours: list[Tensor] = list(self.model.parameters())
        theirs: list[Tensor] = list(model.parameters())
        torch._foreach_lerp_(ours, theirs, 1 - decay_at(update, self.decay))
