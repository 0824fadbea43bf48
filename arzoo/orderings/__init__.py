"""Orderings: a permutation of positions, and what a position is."""

from arzoo.orderings.base import Ordering
from arzoo.orderings.config import ordering_from_config
from arzoo.orderings.paths import Hilbert, LeftToRight, RandomOrder, Raster, Snake, Spiral, SubScale, Zigzag

__all__ = [
    "Hilbert",
    "LeftToRight",
    "Ordering",
    "RandomOrder",
    "Raster",
    "Snake",
    "Spiral",
    "SubScale",
    "Zigzag",
    "ordering_from_config",
]
