"""A level through a coder digit by digit.

Where a head knows its CDF, a level of many is cheaper written as digits: 256 levels are two digits to the base 16, for
which the CDF is asked at 34 places instead of 257, and 65,536 are four. The bits are the same, p(a) p(b | a) = p(ab).
"""

import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.lib.stride_tricks import sliding_window_view
from torch import Tensor

from arzoo.codec.coders import Coder
from arzoo.heads.bisection import Cdf
from arzoo.heads.mixtures import FAR

BASE = 16
"""Of the digits, or a little more."""


@dataclass(frozen=True)
class Digits:
    """The digits of levels.

    Edges are the lower ones of a digit's values, and the end of the last, in half bins from the middle of the support;
    at the ends of the support they lie outermost.

    Attributes:
        base: Values of a digit.
        first: Levels that the first digit counts, and its edges (1, 1, base + 1).
        others: The same of each other digit, its edges for each group of levels that the digits before may have left,
            (groups, 1, base + 1): a group is looked up in numpy, which the coder works in.
        places: Of all that the digits may spell; words that are not ours may spell a level that there is not.
    """

    base: int
    first: tuple[int, Tensor]
    others: Sequence[tuple[int, np.ndarray]]
    places: np.ndarray

    def place(self, cdf: Cdf, code: Coder, level: np.ndarray | None) -> Tensor:
        """Write a level (n,) digit by digit, or read it, and return its place (n, 1, 1).

        The coder does not mind what the CDF comes to.
        """
        stride, first = self.first
        group = self._digit(cdf(first), code, level, stride)
        for stride, edges in self.others:
            here = torch.from_numpy(edges.take(group, 0)).to(first.device)
            group = group * self.base + self._digit(cdf(here), code, level, stride)
        return torch.from_numpy(self.places.take(group)).to(first.device).view(-1, 1, 1)

    def _digit(self, below: Tensor, code: Coder, level: np.ndarray | None, stride: int) -> np.ndarray:
        """Write a digit (n,), or read it, by the probability (n, 1, base + 1) below each edge."""
        bounds = below.numpy(force=True)[:, 0]
        return code(bounds[:, 1:] - bounds[:, :-1], None if level is None else level // stride % self.base)


@functools.cache
def digits_of(num_levels: int, device: torch.device) -> Digits:
    """Return the digits of that many levels."""
    count, top = max(1, round(math.log(num_levels, BASE))), num_levels - 1
    base = next(base for base in range(2, num_levels + 1) if base**count >= num_levels)
    table = 2.0 * np.arange(base**count + 1) - num_levels
    table[0], table[num_levels:] = -FAR, FAR
    strides = [base**k for k in reversed(range(count))]
    windows = [sliding_window_view(table, base * stride + 1)[:: base * stride, None, ::stride] for stride in strides]
    first, *others = ((stride, window.copy()) for stride, window in zip(strides, windows, strict=True))
    with torch.inference_mode(False):
        edges = torch.from_numpy(first[1]).to(device)
    return Digits(base, (first[0], edges), others, 2.0 * np.minimum(np.arange(base**count), top) - top)
