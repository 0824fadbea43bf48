"""Measure models, and record what was measured."""

from arzoo.benchmark.measures import PARTS, Plan
from arzoo.benchmark.records import SamplingRecord, SamplingRow
from arzoo.benchmark.results import Result
from arzoo.benchmark.run import run
from arzoo.benchmark.sampling import Measuring, measure_sampling
from arzoo.benchmark.subjects import Subject, bundled, subject
from arzoo.benchmark.timing import Window, step_seconds, window_of

__all__ = [
    "PARTS",
    "Measuring",
    "Plan",
    "Result",
    "SamplingRecord",
    "SamplingRow",
    "Subject",
    "Window",
    "bundled",
    "measure_sampling",
    "run",
    "step_seconds",
    "subject",
    "window_of",
]
