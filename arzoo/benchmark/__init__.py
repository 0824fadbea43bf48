"""Measure models, and record what was measured."""

from arzoo.benchmark.records import SamplingRecord, SamplingRow
from arzoo.benchmark.sampling import Measuring, measure_sampling
from arzoo.benchmark.subjects import Subject, bundled, subject
from arzoo.benchmark.timing import Window, step_seconds, window_of

__all__ = [
    "Measuring",
    "SamplingRecord",
    "SamplingRow",
    "Subject",
    "Window",
    "bundled",
    "measure_sampling",
    "step_seconds",
    "subject",
    "window_of",
]
