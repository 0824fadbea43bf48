"""Where tables of encoded images come from: a data root on disk, or the Hub."""

import io
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from arzoo.errors import DataError, did_you_mean

if TYPE_CHECKING:
    import pyarrow

DATA_ROOT = "ARZOO_DATA_ROOT"
"""Environment variable that names a folder laid out like the Hub: OWNER/NAME/CONFIG/SPLIT-*.parquet."""

_MISSING = 'Reading data sets needs the extra "data". Run: pip install "arzoo[data]"'


@dataclass(frozen=True)
class HubTable:
    """An image data set of the Hub, and where its columns are.

    Args:
        repo: "OWNER/NAME" on the Hub.
        config: The configuration's name, a folder of the repository.
        image: Column of encoded images.
        shape: (C, H, W) that every image must have.
        splits: The splits it has.
    """

    repo: str
    config: str
    image: str
    shape: tuple[int, int, int]
    splits: tuple[str, ...] = ("train", "test")

    def read(self, split: str, root: str | Path | None = None) -> tuple[Tensor, Tensor]:
        """Read and decode one split.

        Args:
            split: One of `splits`.
            root: The data root; where not given, `ARZOO_DATA_ROOT`, and without that the Hub.

        Returns:
            Images uint8 (N, C, H, W) and labels int64 (N,).

        Raises:
            DataError: The split does not exist, or cannot be found or read.
        """
        check_split(self.repo, split, self.splits)
        folder = root or os.environ.get(DATA_ROOT)
        table = self._from_root(split, Path(folder)) if folder else self._from_hub(split)
        self._check_columns(table)
        encoded = table.column(self.image).combine_chunks().field("bytes").to_pylist()
        labels = torch.from_numpy(table.column("label").to_numpy().astype(np.int64))
        return decode_images(encoded, self.shape, self.repo), labels

    def _check_columns(self, table: "pyarrow.Table") -> None:
        if not {self.image, "label"} <= set(table.column_names):
            came = ", ".join(table.column_names)
            raise DataError(f"The tables of {self.repo} must have the columns {self.image}, label, got {came}.")

    def _from_root(self, split: str, root: Path) -> "pyarrow.Table":
        folder = root / self.repo / self.config
        files = sorted(folder.glob(f"{split}-*.parquet"))
        if not files:
            raise DataError(
                f"The data root {root} must hold {self.repo}/{self.config}/{split}-*.parquet, and does not. "
                f"Give another --data-root, or unset {DATA_ROOT} to use the Hub's {self.repo}."
            )
        try:
            import pyarrow.parquet
        except ImportError as error:
            raise DataError(_MISSING) from error
        try:
            return pyarrow.concat_tables(pyarrow.parquet.read_table(file) for file in files)
        except (OSError, pyarrow.ArrowException) as error:
            raise DataError(f"The files {folder}/{split}-*.parquet must be parquet tables: {error}.") from error

    def _from_hub(self, split: str) -> "pyarrow.Table":
        try:
            import datasets
        except ImportError as error:
            raise DataError(_MISSING) from error
        try:
            rows = datasets.load_dataset(self.repo, self.config, split=split)
        except (OSError, ValueError) as error:  # what `datasets` raises for no network, no cache, no such repository
            raise DataError(
                f"The Hub's {self.repo} is not in the local cache and cannot be fetched ({type(error).__name__}). "
                f"Give a folder in the Hub's layout with --data-root or {DATA_ROOT}, or unset HF_HUB_OFFLINE."
            ) from error
        return rows.with_format("arrow")[:]


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


def check_split(name: str, split: str, splits: Iterable[str]) -> None:
    """Refuse a split that a data set does not have.

    Raises:
        DataError: `split` is not among `splits`.
    """
    known = list(splits)
    if split not in known:
        hint = did_you_mean(split, known)
        raise DataError(f"The split of {name} must be {' or '.join(map(repr, known))}, got {split!r}.{hint}")
