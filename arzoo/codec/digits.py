"""The symbols of one position through a coder, each level whole or digit by digit.

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
from arzoo.heads import Head
from arzoo.heads.bisection import Cdf
from arzoo.heads.mixtures import FAR, DiscretizedMixture

BASE = 16
"""Of the digits, or a little more."""


def coded(head: Head, params: Tensor, code: Coder, levels: Tensor | None) -> Tensor:
    """Write the symbols of one position, or read them.

    Args:
        head: Of the model.
        params: (n, num_params).
        code: Writer or reader.
        levels: To be written, (n, num_symbols); None to read them.

    Returns:
        Levels (n, num_symbols), int64.
    """
    known = None if levels is None else levels.numpy(force=True)
    if isinstance(head, DiscretizedMixture):
        return head.settle(params.double(), _Digits(head.num_levels, code, known, params.device))
    done = torch.empty(len(params), 0, dtype=torch.int64, device=params.device)
    for symbol in range(head.num_symbols):
        level = code(head.pmf(params, done).numpy(force=True), None if known is None else known[:, symbol])
        done = torch.cat([done, torch.from_numpy(level).to(done)[:, None]], 1)
    return done


@dataclass(frozen=True)
class _Digits:
    """Finds the levels of a position for `DiscretizedMixture.settle` by writing their digits, or reading them."""

    num_levels: int
    code: Coder
    levels: np.ndarray | None
    device: torch.device

    def __call__(self, symbol: int, cdf: Cdf, total: Tensor | None) -> Tensor:
        """Return the place (n, 1, 1) of the level; the coder does not mind what the CDF comes to."""
        known = None if self.levels is None else self.levels[:, symbol]
        group = np.zeros(1, np.int64)
        for width, edges in _edges(self.num_levels):
            below = cdf(torch.from_numpy(edges.take(group, 0)).to(self.device)).numpy(force=True)[:, 0]
            masses = below[:, 1:] - below[:, :-1]
            base = masses.shape[1]
            group = group * base + self.code(masses, None if known is None else known // width % base)
        top = self.num_levels - 1
        places = 2.0 * np.minimum(group, top) - top  # words that are not ours may spell a level that there is not
        return torch.from_numpy(places).to(self.device).view(-1, 1, 1)


@functools.cache
def _edges(num_levels: int) -> Sequence[tuple[int, np.ndarray]]:
    """For each digit, from the first: how many levels it counts, and the lower edges of its values.

    They are (groups, 1, base + 1), in half bins from the middle of the support, for each group of levels that the
    digits before may have left; those at the ends of the support lie outermost.
    """
    digits = max(1, round(math.log(num_levels, BASE)))
    base = next(base for base in range(2, num_levels + 1) if base**digits >= num_levels)
    table = 2.0 * np.arange(base**digits + 1) - num_levels
    table[0], table[num_levels:] = -FAR, FAR
    widths = [base**k for k in reversed(range(digits))]
    windows = [sliding_window_view(table, base * width + 1)[:: base * width, None, ::width] for width in widths]
    return list(zip(widths, map(np.ascontiguousarray, windows), strict=True))
