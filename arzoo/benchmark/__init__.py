"""Measure models, and record what was measured: how fast they sample, and how fast the machine would let them."""

from arzoo.benchmark.counting import Work, count_work
from arzoo.benchmark.floors import Floor, floor_of
from arzoo.benchmark.machine import Rate, bandwidth, peak
from arzoo.benchmark.records import SamplingRecord, SamplingRow
from arzoo.benchmark.sampling import Measuring, measure_sampling
from arzoo.benchmark.subjects import Subject, bundled, subject
from arzoo.benchmark.timing import Window, step_seconds, window_of

__all__ = [
    "Floor",
    "Measuring",
    "Rate",
    "SamplingRecord",
    "SamplingRow",
    "Subject",
    "Window",
    "Work",
    "bandwidth",
    "bundled",
    "count_work",
    "floor_of",
    "measure_sampling",
    "peak",
    "step_seconds",
    "subject",
    "window_of",
]
