"""Reads the figures of many steps at once, because each reading waits for the device."""

import math
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor

from arzoo.errors import TrainingError

SECONDS_BETWEEN_LOOKS = 0.5


@dataclass(frozen=True)
class Reading:
    """What the steps since the last line of the log came to.

    Attributes:
        nats_per_dim: Mean negative log-likelihood.
        gradient_norm: Mean norm of its gradient, before clipping.
        items_per_second: Over all processes, without evaluations and sheets.
    """

    nats_per_dim: float
    gradient_norm: float
    items_per_second: float


class Meter:
    """Collects (nats per dimension, gradient norm) of each step, and stops the run where one is no number.

    Args:
        items_per_step: Items that one update sees.
    """

    def __init__(self, items_per_step: int) -> None:
        self.items_per_step = items_per_step
        self._pending: list[Tensor] = []
        self._read: list[tuple[float, float]] = []
        self._since = self._looked = self._began = time.monotonic()
        self._steps, self._pauses = 0, 0.0
        self._pausing: float | None = None

    @property
    def due(self) -> bool:
        """Whether the last look is long enough ago for another."""
        return time.monotonic() - self._looked >= SECONDS_BETWEEN_LOOKS

    def add(self, figures: Tensor) -> None:
        """Take in (2,) of one step, unread."""
        self._pending.append(figures)
        self._steps += 1

    @property
    def timed(self) -> tuple[int, float]:
        """Items that were trained on since the meter was made, and the seconds that took, pauses left out."""
        until = time.monotonic() if self._pausing is None else self._pausing
        return self._steps * self.items_per_step, until - self._began - self._pauses

    def look(self, step: int) -> Reading:
        """Read what is pending.

        Args:
            step: Updates done.

        Returns:
            The means since `restart`.

        Raises:
            TrainingError: If loss or gradient norm of a step are not finite; names the first such step.
        """
        rows = torch.stack(self._pending).tolist() if self._pending else []
        for number, row in enumerate(rows, start=step - len(rows) + 1):
            check_finite({"The loss": row[0], "The norm of the gradient": row[1]}, f"at step {number}")
        self._read += rows
        self._pending.clear()
        self._looked = time.monotonic()
        nats, norms = zip(*self._read, strict=True)
        count = len(self._read)
        speed = count * self.items_per_step / max(1e-9, self._looked - self._since)
        return Reading(sum(nats) / count, sum(norms) / count, speed)

    def restart(self) -> None:
        """Begin the next line of the log."""
        self._read.clear()
        self._since = time.monotonic()

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Leave the time of a block out of items a second."""
        self._pausing = time.monotonic()
        yield
        took, self._pausing = time.monotonic() - self._pausing, None
        self._since, self._pauses = self._since + took, self._pauses + took


def check_finite(figures: Mapping[str, float], when: str) -> None:
    """Stop a run whose figures are no numbers.

    Raises:
        TrainingError: One is infinite or none.
    """
    for what, value in figures.items():
        if not math.isfinite(value):
            raise TrainingError(
                f"{what} must be finite, got {value} {when}; the snapshot before it is kept. "
                "Lower training.learning_rate, or lengthen training.warmup_steps."
            )
