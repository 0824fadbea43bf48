"""The orders in which places are visited, from raster to Hilbert's curve."""

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from arzoo.orderings.base import Ordering


@dataclass(frozen=True)
class Raster(Ordering):
    """Row after row, each from left to right.

    ::

        0 1 2
        3 4 5
        6 7 8

    Example:
        >>> Raster((2, 1, 2)).symbols.flatten()  # both colours of the first pixel, then of the second
        tensor([0, 2, 1, 3])
    """

    name: ClassVar[str] = "raster"

    def _path(self) -> np.ndarray:
        return np.arange(math.prod(self._place_shape))


@dataclass(frozen=True)
class LeftToRight(Ordering):
    """One moment after another.

    Example:
        >>> LeftToRight((None,)).with_length(3).permutation
        tensor([0, 1, 2])
    """

    name: ClassVar[str] = "left-to-right"
    ranks: ClassVar[tuple[int, ...]] = (1,)

    def _path(self) -> np.ndarray:
        return np.arange(math.prod(self._place_shape))
