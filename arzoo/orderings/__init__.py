"""Orderings: a permutation of positions, and what a position is."""

from arzoo.orderings.base import Ordering
from arzoo.orderings.blocks import BlockRaster
from arzoo.orderings.config import ordering_from_config
from arzoo.orderings.paths import (
    Explicit,
    Hilbert,
    LeftToRight,
    RandomOrder,
    Raster,
    Snake,
    Spiral,
    SubScale,
    Zigzag,
    natural,
)

__all__ = [
    "BlockRaster",
    "Explicit",
    "Hilbert",
    "LeftToRight",
    "Ordering",
    "RandomOrder",
    "Raster",
    "Snake",
    "Spiral",
    "SubScale",
    "Zigzag",
    "natural",
    "ordering_from_config",
]
