"""How far a run is, and whether it is still worth going on."""

import math
from dataclasses import dataclass


@dataclass
class State:
    """The part of a snapshot that is no tensor.

    Attributes:
        step: Updates done.
        seconds: Wall time spent on them, over all resumes.
        bits_per_dim: The last validation figure; None before the first.
        best_bits_per_dim: The lowest so far.
        best_step: When it was measured.
        stale: Evaluations since then.
        timed_items: Items that were trained on while the time was taken.
        timed_seconds: That time, without evaluations, sheets and files.

    Example:
        >>> state = State(step=10)
        >>> state.compare(3.5), state.compare(3.6), state.stale
        (True, False, 1)
    """

    step: int = 0
    seconds: float = 0.0
    bits_per_dim: float | None = None
    best_bits_per_dim: float = math.inf
    best_step: int = 0
    stale: int = 0
    timed_items: int = 0
    timed_seconds: float = 0.0

    def compare(self, bits_per_dim: float) -> bool:
        """Take in a validation figure, and return whether it is the best so far."""
        self.bits_per_dim = bits_per_dim
        better = bits_per_dim < self.best_bits_per_dim
        if better:
            self.best_bits_per_dim, self.best_step = bits_per_dim, self.step
        self.stale = 0 if better else self.stale + 1
        return better

    def out_of(self, patience: int) -> bool:
        """Whether as many evaluations as `patience` brought nothing; never where it is 0."""
        return 0 < patience <= self.stale
