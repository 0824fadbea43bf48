"""Orderings: a permutation of positions, and what a position is."""

from arzoo.orderings.base import Ordering
from arzoo.orderings.config import ordering_from_config
from arzoo.orderings.paths import LeftToRight, Raster

__all__ = ["LeftToRight", "Ordering", "Raster", "ordering_from_config"]
