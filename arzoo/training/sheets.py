"""Sheets of samples, drawn while a model learns, for a person to look at."""

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from arzoo.backbones import is_incremental
from arzoo.context import ContextSpec, Labels
from arzoo.data.dataset import Dataset
from arzoo.model import AutoregressiveModel

COLUMNS = 10  # as many as a data set of ten classes has, so that a column is a class


def draw_sheet(model: AutoregressiveModel, dataset: Dataset, count: int, path: Path) -> None:
    """Draw samples, always from the same random numbers, and write them as one PNG.

    Args:
        model: What is sampled from.
        dataset: Gives the context of a conditional model.
        count: How many samples.
        path: The PNG to write.
    """
    from arzoo import pictures  # pillow waits until a picture is wanted

    context, cached = sheet_context(model.context, dataset, count), is_incremental(model.backbone)
    levels = model.sample(count, context, seed=0, cached=cached, progress=False)
    images = levels.to(torch.uint8) if model.data is None else model.data.decode(levels)
    path.parent.mkdir(exist_ok=True)
    pictures.save(pictures.sheet(images, columns=COLUMNS), path)


def sheet_context(specs: Mapping[str, ContextSpec], dataset: Dataset, count: int) -> dict[str, Tensor] | None:
    """Return what the samples of a sheet are conditioned on: labels in turn, anything else as in the data.

    Args:
        specs: The model's contexts.
        dataset: Where other contexts are taken from.
        count: How many samples.
    """
    given = dataset.batch(torch.arange(count) % len(dataset)).context
    turns = {name: torch.arange(count) % spec.num_classes for name, spec in specs.items() if isinstance(spec, Labels)}
    return {name: turns.get(name, given[name]) for name in specs} or None
