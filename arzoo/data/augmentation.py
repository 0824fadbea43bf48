"""Augmentation: training images changed at random, a function of (seed, epoch, image index) alone."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from arzoo.data.dataset import Dataset
from arzoo.errors import ConfigError, did_you_mean
from arzoo.randomness import item_coins


def flip(images: Tensor, coins: Tensor) -> Tensor:
    """Mirror some images, left to right.

    Args:
        images: Levels (B, C, H, W).
        coins: Which, booleans (B,).

    Example:
        >>> flip(torch.arange(4).view(2, 1, 1, 2), torch.tensor([True, False])).flatten().tolist()
        [1, 0, 2, 3]
    """
    return torch.where(coins.view(-1, 1, 1, 1), images.flip(3), images)


AUGMENTATIONS: dict[str, Callable[[Tensor, Tensor], Tensor]] = {"flip": flip}
"""By name: (images, which of them) -> images."""


def check_augmentations(names: Sequence[str]) -> None:
    """Refuse names of nothing.

    Raises:
        ConfigError: There is no such augmentation, or one is named twice.
    """
    for name in names:
        if name not in AUGMENTATIONS or names.count(name) > 1:
            raise ConfigError(
                f"`data.augment` must name some of {', '.join(AUGMENTATIONS)}, each once, got {list(names)}."
                f"{'' if name in AUGMENTATIONS else did_you_mean(name, AUGMENTATIONS)}"
            )


def augmented(dataset: Dataset, names: Sequence[str]) -> Dataset:
    """Return the data set of images that are changed anew in every epoch, each with a chance of one half.

    Args:
        dataset: Images, for training; what is evaluated stays as it is.
        names: Of `AUGMENTATIONS`, in the order in which they are done; none leaves the data set as it is.

    Raises:
        ConfigError: Items are no images, a name is of nothing, or the model is told a map, which would lie otherwise
            than its image.
    """
    if not names:
        return dataset
    check_augmentations(names)
    if len(dataset.event_shape) != 3:
        raise ConfigError(
            f"Only images can be augmented, got items of {dataset.event_shape} in {dataset.id}. Leave data.augment out."
        )
    maps = [name for name in dataset.context if name in dataset.values and dataset.values[name].ndim == 4]
    if maps:
        raise ConfigError(
            f"Images that come with maps must stay as they are, got data.augment = {list(names)} and the context "
            f"{maps[0]!r} of {dataset.id}. Leave data.augment out."
        )

    def draw(items: Tensor, rows: np.ndarray, seed: int, epoch: int) -> Tensor:
        x = items if dataset.draw is None else dataset.draw(items, rows, seed, epoch)
        tossed = torch.from_numpy(item_coins(seed, epoch, rows, len(names)))
        for name, coins in zip(names, tossed.unbind(1), strict=True):
            x = AUGMENTATIONS[name](x, coins)
        return x

    return replace(dataset, draw=draw)
