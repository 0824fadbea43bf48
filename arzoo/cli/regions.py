"""Which part of an image is known: half of it, its centre, the white of a mask image, or what an array says."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from arzoo.cli.images import image_shape, opened
from arzoo.errors import ConfigError, DataError, ShapeError, did_you_mean

if TYPE_CHECKING:
    from arzoo.model import AutoregressiveModel

NPY = ".npy"

Slices = Callable[[int, int], tuple[slice, slice]]
_ALL = slice(None)
REGIONS: Mapping[str, Slices] = {
    "top": lambda height, width: (slice(height // 2), _ALL),
    "bottom": lambda height, width: (slice(height // 2, None), _ALL),
    "left": lambda height, width: (_ALL, slice(width // 2)),
    "right": lambda height, width: (_ALL, slice(width // 2, None)),
    "center": lambda height, width: (slice(height // 4, height - height // 4), slice(width // 4, width - width // 4)),
}


def known_region(known: str, model: "AutoregressiveModel") -> Tensor:
    """Return what is known: by the name of a region, as a mask image whose white is known, or as an array.

    Args:
        known: "top", "bottom", "left", "right" (half of the image), "center" (half its height and width), or a path.
        model: A model of images.

    Returns:
        Booleans (1, H, W), or of the shape of the array.

    Raises:
        ConfigError: It is neither, or nothing or everything is known.
        DataError: The file is no image, or no array.
        ShapeError: The mask has another size, or its array other values than true and false.
    """
    _, height, width = image_shape(model)
    if known in REGIONS:
        mask = torch.zeros(1, height, width, dtype=torch.bool)
        mask[:, *REGIONS[known](height, width)] = True
    elif not Path(known).is_file():
        rule = f"`--known` must be {', '.join(REGIONS)}, a mask image or an array in a .npy, got {known!r}."
        raise ConfigError(f"{rule}{did_you_mean(known, REGIONS) or ' Use --known top.'}")
    else:
        mask = _array(known, image_shape(model)) if known.endswith(NPY) else _picture(known, (width, height))
    if mask.all() or not mask.any():
        which = "every pixel" if mask.all() else "no pixel"
        raise ConfigError(f"`--known` must leave some pixels known and some not, got {known!r}: {which} is known.")
    return mask


def _picture(known: str, size: tuple[int, int]) -> Tensor:
    image = opened(Path(known))
    if image.size != size:
        rule = f"The mask {known} must have the model's {size[0]}x{size[1]} pixels"
        raise ShapeError(f"{rule}, got {image.size[0]}x{image.size[1]}. Use Image.open({known!r}).resize({size}).")
    return torch.from_numpy(np.asarray(image.convert("L")) > 127)[None]


def _array(known: str, shape: tuple[int, int, int]) -> Tensor:
    try:
        mask = np.load(known, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise DataError(f"{known} must be an array of numpy, and cannot be read: {error}.") from error
    if not np.isin(mask, (0, 1)).all():
        other = mask[~np.isin(mask, (0, 1))].flat[0]
        raise ShapeError(f"The mask {known} must be true or false at each place, got {other}. Use mask > 0.")
    if mask.ndim not in (2, 3, 4) or not _broadcasts(mask.shape[-3:], shape):
        rule = f"The mask {known} must have the shape {shape[1:]}, {shape} or (N, {', '.join(map(str, shape))})"
        raise ShapeError(f"{rule}, got {mask.shape}. Use mask.reshape{shape[1:]} where it is laid flat.")
    return torch.from_numpy(mask.astype(bool)).reshape(*[1] * (3 - mask.ndim), *mask.shape)


def _broadcasts(given: tuple[int, ...], shape: tuple[int, int, int]) -> bool:
    return all(size in (1, wanted) for size, wanted in zip(reversed(given), reversed(shape), strict=False))
