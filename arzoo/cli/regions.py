"""Which part of an image is known: half of it, its centre, or the white of a mask image."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from arzoo.cli.images import image_shape, opened
from arzoo.errors import ConfigError, ShapeError, did_you_mean

if TYPE_CHECKING:
    from arzoo.model import AutoregressiveModel

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
    """Return the known pixels, by the name of a region or as a mask image whose white is known.

    Args:
        known: "top", "bottom", "left", "right" (half of the image), "center" (half its height and width), or a path.
        model: A model of images.

    Returns:
        Booleans (1, H, W).

    Raises:
        ConfigError: It is neither, or nothing or everything is known.
        DataError: The file is no image.
        ShapeError: The mask image has another size.
    """
    _, height, width = image_shape(model)
    mask = torch.zeros(1, height, width, dtype=torch.bool)
    if known in REGIONS:
        mask[:, *REGIONS[known](height, width)] = True
    else:
        mask[0] = _mask_from_file(known, (width, height))
    if mask.all() or not mask.any():
        which = "every pixel" if mask.all() else "no pixel"
        raise ConfigError(f"`--known` must leave some pixels known and some not, got {known!r}: {which} is known.")
    return mask


def known_too_late(model: "AutoregressiveModel", mask: Tensor) -> int:
    """Return how many known symbols come after an unknown one, which is drawn without regard to them.

    Args:
        model: A model of images.
        mask: Booleans, broadcastable to an event of it.
    """
    in_order = mask.expand(image_shape(model)).flatten()[model.ordering.symbols.flatten()]
    return int(in_order[int(in_order.int().argmin()) :].sum())  # argmin: the first that is not known


def _mask_from_file(known: str, size: tuple[int, int]) -> Tensor:
    if not Path(known).is_file():
        rule = f"`--known` must be {', '.join(REGIONS)} or a mask image, got {known!r}."
        raise ConfigError(f"{rule}{did_you_mean(known, REGIONS) or ' Use --known top.'}")
    image = opened(Path(known))
    if image.size != size:
        rule = f"The mask {known} must have the model's {size[0]}x{size[1]} pixels"
        raise ShapeError(f"{rule}, got {image.size[0]}x{image.size[1]}. Use Image.open({known!r}).resize({size}).")
    return torch.from_numpy(np.asarray(image.convert("L")) > 127)
