"""How long a step takes in the sampling loop, how long a whole pass does, and what memory is taken meanwhile."""

import ctypes
import gc
import statistics
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import torch

from arzoo.benchmark.subjects import Subject
from arzoo.roofline import synchronized
from arzoo.sampling import evaluating

if TYPE_CHECKING:
    from arzoo.orderings import Ordering

ROWS = 4
"""Rows of a period: the strides of every network of two halvings begin anew after them."""

BLOCK = 512
"""Positions of a period of a sequence."""

PASSES, PASS_SECONDS = 5, 20.0
"""The most whole passes that are timed, and the time after which no further one begins."""


class Window(NamedTuple):
    """Positions that are timed, and the period after which the work of a step repeats itself.

    Attributes:
        positions: In the order of drawing.
        period: Positions of a period.
    """

    positions: range
    period: int

    @property
    def row(self) -> int:
        """Positions of a row, where a window may begin."""
        return max(1, self.period // ROWS)

    @property
    def middle(self) -> range:
        """A period in the middle, where work that grows with the past is at its mean."""
        start, stop = self.positions.start, self.positions.stop
        first = max(start, (start + stop - self.period) // 2 // self.row * self.row)
        return range(first, min(stop, first + self.period))


class StepTimes(NamedTuple):
    """Seconds of a step.

    Attributes:
        mean: Of all steps of a round, those that begin a row among them; the median round's.
        median: Of all steps of all rounds.
        rounds: How often the window was timed.
    """

    mean: float
    median: float
    rounds: int


def window_of(ordering: "Ordering", steps: int) -> Window:
    """Choose whole periods to time, after one that does not count.

    Args:
        ordering: Of fixed length.
        steps: The most to time; of longer events they are taken from the middle, so that the cost of a step of
            attention, which grows with the past, is that of the mean step.

    Example:
        >>> from arzoo.orderings import Raster
        >>> window_of(Raster((1, 28, 28)), 1024)
        Window(positions=range(112, 784), period=112)
        >>> window_of(Raster((3, 32, 32)), 1000).positions  # three positions a pixel
        range(1152, 1920)
    """
    total, grid = ordering.num_positions, ordering.grid
    period = min(total, BLOCK if len(grid) == 1 else ROWS * total // int(grid[-2] or 1))
    if total < 2 * period:
        return Window(range(min(1, total - 1), total), total)
    if total <= steps:
        return Window(range(period, total), period)
    timed = max(1, min(steps, total - period) // period) * period
    first = max(period, (total - timed) // 2 // (period // ROWS) * (period // ROWS))
    return Window(range(first, first + timed), period)


def time_steps(subject: Subject, batch: int, window: Window, rounds: int, seconds: float) -> StepTimes:
    """Time the sampling loop as users run it, draws included.

    Args:
        subject: The model, and what it is conditioned on.
        batch: Events at a time.
        window: The steps to time.
        rounds: How often at most.
        seconds: No further round begins after this time.
    """
    times: list[list[float]] = []
    end = synchronized(subject.model.device) + seconds
    while len(times) < rounds and (not times or synchronized(subject.model.device) < end):
        times.append(list(step_seconds(subject, batch, window)))
    means = [statistics.fmean(taken) for taken in times]
    every = [each for taken in times for each in taken]
    return StepTimes(statistics.median(means), statistics.median(every), len(times))


def step_seconds(subject: Subject, batch: int, window: Window) -> Iterator[float]:
    """Yield the seconds of each step of the window, drawn once; what comes before a window in the middle is given."""
    start = synchronized(subject.model.device)
    for drawn in subject.stream(batch, given=window.positions.start - window.period):
        now = synchronized(subject.model.device)
        if drawn.position in window.positions:
            yield now - start
        if drawn.position == window.positions[-1]:
            return
        start = synchronized(subject.model.device)


def time_pass(subject: Subject, batch: int) -> float:
    """Seconds of a whole pass, the step of a loop without cache: the median of some, after one that does not count."""
    model, (x, context) = subject.model, subject.events(batch)
    times: list[float] = []
    end = synchronized(model.device) + PASS_SECONDS
    with torch.inference_mode(), evaluating(model):
        while len(times) < 2 or (len(times) <= PASSES and synchronized(model.device) < end):
            start = synchronized(model.device)
            model.params(x, context)
            times.append(synchronized(model.device) - start)
    return statistics.median(times[1:])


@contextmanager
def peak_memory(device: torch.device) -> Iterator[list[int]]:
    """Lend a list into which the end of the block puts the most bytes taken in it.

    On an accelerator, those of its tensors; else those of the whole process, Python and torch included. A system that
    cannot forget its peak so far gives that of the process's life.
    """
    found: list[int] = []
    _give_back()  # what an earlier model left is not this one's
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
    else:
        _forget_peak()
    yield found
    found.append(torch.cuda.max_memory_allocated(device) if device.type == "cuda" else _resident_peak())


def _give_back() -> None:
    """Hand memory that nobody uses to the system; where there is no glibc, that is up to the allocator."""
    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None
    if trim is not None:
        trim(0)


def _forget_peak() -> None:
    with suppress(OSError):  # another system, or a process that may not
        Path("/proc/self/clear_refs").write_text("5")  # proc(5): the peak of the resident set becomes what it is now


def _resident_peak() -> int:
    status = Path("/proc/self/status")
    if status.exists():
        lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
        return 1024 * int(lines["VmHWM"].split()[0])
    import resource  # which Windows has not

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else 1024 * peak
