"""A head asked about every level: random params, random symbols, and the log-probabilities between them."""

import contextlib
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from arzoo.errors import ArzooError
from arzoo.testing.subject import Subject

if TYPE_CHECKING:
    from arzoo.heads import Head


def draw_params(head: "Head", count: int, scale: float, seed: int) -> Tensor:
    """Normal params (count, num_params) in float64."""
    generator = torch.Generator().manual_seed(seed)
    return scale * torch.randn(count, head.num_params, generator=generator, dtype=torch.float64)


def draw_symbols(head: "Head", count: int, seed: int) -> Tensor:
    """Uniform levels (count, num_symbols) of the symbols of one position."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(head.num_levels, (count, head.num_symbols), generator=generator)


def log_prob(subject: Subject, head: "Head", params: Tensor, x: Tensor) -> Tensor:
    """Nats (B, num_symbols) of symbols (B, num_symbols) at params (B, num_params), on a grid of one position."""
    ones = [1] * len(subject.ordering.grid)
    levels = x.view(*x.shape, *ones) if head.num_symbols > 1 else x.view(len(x), *ones)
    return head.log_prob(params.view(*params.shape, *ones), levels).reshape(x.shape)


def log_masses(subject: Subject, head: "Head", params: Tensor, prefix: Tensor, levels: Tensor | None = None) -> Tensor:
    """Nats of the next symbol at each level.

    Args:
        subject: The model of the head.
        head: The head.
        params: (B, num_params).
        prefix: (B, k) symbols of the position before it; those after it are at level 0.
        levels: The levels, or None for all.

    Returns:
        (levels, B).
    """
    levels = torch.arange(head.num_levels) if levels is None else levels
    columns = []
    for row, before in zip(params, prefix, strict=True):
        x = torch.zeros(len(levels), head.num_symbols, dtype=torch.long)
        x[:, : len(before)], x[:, len(before)] = before, levels
        columns.append(log_prob(subject, head, row.expand(len(levels), -1), x)[:, len(before)])
    return torch.stack(columns, 1)


def with_levels(head: "Head", numbers: Sequence[int]) -> Iterator["Head"]:
    """The head itself, and heads of its kind with other numbers of levels, as far as it can have them."""
    yield head
    config = head.to_config()
    arguments = {key: value for key, value in config.items() if key != "name"}
    for num_levels in numbers:
        if "num_levels" in config and num_levels != head.num_levels:
            with contextlib.suppress(TypeError, ArzooError):
                yield type(head)(**arguments | {"num_levels": num_levels})
