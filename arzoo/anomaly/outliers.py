"""Sets of outliers by name, each a seeded transformation, so that a figure can be measured again."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from arzoo.errors import ConfigError, ShapeError, did_you_mean
from arzoo.randomness import item_uniforms

Images = Tensor
"""uint8 (N, C, H, W)."""


def constant(images: Images, seed: int = 0) -> Images:
    """One colour each: a draw of each channel for a whole image."""
    return (256 * _uniforms(images[..., :1, :1], seed)).byte().expand_as(images).contiguous()


def noise(images: Images, seed: int = 0) -> Images:
    """A draw for each channel of each pixel, every value as likely."""
    return (256 * _uniforms(images, seed)).byte()


def scrambled(images: Images, seed: int = 0, *, patch: int = 4) -> Images:
    """The image's own patches in a random order, as large as `patch` pixels square.

    Raises:
        ShapeError: Patches do not fill the image.
    """
    rows, columns = images.shape[2] // patch, images.shape[3] // patch
    if (rows * patch, columns * patch) != tuple(images.shape[2:]):
        size = f"{images.shape[2]}x{images.shape[3]}"
        raise ShapeError(f"`patch` must divide the size of the images, {size}, got {patch}. Use patch=1.")
    cut = images.unflatten(2, (rows, patch)).unflatten(4, (columns, patch)).permute(0, 2, 4, 1, 3, 5).flatten(1, 2)
    order = _uniforms(cut[:, :, 0, 0, 0], seed).argsort(1)
    moved = torch.stack([each[own] for each, own in zip(cut, order, strict=True)]) if len(cut) else cut
    return moved.unflatten(1, (rows, columns)).permute(0, 3, 1, 4, 2, 5).reshape(images.shape)


def scrambled_pixels(images: Images, seed: int = 0) -> Images:
    """The image's own pixels in a random order."""
    return scrambled(images, seed, patch=1)


def rotated(images: Images, seed: int = 0) -> Images:
    """A quarter turn."""
    return images.rot90(1, (2, 3)).contiguous()


def blurred(images: Images, seed: int = 0) -> Images:
    """The mean of 3x3 pixels around each, as many as there are at an edge."""
    means = torch.nn.functional.avg_pool2d(images.double(), 3, 1, 1, count_include_pad=False)
    return means.round().byte()


def tinted(images: Images, seed: int = 0) -> Images:
    """Each channel darkened by a factor of its own."""
    return (images * _uniforms(images[..., :1, :1], seed)).round().byte()


def grey(images: Images, seed: int = 0) -> Images:
    """The mean of the channels, in all of them."""
    return images.double().mean(1, keepdim=True).round().byte().expand_as(images).contiguous()


def negative(images: Images, seed: int = 0) -> Images:
    """Dark for light."""
    return 255 - images


def halves(images: Images, seed: int = 0) -> Images:
    """The upper half of an image over the lower half of the one before it."""
    middle = images.shape[2] // 2
    return torch.cat([images[:, :, :middle], images.roll(1, 0)[:, :, middle:]], 2)


def pixelated(images: Images, seed: int = 0) -> Images:
    """Each second pixel of each second row, four times as large.

    Raises:
        ShapeError: A side is odd.
    """
    if images.shape[2] % 2 or images.shape[3] % 2:
        size = f"{images.shape[2]}x{images.shape[3]}"
        raise ShapeError(f"Images must have even sides to be pixelated, got {size}. Cut a row or a column off.")
    return images[:, :, ::2, ::2].repeat_interleave(2, 2).repeat_interleave(2, 3)


def grainy(images: Images, seed: int = 0) -> Images:
    """Noise of 5 levels standard deviation, with tails as of a sum of three uniforms, on each channel of a pixel."""
    draws = torch.stack([_uniforms(images, seed + k) for k in range(3)]).sum(0) - 1.5  # of variance 1/4
    return (images + 10 * draws).round().clamp(0, 255).byte()


def sheared(images: Images, seed: int = 0) -> Images:
    """Each row rolled sideways by up to three pixels of its own."""
    steps = (7 * _uniforms(images[:, :1, :, :1], seed)).long() - 3
    columns = (torch.arange(images.shape[3]) - steps) % images.shape[3]
    return images.gather(3, columns.expand(images.shape))


OUTLIERS: Mapping[str, Callable[..., Images]] = {
    "constant": constant,
    "noise": noise,
    "scrambled": scrambled,
    "scrambled-pixels": scrambled_pixels,
    "rotated": rotated,
    "blurred": blurred,
    "tinted": tinted,
    "grey": grey,
    "negative": negative,
    "halves": halves,
    "pixelated": pixelated,
    "grainy": grainy,
    "sheared": sheared,
}


def outliers(name: str, images: Images, seed: int = 0, **options: Any) -> Images:
    """Return the outliers that a transformation makes of images; each depends on its image, its place and the seed.

    Args:
        name: Of `OUTLIERS`.
        images: uint8 (N, C, H, W).
        seed: Of the draws.
        **options: Of the transformation.

    Raises:
        ConfigError: There is none of this name.
        ShapeError: The images have a size that it cannot do.
    """
    if name not in OUTLIERS:
        raise ConfigError(f"Unknown outliers {name!r}.{did_you_mean(name, OUTLIERS)} Known are {', '.join(OUTLIERS)}.")
    return OUTLIERS[name](images, seed, **options)


def resized(images: Images, channels: int, height: int, width: int) -> Images:
    """Return images of another data set at a model's size, by Pillow's bicubic, grey or in colour as it has them.

    Args:
        images: uint8 (N, C, H, W) of one channel or three.
        channels: 1 or 3.
        height: In pixels.
        width: In pixels.
    """
    mode = "L" if channels == 1 else "RGB"
    pixels = images.movedim(1, -1).numpy()
    made = [Image.fromarray(each.squeeze(-1) if each.shape[-1] == 1 else each) for each in pixels]
    arrays = [np.asarray(each.convert(mode).resize((width, height), Image.Resampling.BICUBIC)) for each in made]
    return torch.from_numpy(np.stack(arrays)).view(len(images), height, width, channels).movedim(-1, 1).contiguous()


def _uniforms(shape_of: Tensor, seed: int) -> Tensor:
    """A draw in [0, 1) for each value of each item, which does not depend on the other items, float64."""
    draws = item_uniforms(seed, 0, range(len(shape_of)), shape_of[0].numel() if len(shape_of) else 0)
    return torch.from_numpy(draws).view(shape_of.shape)
