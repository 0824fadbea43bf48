"""Contexts that are computed from an item itself: what a model is told of the very image that it is to make."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch.nn.functional as F
from torch import Tensor

from arzoo.context import ContextSpec, Latent

BLOCK = 4


class Derived(NamedTuple):
    """A context that a data set computes where it is asked for by name.

    Attributes:
        spec: What a value is.
        of: Levels (B, *event_shape), their number, and the lengths (B,) of clips or None, to values (B, ...).
    """

    spec: ContextSpec
    of: Callable[[Tensor, int, Tensor | None], Tensor]


def thumbnail(levels: Tensor, num_levels: int) -> Tensor:
    """The means of blocks of 4 x 4 pixels; a model that is told of them makes an image of more detail.

    Args:
        levels: Images (B, C, H, W); H and W are multiples of 4.
        num_levels: Levels are 0 … num_levels-1.

    Returns:
        float32 (B, C, H/4, W/4), -1 where a block is of the lowest level, 1 where it is of the highest.

    Example:
        >>> import torch
        >>> thumbnail(torch.tensor([0, 16]).repeat_interleave(16).view(1, 1, 8, 4), num_levels=17)
        tensor([[[[-1.],
                  [ 1.]]]])
    """
    return F.avg_pool2d(levels.float(), BLOCK) * (2 / (num_levels - 1)) - 1


def image_contexts(event_shape: Sequence[int]) -> dict[str, Derived]:
    """What can be computed of images of that shape, (C, H, W): `thumbnail`, where blocks of 4 x 4 fill them."""
    channels, height, width = event_shape
    if height % BLOCK or width % BLOCK:
        return {}
    spec = Latent((channels, height // BLOCK, width // BLOCK))
    return {"thumbnail": Derived(spec, lambda levels, num_levels, _: thumbnail(levels, num_levels))}
