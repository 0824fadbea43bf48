"""Sheets of samples, drawn while a model learns, for a person to look at."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, cast

import torch
from torch import Tensor

from arzoo.backbones import is_incremental
from arzoo.context import ContextSpec, Labels, Series
from arzoo.data.dataset import Dataset
from arzoo.files import replacing
from arzoo.model import AutoregressiveModel

if TYPE_CHECKING:
    from arzoo.data import Alphabet
    from arzoo.data.waveforms import Waveform

COLUMNS = 10  # as many as a data set of ten classes has, so that a column is a class


CLIPS, SECONDS = 8, 0.5  # a sheet of audio
CHARACTERS = 500  # of a text


def draw_sheet(model: AutoregressiveModel, dataset: Dataset, count: int, path: Path) -> None:
    """Draw samples, always from the same random numbers, and write them as a person can take them in.

    Images become one PNG, clips one PNG of spectrograms, a text a file of its own; sequences that nobody gave a
    meaning are not drawn.

    Args:
        model: What is sampled from.
        dataset: Gives the context of a conditional model.
        count: How many samples; of clips eight at most, of text one.
        path: The file to write, without its ending.
    """
    if model.data is None and len(model.event_shape) != 3:
        return
    path.parent.mkdir(exist_ok=True)
    _DRAWN_AS["image" if model.data is None else model.data.medium](model, dataset, count, path)


def _draw_images(model: AutoregressiveModel, dataset: Dataset, count: int, path: Path) -> None:
    from arzoo import pictures  # pillow waits until a picture is wanted

    levels = _sampled(model, sheet_context(model.context, dataset, count), count)
    images = levels.to(torch.uint8) if model.data is None else model.data.decode(levels)
    pictures.save(pictures.sheet(images, columns=COLUMNS), path.with_suffix(".png"))


def _draw_clips(model: AutoregressiveModel, dataset: Dataset, count: int, path: Path) -> None:
    from arzoo import pictures, spectrograms

    count, spec = min(count, CLIPS), cast("Waveform", model.data)
    length = round(SECONDS * spec.sample_rate)
    context = sheet_context(model.context, dataset, count, length)
    waveforms = list(spec.decode(_sampled(model, context, count, length)))
    picture = spectrograms.sheet(waveforms, spec.sample_rate)
    pictures.save(picture, path.with_suffix(".png"))


def _draw_text(model: AutoregressiveModel, dataset: Dataset, count: int, path: Path) -> None:
    context = sheet_context(model.context, dataset, 1, CHARACTERS)
    text = cast("Alphabet", model.data).decode(_sampled(model, context, 1, CHARACTERS)[0])
    with replacing(path.with_suffix(".txt")) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="")


_DRAWN_AS = {"image": _draw_images, "audio": _draw_clips, "text": _draw_text}


def _sampled(
    model: AutoregressiveModel, context: dict[str, Tensor] | None, count: int, length: int | None = None
) -> Tensor:
    """Draw levels, of that length where the model leaves it free."""
    free = length if None in model.event_shape else None
    cached = is_incremental(model.backbone)
    return model.sample(count, context, seed=0, length=free, cached=cached, progress=False, shared=False)


def sheet_context(
    specs: Mapping[str, ContextSpec], dataset: Dataset, count: int, length: int | None = None
) -> dict[str, Tensor] | None:
    """Return what the samples of a sheet are conditioned on: labels in turn, anything else as in the data.

    Args:
        specs: The model's contexts.
        dataset: Where other contexts are taken from.
        count: How many samples.
        length: Of the samples, where it is free; a series is cut to it, or goes on with its last frame.
    """
    given = dataset.batch(torch.arange(count) % len(dataset)).context if specs else {}
    return {name: _value(spec, given[name], length) for name, spec in specs.items()} or None


def _value(spec: ContextSpec, given: Tensor, length: int | None) -> Tensor:
    if isinstance(spec, Labels):
        return torch.arange(len(given)) % spec.num_classes
    if isinstance(spec, Series) and length is not None:
        frames = torch.arange(-(-length // spec.hop)).clamp(max=given.shape[-1] - 1)
        return given[..., frames]
    return given
