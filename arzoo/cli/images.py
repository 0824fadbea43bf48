"""Images that come into the command line: files of a model's own size, or the first of a data set."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch
import typer
from PIL import Image, ImageOps
from torch import Tensor

from arzoo.errors import ConfigError, DataError, ShapeError

if TYPE_CHECKING:
    from arzoo.data import Dataset, DataSpec
    from arzoo.model import AutoregressiveModel

MODES = {1: "L", 3: "RGB"}


class Inputs(NamedTuple):
    """Images to complete.

    Attributes:
        x: Levels (N, C, H, W).
        context: What the data set says of them, for the contexts that the model takes; empty for files.
        captions: A name for each.
    """

    x: Tensor
    context: dict[str, Tensor]
    captions: list[str]


def data_spec(model: "AutoregressiveModel") -> "DataSpec":
    """Return the data spec of a model of images.

    Raises:
        ConfigError: The model has none, or no images, so that its levels cannot be shown.
    """
    if model.data is None or len(model.event_shape) != 3 or model.event_shape[0] not in MODES:
        rule = f"A sheet must show images, {model.title} has events {model.event_shape} and the data spec {model.data}"
        raise ConfigError(f"{rule}. Use model.sample(n) in Python for its levels.{_undecoded(model)}")
    return model.data


def _undecoded(model: "AutoregressiveModel") -> str:
    """Say what is missing where an event is a map of codes."""
    if model.data is not None or len(model.event_shape) != 3:
        return ""
    return (
        f" Nobody said how its {model.num_levels} levels decode; where they are codes of a VQ-VAE, "
        "model.data = arzoo.data.load_spec(FOLDER) does."
    )


def image_shape(model: "AutoregressiveModel") -> tuple[int, int, int]:
    """Return (C, H, W) of a model of images."""
    channels, height, width = (int(size) for size in model.event_shape if size)
    return channels, height, width


def read_images(paths: Sequence[Path], model: "AutoregressiveModel", *, convert: bool = False) -> Inputs:
    """Read image files as a model's levels.

    Args:
        paths: Files of the model's own size and mode.
        model: A model of images with a data spec.
        convert: Whether others are brought to them: their middle, made larger or smaller.

    Raises:
        DataError: A file is missing or no image.
        ShapeError: An image has another size or mode than the model, or is several, and is not to be converted.
    """
    channels, height, width = image_shape(model)
    mode = MODES[data_spec(model).raw_channels or channels]
    size = width * data_spec(model).patch, height * data_spec(model).patch
    raw = np.stack([_pixels(path, mode, size, model.title, convert) for path in paths])
    return Inputs(data_spec(model).encode(torch.from_numpy(raw)), {}, [path.stem for path in paths])


def first_of(data: "Dataset", model: "AutoregressiveModel", count: int) -> Inputs:
    """Return the first images of a data set that fits the model, with what it says of them."""
    chosen = range(min(count, len(data)))
    x, context, *_ = data.with_context(list(model.context)).batch(chosen)
    return Inputs(x, context, [f"{data.split} {k}" for k in chosen])


def opened(path: Path) -> Image.Image:
    """Return the image in a file.

    Raises:
        DataError: The file is missing or no image.
    """
    try:
        with Image.open(path) as image:
            getattr(image, "n_frames", 1)  # Pillow counts and remembers them, as long as the file is open
            image.load()
            return image
    except FileNotFoundError:
        raise DataError(f"There is no file {path}. Name an image, or use --dataset digits.") from None
    except (OSError, SyntaxError, Image.DecompressionBombError) as error:  # SyntaxError: Pillow's for a broken PNG
        raise DataError(f"{path} must be an image, and cannot be read: {error}. Name a PNG.") from None


def _pixels(path: Path, mode: str, size: tuple[int, int], title: str, convert: bool) -> np.ndarray:
    image = opened(path)
    if _described(image) != (wanted := f"{size[0]}x{size[1]} image of mode {mode}"):
        if not convert:
            rule = f"{path} must be a {wanted} for {title}"
            raise ShapeError(f"{rule}, got a {_described(image)}. Use --convert, which fits and converts it.")
        typer.echo(f"Note: {path}, a {_described(image)}, was made a {wanted}.", err=True)
        image = ImageOps.fit(image.convert(mode), size)
    pixels = np.asarray(image)
    return pixels[None] if mode == "L" else pixels.transpose(2, 0, 1)


def _described(image: Image.Image) -> str:
    frames = getattr(image, "n_frames", 1)
    film = f" in {frames} frames" if frames > 1 else ""
    return f"{image.width}x{image.height} image of mode {image.mode}{film}"
