"""Images in and out of the command line: files, known regions, sheets."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from PIL import Image, UnidentifiedImageError
from torch import Tensor

from arzoo.errors import ConfigError, DataError, ShapeError, did_you_mean

if TYPE_CHECKING:
    from arzoo.data import DataSpec
    from arzoo.model import AutoregressiveModel

MODES = {1: "L", 3: "RGB"}
_ALL = slice(None)
_REGION_SLICES = {
    "top": lambda height, width: (slice(height // 2), _ALL),
    "bottom": lambda height, width: (slice(height // 2, None), _ALL),
    "left": lambda height, width: (_ALL, slice(width // 2)),
    "right": lambda height, width: (_ALL, slice(width // 2, None)),
    "center": lambda height, width: (slice(height // 4, -(height // 4)), slice(width // 4, -(width // 4))),
}
REGIONS = tuple(_REGION_SLICES)


def data_spec(model: "AutoregressiveModel") -> "DataSpec":
    """The data spec of a model of images.

    Raises:
        ConfigError: If the model has none, so that its levels cannot be shown.
    """
    if model.data is None or len(model.event_shape) != 3:
        raise ConfigError(
            f"A sheet shows images, but {model.title} has events of shape {model.event_shape} and the data spec "
            f"{model.data}. Use model.sample(n) in Python for its levels."
        )
    return model.data


def image_shape(model: "AutoregressiveModel") -> tuple[int, int, int]:
    """(C, H, W) of a model of images."""
    channels, height, width = (int(size) for size in model.event_shape if size)
    return channels, height, width


def read_images(paths: Sequence[Path], model: "AutoregressiveModel") -> Tensor:
    """Read image files as a model's levels.

    Args:
        paths: Files of the model's own size and mode.
        model: A model of images with a data spec.

    Returns:
        Levels (N, C, H, W).

    Raises:
        DataError: If a file is missing or no image.
        ShapeError: If an image has another size or mode than the model.
    """
    channels, height, width = image_shape(model)
    raw = [_pixels(path, MODES[channels], (width, height), model.title) for path in paths]
    return data_spec(model).encode(torch.from_numpy(np.stack(raw)))


def _pixels(path: Path, mode: str, size: tuple[int, int], title: str) -> np.ndarray:
    image = _opened(path)
    if image.mode != mode or image.size != size:
        rule = f"{path} must be a {size[0]}x{size[1]} image of mode {mode} for {title}"
        came = f"{image.size[0]}x{image.size[1]} of mode {image.mode}"
        repair = f"Image.open({path.name!r}).convert({mode!r}).resize({size})"
        raise ShapeError(f"{rule}, got {came}. Use {repair}.")
    pixels = np.asarray(image)
    return pixels[None] if mode == "L" else pixels.transpose(2, 0, 1)


def _opened(path: Path) -> Image.Image:
    try:
        with Image.open(path) as image:
            image.load()
            return image
    except FileNotFoundError:
        raise DataError(f"There is no file {path}. Name an image, or use --dataset digits.") from None
    except (UnidentifiedImageError, OSError) as error:
        raise DataError(f"{path} is not a readable image: {error}. Name a PNG, or use --dataset digits.") from None


def known_region(known: str, model: "AutoregressiveModel") -> Tensor:
    """The known pixels, by the name of a region or as a mask image whose white is known.

    Args:
        known: "top", "bottom", "left", "right" (half of the image), "center" (half its height and width), or a path.
        model: A model of images.

    Returns:
        Booleans (1, H, W).

    Raises:
        ConfigError: If it is neither.
        ShapeError: If the mask image has another size.
    """
    _, height, width = image_shape(model)
    if known not in REGIONS:
        return _mask_from_file(known, (width, height))
    rows, columns = _REGION_SLICES[known](height, width)
    mask = torch.zeros(1, height, width, dtype=torch.bool)
    mask[:, rows, columns] = True
    return mask


def _mask_from_file(known: str, size: tuple[int, int]) -> Tensor:
    if not Path(known).is_file():
        rule = f"`--known` must be {', '.join(REGIONS)} or a mask image, got {known!r}."
        raise ConfigError(f"{rule}{did_you_mean(known, REGIONS)} Use --known top.")
    image = _opened(Path(known))
    if image.size != size:
        raise ShapeError(
            f"The mask {known} must have the model's {size[0]}x{size[1]} pixels, got {image.size[0]}x{image.size[1]}. "
            f"Use Image.open({known!r}).resize({size})."
        )
    return torch.from_numpy(np.asarray(image.convert("L")) > 127)[None]
