"""Sheets of images: samples in a grid, completions in rows, as PNG that a person can look at."""

import os
from collections.abc import Sequence
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from arzoo.errors import ShapeError
from arzoo.files import replacing

GUTTER = 2  # pixels between two tiles
TILE = 64  # a tile is at least that wide or high, so that the levels of an 8x8 digit can be seen
TEXT = 12  # height of the captions
BACKGROUND = (206, 208, 212)  # neither the black nor the white of a digit's own background
INK = (40, 42, 48)
UNKNOWN = (92, 107, 150)  # what is not given to a completion; no grey image has this colour


def sheet(
    images: Any,
    columns: int | None = None,
    *,
    row_captions: Sequence[str] = (),
    column_captions: Sequence[str] = (),
    scale: int | None = None,
) -> Image.Image:
    """Lay images out in rows, enlarged without smoothing.

    Args:
        images: (N, C, H, W) uint8 with C = 1 or 3, an array or a tensor on the CPU.
        columns: tiles in a row; without it the sheet is about as wide as high.
        row_captions: texts to the left of the rows.
        column_captions: texts above the columns.
        scale: screen pixels for one pixel; without it, enough for a tile of 64.

    Returns:
        An RGB picture; places without an image show the background.

    Raises:
        ShapeError: `images` are no uint8 images of one or three channels.

    Example:
        >>> sheet(np.zeros((6, 1, 8, 8), np.uint8), columns=3).size
        (200, 134)
    """
    pixels = _rgb(images)
    scale = scale or _scale(pixels)
    pixels = pixels.repeat(scale, axis=1).repeat(scale, axis=2)
    columns = min(columns or _squarish(pixels), len(pixels))
    grid = _grid(pixels, columns)
    return _captioned(grid, pixels.shape[2], pixels.shape[1], row_captions, column_captions)


def completion_sheet(images: Any, known: Any, completions: Any, *, captions: Sequence[str] = ()) -> Image.Image:
    """Show, one row an image: what was given, the mask (white is known), the completions, and the whole image.

    Args:
        images: (N, C, H, W) uint8, the whole images.
        known: bool, broadcastable to `images`, True where a completion was given the value.
        completions: (N, K, C, H, W) uint8.
        captions: texts to the left of the rows.

    Returns:
        An RGB picture of N rows and K + 3 columns; what was not given is blue in the first.

    Raises:
        ShapeError: the images are no uint8 images, or the three do not fit together.
    """
    truth, shape = _rgb(images), np.shape(images)
    drawn, mask = _drawn(completions, shape), _rgb(_mask(known, shape) * np.uint8(255))
    given = np.where(mask > 0, truth, np.array(UNKNOWN, np.uint8))
    rows = np.stack([given, mask, *drawn, truth], axis=1)
    names = ["given", "known", *(str(k + 1) for k in range(len(drawn))), "truth"]
    return sheet(
        rows.reshape(-1, *truth.shape[1:]).transpose(0, 3, 1, 2),
        columns=len(names),
        row_captions=captions,
        column_captions=names,
    )


def image(pixels: Any) -> Image.Image:
    """Return one image as it is, pixel for pixel.

    Args:
        pixels: (C, H, W) uint8 with C = 1 or 3, an array or a tensor on the CPU.

    Raises:
        ShapeError: It is no such image.

    Example:
        >>> image(np.zeros((1, 5, 7), np.uint8)).size
        (7, 5)
    """
    return Image.fromarray(np.ascontiguousarray(_rgb(np.asarray(pixels)[None])[0]))


def save(image: Image.Image, path: str | os.PathLike[str]) -> None:
    """Write a picture as PNG, whole or not at all."""
    with replacing(path) as temporary:
        image.save(temporary, format="PNG")


def _rgb(images: Any) -> np.ndarray:
    """Return (N, H, W, 3) of (N, C, H, W), grey in all three."""
    pixels = np.asarray(images)
    if pixels.ndim != 4 or pixels.shape[1] not in (1, 3) or pixels.dtype != np.uint8 or not len(pixels):
        raise ShapeError(
            "`images` must be uint8 of shape (N, 1, H, W) or (N, 3, H, W) with at least one image, "
            f"got {pixels.dtype} of shape {pixels.shape}. Use model.data.decode(x) on levels."
        )
    return np.broadcast_to(pixels, (len(pixels), 3, *pixels.shape[2:])).transpose(0, 2, 3, 1)


def _mask(known: Any, shape: tuple[int, ...]) -> np.ndarray:
    mask = np.asarray(known)
    try:
        return np.broadcast_to(mask.astype(bool), shape)
    except ValueError:
        raise ShapeError(
            f"`known` must broadcast to the images' shape {shape}, got {mask.shape}. Use one mask of shape {shape[1:]}."
        ) from None


def _drawn(completions: Any, shape: tuple[int, ...]) -> list[np.ndarray]:
    """Return one (N, H, W, 3) a completion."""
    array = np.asarray(completions)
    if array.ndim != 5 or (array.shape[0], *array.shape[2:]) != shape:
        raise ShapeError(
            f"`completions` must have shape (N, K, C, H, W) for images of shape {shape}, got {array.shape}. "
            "Use torch.stack of K completed batches along dim=1."
        )
    return [_rgb(array[:, k]) for k in range(array.shape[1])]


def _scale(pixels: np.ndarray) -> int:
    return max(1, -(-TILE // max(pixels.shape[1:3])))


def _squarish(pixels: np.ndarray) -> int:
    """Return the number of columns that brings the sheet's sides closest to each other."""
    count, height, width = pixels.shape[:3]
    return max(1, round((count * height / width) ** 0.5))


def _grid(pixels: np.ndarray, columns: int) -> Image.Image:
    count, height, width = pixels.shape[:3]
    rows = -(-count // columns)
    size = (GUTTER + columns * (width + GUTTER), GUTTER + rows * (height + GUTTER))
    grid = Image.new("RGB", size, BACKGROUND)
    for index, tile in enumerate(pixels):
        row, column = divmod(index, columns)
        corner = (GUTTER + column * (width + GUTTER), GUTTER + row * (height + GUTTER))
        grid.paste(Image.fromarray(np.ascontiguousarray(tile)), corner)
    return grid


def _captioned(
    grid: Image.Image, width: int, height: int, row_captions: Sequence[str], column_captions: Sequence[str]
) -> Image.Image:
    """Put the texts into a margin to the left and above; without texts the grid comes back as it is."""
    font = ImageFont.load_default(size=TEXT)
    left = max((round(font.getlength(text)) + TEXT for text in row_captions), default=0)
    top = TEXT + 6 if column_captions else 0
    picture = Image.new("RGB", (grid.width + left, grid.height + top), BACKGROUND)
    picture.paste(grid, (left, top))
    draw = ImageDraw.Draw(picture)
    for row, text in enumerate(row_captions):
        middle = top + GUTTER + row * (height + GUTTER) + height // 2
        draw.text((left - TEXT // 2, middle), text, INK, font, anchor="rm")
    for column, text in enumerate(column_captions):
        middle = left + GUTTER + column * (width + GUTTER) + width // 2
        draw.text((middle, top // 2 + 1), _fitting(text, width, font), INK, font, anchor="mm")
    return picture


def _fitting(text: str, width: int, font: Any) -> str:
    """Shorten a text until it fits above its column."""
    if font.getlength(text) <= width:
        return text
    while text and font.getlength(text + "…") > width:
        text = text[:-1]
    return text + "…"
