"""`folder:PATH`: the images of a folder, all of one size, as a data set."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from arzoo.data.dataset import Dataset
from arzoo.data.derived import image_contexts
from arzoo.data.specs import Pixels
from arzoo.errors import DataError

SPLITS = ("train", "test")


def load_folder(path: str | Path, split: str, num_levels: int = 256) -> Dataset:
    """Load a folder of images.

    PATH/train and PATH/test are the splits where they exist; images directly under PATH are one split, "all",
    whichever is asked for. Hidden files are left out, every other one must be an image.

    Args:
        path: The folder.
        split: "train" or "test".
        num_levels: Levels to quantise the 8-bit pixels to, 2 to 256.

    Returns:
        Levels (1, H, W) of grey or (3, H, W) of colour images, ordered by file name; with the context `thumbnail` where
        asked for, if their sides are multiples of 4.

    Raises:
        DataError: There are no images, or one cannot be read, or is not like the first.
        ConfigError: `num_levels` is outside its range.
    """
    files, name = files_of(Path(path), split, "folder", "image")
    spec = Pixels(num_levels)
    levels = spec.encode(_read(files))
    return Dataset(f"folder:{path}", name, levels, num_levels, spec, derived=image_contexts(levels.shape[1:]))


def files_of(folder: Path, split: str, prefix: str, thing: str) -> tuple[list[Path], str]:
    """Return the files of a split, by name, and the name that the split is recorded under.

    Args:
        folder: Where they lie, or the sub-folders of the splits.
        split: "train" or "test".
        prefix: What a data set of such files begins with.
        thing: What each file holds, for messages.

    Raises:
        DataError: There is no such folder or split, or it holds no files.
    """
    inner, name = _split_folder(folder, split, prefix, thing)
    files = sorted(file for file in inner.iterdir() if file.is_file() and not file.name.startswith("."))
    if not files:
        raise DataError(f"{prefix}:{folder} must hold {thing} files, and {inner} holds none.")
    return files, name


def _split_folder(folder: Path, split: str, prefix: str, thing: str) -> tuple[Path, str]:
    if not folder.is_dir():
        raise DataError(f"{prefix}:PATH must name a folder of {thing}s, got {str(folder)!r}, which is none.")
    found = [name for name in SPLITS if (folder / name).is_dir()]
    if not found:
        return folder, "all"
    if split not in found:
        raise DataError(f"The split of {prefix}:{folder} must be {' or '.join(map(repr, found))}, got {split!r}.")
    return folder / split, split


def _read(files: Sequence[Path]) -> Tensor:
    first = _decode(files[0])
    images = np.empty((len(files), *first.shape), np.uint8)
    for index, file in enumerate(files):
        image = _decode(file)
        if image.shape != first.shape:
            wanted, came = _describe(first), _describe(image)
            raise DataError(f"Every image must be like {files[0].name}, {wanted}; {file} is {came}.")
        images[index] = image
    return torch.from_numpy(images.reshape(*images.shape[:3], -1)).movedim(-1, 1).contiguous()


def _decode(file: Path) -> np.ndarray:
    try:
        with Image.open(file) as image:
            if image.mode not in ("L", "RGB"):
                repair = f'Image.open("{file.name}").convert("RGB").save("{file.name}")'
                raise DataError(f"Images must have mode L or RGB; {file} has {image.mode}. Use {repair}.")
            return np.asarray(image)
    except (OSError, Image.DecompressionBombError) as error:
        raise DataError(f"Every file of the folder must be an image; {file} cannot be read: {error}.") from error


def _describe(image: np.ndarray) -> str:
    return f"{image.shape[0]} x {image.shape[1]} {'RGB' if image.ndim == 3 else 'L'}"
