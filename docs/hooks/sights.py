"""What a position sees: declared by a network, by one of its layers, or measured on trained weights."""

from collections.abc import Sequence
from typing import Any

import torch
from svg import Panel, sight, strengths
from torch import Tensor

import arzoo

ITEMS, SAMPLES = 24, 4
"""Test images, and samples of sequences, over which a measured influence is averaged."""


def by_network(title: str, architecture: str, shape: tuple[int, int], here: tuple[int, int], **arguments: Any) -> Panel:
    """What the network of an architecture declares to see at a pixel of an image of one colour.

    Args:
        title: Of the panel.
        architecture: Its id; the smallest networks suffice, for sight hangs on depth and kernels alone.
        shape: Height and width of the image.
        here: Row and column of the pixel.
        **arguments: Of the builder.
    """
    shown = {"event_shape": (1, *shape), "num_levels": 2, **arguments}
    model = arzoo.create(architecture, **shown)
    return sight(title, *_row(model, here, shape), here)


def _row(model: arzoo.AutoregressiveModel, here: tuple[int, int], shape: tuple[int, int]) -> tuple[Tensor, Tensor]:
    declared: Any = getattr(model.backbone, "dependence", lambda ordering: ordering.earlier())
    place = here[0] * shape[1] + here[1]
    return declared(model.ordering)[place].view(shape), model.ordering.earlier()[place].view(shape)


def by_layer(title: str, layer: Any, shape: tuple[int, int], here: tuple[int, int]) -> Panel:
    """What one layer reads of its input to compute a pixel."""
    seen = layer.dependence((1, *shape))[here[0] * shape[1] + here[1]].view(shape)
    return sight(title, seen, torch.zeros_like(seen), here)


@torch.no_grad()
def measured(title: str, checkpoint: str, here: tuple[int, int] = (4, 4)) -> Panel:
    """How far a pixel's distribution moves when another pixel is replaced by that of another image.

    The mean total variation distance over test digits, of the distribution of the pixel's first symbol.

    Args:
        title: Of the panel.
        checkpoint: A model of digits.
        here: Row and column of the pixel that is looked at.
    """
    model = arzoo.load(checkpoint).eval()
    data = arzoo.data.load_dataset("digits", "test").with_context(list(model.context))
    x, context, *_ = data.batch(range(2 * ITEMS))
    mine, others = x.split(ITEMS)
    before = _pmf(model, mine, {name: value[:ITEMS] for name, value in context.items()}, here)
    changed = mine.repeat(64, 1, 1, 1)
    for place in range(64):
        changed.flatten(1)[ITEMS * place : ITEMS * (place + 1), place] = others.flatten(1)[:, place]
    told = {name: value[:ITEMS].repeat(64, *[1] * (value.dim() - 1)) for name, value in context.items()}
    after = _pmf(model, changed, told, here).unflatten(0, (64, ITEMS))
    moved = (before - after).abs().sum(2).mean(1) / 2
    return strengths(title, moved.view(8, 8), here)


def _pmf(model: arzoo.AutoregressiveModel, x: Tensor, told: dict[str, Tensor], here: tuple[int, int]) -> Tensor:
    params = model(x, told or None)[..., here[0], here[1]].flatten(1)
    return model.head.pmf(params, x.new_zeros(len(x), 0))


@torch.no_grad()
def by_lag(checkpoint: str, lags: Sequence[int], *, length: int, context: dict[str, Any] | None = None) -> Tensor:
    """How far the distribution of the last symbol moves when the one so far back is another, over the model's samples.

    Args:
        checkpoint: A model of sequences.
        lags: How far back, from 1.
        length: Of the samples.
        context: What they are told.

    Returns:
        Total variation distance of each lag.
    """
    model = arzoo.load(checkpoint).eval()
    x = model.sample(SAMPLES, context, length=length + 1, progress=False)
    others = model.sample(SAMPLES, context, length=length + 1, seed=1, progress=False)
    before = _last(model, x, context)
    found = []
    for lag in lags:
        changed = x.clone()
        changed[:, length - lag] = others[:, length - lag]
        found.append((before - _last(model, changed, context)).abs().sum(1).mean() / 2)
    return torch.stack(found)


def _last(model: arzoo.AutoregressiveModel, x: Tensor, context: dict[str, Any] | None) -> Tensor:
    return model.head.pmf(model(x, context)[..., -1], x.new_zeros(len(x), 0))
