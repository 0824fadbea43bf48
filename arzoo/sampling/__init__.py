"""Sampling: the one ancestral loop, and the params of given events step by step or in stretches."""

from arzoo.sampling.completing import complete, known_first, known_too_late
from arzoo.sampling.growing import grow, wavefronts
from arzoo.sampling.loop import Drawn, sample, stream
from arzoo.sampling.request import Request, broadcast_mask, check_known, fixed_ordering
from arzoo.sampling.size import state_bytes
from arzoo.sampling.steps import CachedSteps, evaluating, step_function, stretches

__all__ = [
    "CachedSteps",
    "Drawn",
    "Request",
    "broadcast_mask",
    "check_known",
    "complete",
    "evaluating",
    "fixed_ordering",
    "grow",
    "known_first",
    "known_too_late",
    "sample",
    "state_bytes",
    "step_function",
    "stream",
    "stretches",
    "wavefronts",
]
