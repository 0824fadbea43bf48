"""The inverse of a CDF that is costly to write out, by a search that tries it at few levels.

A digit of the level to some base is found at a time: the CDF is tried at the edges between the digits. The result is
right but for rounding. So each search looks for two bounds, a little below and a little above the uniform: where both
come to the same level, no edge that was tried lies so near the uniform that rounding could have decided; and the edges
that bound a level are always among those tried.
"""

import functools
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

ROUNDING = 1e-9
"""Far above the error of a CDF in float64, far below the chance of any draw."""

CANCELLATION = 1e-14
"""Above the error of a total that was found as a difference of CDFs, however small it is."""

FAN, WIDE_FAN = 16, 256
"""Base of the digits; the wide one finds any of 256 levels at once."""

FEW_ROWS = 4
"""Rows up to which trying another 225 edges costs less than another round."""

Cdf = Callable[[Tensor], Tensor]
"""From places (B or 1, 1, K), in half bins from the middle of the support, to the probability (B, 1, K) below them."""


class Round(NamedTuple):
    """One digit of a level.

    Attributes:
        edges: Half bins from the place of the higher digits to the lower edges of digits 1, 2, ..., (1, 1, K); those of
            the first digit lie where they are.
        values: Half bins that digits 0, 1, 2, ... stand for, (K + 1,); of the first digit places.
    """

    edges: Tensor
    values: Tensor


class Search:
    """The search for the levels of the symbols of one position, in batches of rows.

    Args:
        num_levels: At least 2.
        uniforms: (B, C).
        fan: Base of the digits.
    """

    def __init__(self, num_levels: int, uniforms: Tensor, fan: int) -> None:
        self._rounds, margin, self._least = _constants(num_levels, fan, uniforms.device)
        self._bounds = (uniforms[..., None, None] + margin).unbind(1)
        self._top, self._digits = num_levels - 1, list[Tensor]()

    @classmethod
    def of(cls, num_levels: int, uniforms: Tensor) -> "Search":
        """The cheapest for so many rows."""
        return cls(num_levels, uniforms, WIDE_FAN if uniforms.shape[0] <= FEW_ROWS else FAN)

    def __call__(self, symbol: int, cdf: Cdf, total: Tensor | None = None) -> Tensor:
        """Find the place (B, 1, 1) of the smallest level whose CDF exceeds the uniform of a symbol.

        Args:
            symbol: Which.
            cdf: Of the symbol, or a multiple of it.
            total: What the CDF comes to in the end, (B, 1, 1); 1 where it is not given.
        """
        bounds = self._bounds[symbol]
        bounds = bounds.contiguous() if total is None else torch.addcmul(self._least, bounds, total)
        first, *others = self._rounds
        place = self._value(first.values, cdf(first.edges), bounds)
        for edges, values in others:
            place = (place + self._value(values, cdf(place + edges), bounds)).clamp_(max=self._top)
        return place

    def _value(self, values: Tensor, cdf: Tensor, bounds: Tensor) -> Tensor:
        digits = torch.searchsorted(cdf, bounds, right=True)
        self._digits.append(digits)
        return torch.take(values, digits.narrow(2, 0, 1))

    @property
    def in_doubt(self) -> bool:
        """Whether rounding may have decided in any row: there the bounds parted."""
        return not torch.equal(*torch.cat(self._digits, 1).unbind(2))

    @property
    def doubtful(self) -> Tensor:
        """The rows (B,) in which it may."""
        lower, upper = torch.cat(self._digits, 1).unbind(2)
        return (lower != upper).any(1)


@functools.cache
def _constants(num_levels: int, fan: int, device: torch.device) -> tuple[list[Round], Tensor, Tensor]:
    """What no draw changes.

    Returns:
        The rounds, the highest digit first.
        The way from a uniform to its bounds, (2,).
        How far they lie apart at least where the total is not 1, likewise.
    """
    with torch.inference_mode(False):
        margin = torch.tensor([-ROUNDING, ROUNDING], dtype=torch.float64, device=device)
        found, lowest = [], 1 - num_levels
        for stride, count in rounds(num_levels, fan):
            values = lowest + 2 * stride * torch.arange(count, dtype=torch.float64, device=device)
            found.append(Round((values[1:] - 1).view(1, 1, -1), values))
            lowest = 0  # the lower digits are counted from the higher ones
        return found, margin, margin * (CANCELLATION / ROUNDING)


def rounds(num_levels: int, fan: int) -> list[tuple[int, int]]:
    """Return the levels that a digit stands for, and how many values it has, the highest digit first.

    Example:
        >>> rounds(256, 16), rounds(17, 256), rounds(300, 16)
        ([(16, 16), (1, 16)], [(1, 17)], [(256, 2), (16, 16), (1, 16)])
    """
    strides = [1]
    while strides[0] * fan < num_levels:
        strides.insert(0, strides[0] * fan)
    return [(stride, min(fan, -(-num_levels // stride))) for stride in strides]
