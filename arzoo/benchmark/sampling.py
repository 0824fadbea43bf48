"""How fast a model samples, beside the floor that its machine sets and the loop that keeps nothing."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from arzoo.benchmark.records import SamplingRecord, SamplingRow
from arzoo.benchmark.subjects import Subject
from arzoo.benchmark.timing import Window, peak_memory, time_pass, time_steps, window_of
from arzoo.errors import check_count
from arzoo.provenance import allocator, environment
from arzoo.roofline import Rate, Work, bandwidth, count_work, floor_of, peak
from arzoo.sampling import evaluating, state_bytes


@dataclass(frozen=True)
class Measuring:
    """How much is measured.

    Attributes:
        batches: Events at a time, one row each.
        steps: The most positions to time; longer events are timed at their middle.
        rounds: How often to time them, at most.
        seconds: No further round of a batch begins after this time.

    Raises:
        ConfigError: A number is less than 1.
    """

    batches: Sequence[int] = (1, 16)
    steps: int = 1024
    rounds: int = 5
    seconds: float = 10.0

    def __post_init__(self) -> None:
        for batch in self.batches:
            check_count("batch", batch)
        check_count("steps", self.steps)
        check_count("rounds", self.rounds)


def measure_sampling(
    subject: Subject,
    measuring: Measuring | None = None,
    *,
    command: str | None = None,
    done: Callable[[int], object] = lambda batch: None,
) -> SamplingRecord:
    """Measure how fast a model samples.

    The loop is timed as users run it, draws included; the floor is that of the network alone.

    Args:
        subject: The model.
        measuring: How much is measured.
        command: To be recorded.
        done: Called after each batch.

    Returns:
        The record, which `write` puts into a folder.
    """
    measuring, model = measuring or Measuring(), subject.model
    window = window_of(subject.ordering, measuring.steps)
    works = {batch: _work(subject, batch, window) for batch in measuring.batches}
    dtype = next(model.parameters()).dtype
    read = bandwidth(max(work.working_set for work in works.values()), model.device)
    multiply = peak(dtype, model.device)
    rows = []
    for batch, work in works.items():
        rows.append(_row(subject, batch, window, measuring, work, (read, multiply)))
        done(batch)
    return SamplingRecord(
        model=subject.name,
        architecture=model.architecture,
        arguments=model.arguments,
        parameters=sum(parameter.numel() for parameter in model.parameters()),
        event_shape=model.event_shape,
        positions=subject.ordering.num_positions,
        dtype=str(dtype).removeprefix("torch."),
        bandwidth=round(read.per_second),
        bandwidth_how=read.how,
        peak=round(multiply.per_second),
        peak_how=multiply.how,
        rows=tuple(rows),
        command=command,
        **_surroundings(model.device),
    )


def _row(
    subject: Subject, batch: int, window: Window, measuring: Measuring, work: Work, rates: tuple[Rate, Rate]
) -> SamplingRow:
    whole, floor = time_pass(subject, batch), floor_of(work, *rates)
    with peak_memory(subject.model.device) as most:
        times = time_steps(subject, batch, window, measuring.rounds, measuring.seconds)
    symbols = batch * subject.ordering.num_symbols / times.mean
    free = None in subject.model.event_shape
    state, activations = _state_bytes(subject, batch, window)
    return SamplingRow(
        batch=batch,
        steps=len(window.positions),
        first=window.positions.start,
        rounds=times.rounds,
        step_seconds=_short(times.mean),
        median_step_seconds=_short(times.median),
        events_per_second=None if free else _short(batch / (times.mean * subject.ordering.num_positions)),
        symbols_per_second=_short(symbols),
        weight_bytes=round(work.weight_bytes),
        operations=round(work.operations),
        floor_seconds=_short(floor.seconds),
        bound=floor.bound,
        times_floor=_short(times.mean / floor.seconds),
        pass_seconds=_short(whole),
        times_faster=_short(whole / times.mean),
        state_bytes=state,
        activation_bytes=activations,
        peak_bytes=most[0],
    )


def _work(subject: Subject, batch: int, window: Window) -> Work:
    """The work of the network's steps in a period at the middle of the window."""
    walk, middle = _Walk(subject, batch), window.middle
    walk.to(middle.start)
    return count_work(walk.step, middle)


def _state_bytes(subject: Subject, batch: int, window: Window) -> tuple[int, int]:
    """Bytes of a state after a period, and of what in it grows with the batch."""
    here, more = (_Walk(subject, n).to(window.period).state_bytes for n in (batch, batch + 1))
    return here, (more - here) * batch


class _Walk:
    """The steps of the network alone, from the first position on."""

    def __init__(self, subject: Subject, batch: int) -> None:
        self._subject, self._steps = subject, subject.steps(batch)
        self._shape = batch, subject.ordering.num_symbols

    def step(self, position: int) -> None:
        """Take a step after the lowest level."""
        previous = torch.zeros(self._shape, dtype=torch.int64, device=self._subject.model.device)  # anew: no weight
        with torch.inference_mode(), evaluating(self._subject.model):
            self._steps(position, previous)

    def to(self, stop: int) -> "_Walk":
        """Take the steps before a position."""
        for position in range(stop):
            self.step(position)
        return self

    @property
    def state_bytes(self) -> int:
        """Of the state by now, beside the model's own tensors."""
        return state_bytes(self._steps.state, self._subject.model)


def _surroundings(device: torch.device) -> dict[str, Any]:
    return {**environment(device), "threads": torch.get_num_threads(), "allocator": allocator()}


def _short(figure: float) -> float:
    """Four digits of a figure, which is more than repeats itself."""
    return figure if not figure or not math.isfinite(figure) else round(figure, 3 - math.floor(math.log10(abs(figure))))
