"""Tables of encoded images, decoded to levels."""

import io
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from arzoo.data.sources import HubTable
from arzoo.errors import DataError


@dataclass(frozen=True)
class HubImages:
    """A data set of labelled images on the Hub.

    Args:
        table: Where they are; with the column `label`.
        shape: (C, H, W) that every image must have.
    """

    table: HubTable
    shape: tuple[int, int, int]

    def read(self, split: str, root: str | Path | None = None) -> tuple[Tensor, Tensor]:
        """Read and decode one split.

        Args:
            split: One that the table has.
            root: The data root; where not given, `ARZOO_DATA_ROOT`, and without that the Hub.

        Returns:
            Images uint8 (N, C, H, W) and labels int64 (N,).

        Raises:
            DataError: The split does not exist, or cannot be found, read or decoded.
        """
        encoded, columns = self.table.read(split, root)
        return decode_images(encoded, self.shape, self.table.repo), torch.tensor(columns["label"], dtype=torch.int64)


def decode_images(encoded: Iterable[bytes], shape: tuple[int, int, int], source: str) -> Tensor:
    """Decode image files in memory.

    Args:
        encoded: Whole image files, PNG, WebP or JPEG, N of them.
        shape: (C, H, W) that each must have; C is 1 or 3.
        source: What an error names.

    Returns:
        uint8 (N, C, H, W).

    Raises:
        DataError: A file cannot be decoded, or has another size.
    """
    mode = "L" if shape[0] == 1 else "RGB"
    images = [_decode(data, mode, shape, f"Image {index} of {source}") for index, data in enumerate(encoded)]
    return torch.from_numpy(np.stack(images)).reshape(-1, *shape[1:], shape[0]).movedim(-1, 1).contiguous()


def _decode(data: bytes, mode: str, shape: tuple[int, int, int], name: str) -> np.ndarray:
    try:  # naming the formats halves the time: Pillow would ask every plugin whether the file is its own
        image = Image.open(io.BytesIO(data), formats=("WEBP", "PNG", "JPEG"))
        pixels = np.asarray(image.convert(mode))  # WebP stores grey images as RGB of equal channels
    except OSError as error:
        raise DataError(f"{name} must be a WebP, PNG or JPEG file, and cannot be decoded: {error}.") from error
    if pixels.shape[:2] != shape[1:]:
        raise DataError(f"{name} must be {shape[1]} x {shape[2]} pixels, got {pixels.shape[0]} x {pixels.shape[1]}.")
    return pixels
