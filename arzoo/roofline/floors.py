"""The least time that a step can take, given what it reads and multiplies."""

from typing import NamedTuple

from arzoo.roofline.counting import Work
from arzoo.roofline.machine import Rate


class Floor(NamedTuple):
    """The least time of a step, and what sets it.

    Attributes:
        seconds: Of a step, on average.
        bound: "weights", where reading them takes longer, or "operations".
    """

    seconds: float
    bound: str


def floor_of(work: Work, read: Rate, multiply: Rate) -> Floor:
    """Return the longer of two times: weight bytes over memory bandwidth, and operations over peak arithmetic.

    Args:
        work: Of a step, on average.
        read: Bytes a second.
        multiply: Operations a second.

    Example:
        >>> floor_of(Work(operations=2e6, weight_bytes=4e6, working_set=4e6), Rate(1e10, ""), Rate(1e11, ""))
        Floor(seconds=0.0004, bound='weights')
    """
    bounds = {"weights": work.weight_bytes / read.per_second, "operations": work.operations / multiply.per_second}
    bound = max(bounds, key=lambda name: bounds[name])
    return Floor(bounds[bound], bound)
