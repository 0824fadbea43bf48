"""The path of the Image Transformer: block after block."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from arzoo.errors import ConfigError
from arzoo.orderings.base import Ordering


@dataclass(frozen=True)
class BlockRaster(Ordering):
    """Rectangles of pixels in raster order, and the pixels of each in raster order too.

    At the right and at the bottom, rectangles end where the image does.

    ::

         0  1  4  5
         2  3  6  7
         8  9 12 13
        10 11 14 15

    Args:
        block: Height and width of the rectangles, at least 1.

    Raises:
        ConfigError: `block` is no such pair.

    References:
        Image Transformer, Parmar et al. 2018, section 3.3 (2D local attention).
    """

    name: ClassVar[str] = "block-raster"
    block: Sequence[int] = (2, 2)

    def __post_init__(self) -> None:
        super().__post_init__()
        pair = isinstance(self.block, Sequence) and len(self.block) == 2
        if not pair or not all(isinstance(size, int) and size >= 1 for size in self.block):
            raise ConfigError(
                f"`block` of block-raster must be a height and a width of at least 1, got {self.block!r}. Use (8, 8)."
            )
        object.__setattr__(self, "block", tuple(self.block))  # a list, as JSON has it, could not be hashed

    def _path(self) -> np.ndarray:
        height, width = self.block
        rows, columns = np.indices(self._places().shape).reshape(2, -1)
        return np.lexsort((columns, rows, columns // width, rows // height))
