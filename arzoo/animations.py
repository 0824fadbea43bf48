"""Images while they are drawn, pixel after pixel, as a GIF."""

import os
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from PIL import Image

from arzoo.errors import ShapeError
from arzoo.files import replacing
from arzoo.orderings import Ordering
from arzoo.pictures import sheet

FRAMES = 100  # at most: a minute of large images would serve nobody
PAUSE, HELD = 50, 3000  # milliseconds that a frame is shown, and the last
CHECKER = ((184, 186, 190), (206, 208, 212))  # what is not drawn yet: neither black nor white, and no even grey


def arrivals(ordering: Ordering) -> np.ndarray:
    """Return at which position each pixel is complete, (H, W), for an ordering of images.

    Example:
        >>> from arzoo.orderings import Snake
        >>> arrivals(Snake((1, 2, 3)))
        array([[0, 1, 2],
               [5, 4, 3]])
    """
    positions = np.empty(ordering.symbols.numel(), np.int64)
    positions[ordering.symbols.numpy()] = np.arange(ordering.num_positions)[:, None]
    return positions.reshape([size or 1 for size in ordering.event_shape]).max(0)


def frames(
    images: Any, arrival: np.ndarray, columns: int | None = None, *, column_captions: Sequence[str] = ()
) -> Iterator[Image.Image]:
    """Lay images out as a sheet that fills: from nothing to all of them.

    Args:
        images: (N, C, H, W) uint8 with C = 1 or 3, an array or a tensor on the CPU, whole.
        arrival: Integers (H, W): when each pixel comes; a pixel may stand for several of a finer image.
        columns: Images in a row; without it the sheet is about as wide as high.
        column_captions: Texts above the columns.

    Yields:
        RGB pictures of one size, at most `FRAMES`; what has not come is a grey checker.

    Raises:
        ShapeError: `images` are no uint8 images, or `arrival` is none of a grid.
    """
    if arrival.ndim != 2:
        raise ShapeError(f"`arrival` must have shape (H, W), got {arrival.shape}. Use arrivals(ordering) of images.")
    pixels, steps = np.asarray(images), int(arrival.max()) + 1
    height, width = pixels.shape[-2:]
    when = arrival[np.arange(height) * len(arrival) // height][:, np.arange(width) * arrival.shape[1] // width]
    empty = np.array(CHECKER, np.uint8)[np.indices((height, width)).sum(0) % 2].transpose(2, 0, 1)
    for frame in range(min(FRAMES, steps + 1)):
        come = when < -(-steps * frame // (min(FRAMES, steps + 1) - 1))
        yield sheet(np.where(come, pixels, empty), columns, column_captions=column_captions)


def save(pictures: Sequence[Image.Image], path: str | os.PathLike[str]) -> None:
    """Write pictures of one size as a GIF without an end, whole or not at all; the last is held for a while.

    All have the colours of the first and the last together, so that nothing flickers.
    """
    both = Image.new("RGB", (pictures[0].width, 2 * pictures[0].height))
    both.paste(pictures[0], (0, 0))
    both.paste(pictures[-1], (0, pictures[0].height))
    palette = _palette(both)
    reduced = [picture.quantize(palette=palette, dither=Image.Dither.NONE) for picture in pictures]
    shown = [PAUSE] * (len(reduced) - 1) + [HELD]
    with replacing(path) as temporary:
        reduced[0].save(temporary, "GIF", save_all=True, append_images=reduced[1:], duration=shown, loop=0)


def _palette(picture: Image.Image) -> Image.Image:
    """Return an image with the colours of a picture as its palette: exactly those, where a GIF has room for them."""
    if picture.getcolors(256) is None:
        return picture.quantize(256)
    palette = Image.new("P", (1, 1))
    palette.putpalette(np.unique(np.asarray(picture).reshape(-1, 3), axis=0).flatten().tolist())
    return palette
