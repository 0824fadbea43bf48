"""How complex an image is, as lossless coders of pillow see it."""

import io
from collections.abc import Callable, Mapping

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from arzoo.errors import ConfigError, ShapeError, did_you_mean


def png(pixels: np.ndarray) -> int:
    """Bytes of an optimised PNG, of one bit a pixel where there are but black and white."""
    image = Image.fromarray(pixels)
    black_and_white = pixels.ndim == 2 and bool(np.isin(pixels, (0, 255)).all())
    return _size(image.convert("1") if black_and_white else image, format="PNG", optimize=True)


def webp(pixels: np.ndarray) -> int:
    """Bytes of a lossless WebP, as small as its encoder makes it."""
    return _size(Image.fromarray(pixels), format="WEBP", lossless=True, quality=100, method=6)


def smallest(pixels: np.ndarray) -> int:
    """Bytes of the smaller of the two."""
    return min(png(pixels), webp(pixels))


CODERS: Mapping[str, Callable[[np.ndarray], int]] = {"webp": webp, "png": png, "smallest": smallest}


def complexity(images: Tensor, coder: str = "webp") -> Tensor:
    """Return the bits of images as files, their headers included.

    Args:
        images: uint8 (N, C, H, W) of one channel or three.
        coder: "webp", "png", or "smallest" for the smaller file of the two.

    Returns:
        Bits per dimension (N,), float64.

    Raises:
        ShapeError: These are no such images.
        ConfigError: There is no such coder.

    Example:
        >>> flat, noise = torch.zeros(1, 3, 32, 32, dtype=torch.uint8), torch.randint(256, (1, 3, 32, 32)).byte()
        >>> bool(complexity(flat) < 0.3), bool(complexity(noise) > 8)
        (True, True)

    References:
        Serrà et al. 2020, "Input Complexity and Out-of-distribution Detection with Likelihood-based Generative
        Models", section 3.
    """
    if coder not in CODERS:
        raise ConfigError(f"`coder` must be one of {', '.join(CODERS)}, got {coder!r}.{did_you_mean(coder, CODERS)}")
    if images.ndim != 4 or images.shape[1] not in (1, 3) or images.dtype != torch.uint8:
        rule = "`images` must be uint8 (N, 1, H, W) or (N, 3, H, W) to be written by an image coder"
        raise ShapeError(f"{rule}, got {images.dtype} {tuple(images.shape)}. Use model.data.decode(x) on levels.")
    pixels = images.cpu().movedim(1, -1).numpy()
    sizes = [CODERS[coder](each.squeeze(-1) if each.shape[-1] == 1 else each) for each in pixels]
    return 8 * torch.tensor(sizes, dtype=torch.float64) / images[0].numel() if sizes else torch.zeros(0).double()


def _size(image: Image.Image, **how: object) -> int:
    with io.BytesIO() as file:
        image.save(file, **how)  # type: ignore[arg-type]
        return len(file.getvalue())
