"""Two small models that keep every promise: the ground in which faults are planted."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

import arzoo
from arzoo.context import Labels
from arzoo.heads import Categorical, Head
from arzoo.orderings import LeftToRight, Ordering, Raster


class Dense(nn.Module):
    """Every position has hidden units of its own, to which each earlier symbol adds a row of weights."""

    def __init__(self, ordering: Ordering, num_levels: int, num_params: int, num_classes: int = 0) -> None:
        super().__init__()
        width, self.grid, self.num_levels = 5, ordering.grid, num_levels
        positions, symbols = ordering.num_positions, ordering.num_positions * ordering.num_symbols
        self.register_buffer("mask", self.allowed(ordering)[:, :, None, None].float(), persistent=False)
        self.symbols, self.places = ordering.symbols, ordering.permutation
        self.weight = nn.Parameter(0.3 * torch.randn(positions, symbols, num_levels, width))
        self.bias = nn.Parameter(torch.zeros(positions, width))
        self.label = nn.Embedding(num_classes, width) if num_classes else None
        self.output = nn.Linear(width, num_params)

    def allowed(self, ordering: Ordering) -> Tensor:
        """Who may depend on whom, (P, E)."""
        return ordering.earlier()

    def begin(self, batch: int, context: dict[str, Tensor] | None) -> Tensor:
        """The hidden units before the first symbol, (B, P, width)."""
        start = self.bias.expand(batch, *self.bias.shape)
        return start if self.label is None else start + self.embedded(context)[:, None]

    def embedded(self, context: dict[str, Tensor] | None) -> Tensor:
        return self.label(context["label"])

    def encoded(self, x: Tensor) -> Tensor:
        return F.one_hot(x.long(), self.num_levels).to(self.weight.dtype)

    def forward(self, x: Tensor, context: dict[str, Tensor] | None = None) -> Tensor:
        total = torch.einsum("bel,pelw->bpw", self.encoded(x.flatten(1)), self.weight * self.mask)
        params = self.output(torch.tanh(self.begin(len(x), context) + total))
        return params.transpose(1, 2).unflatten(2, self.grid)

    def init_state(self, batch: int, context: dict[str, Tensor] | None = None) -> dict[str, Tensor]:
        return {"total": self.begin(batch, context).clone()}

    def step(self, state: dict[str, Tensor], previous: Tensor, position: int) -> Tensor:
        if position:
            self.note(state, previous, self.symbols[position - 1])
        return self.output(torch.tanh(state["total"][:, self.places[position]]))

    def note(self, state: dict[str, Tensor], values: Tensor, symbols: Tensor) -> None:
        """Add what has become known to the hidden units of all positions."""
        weight = (self.weight * self.mask)[:, symbols]
        state["total"] += torch.einsum("bsl,pslw->bpw", self.encoded(values), weight)


@dataclass
class Memory:
    """The state of `Recurrent`."""

    hidden: Tensor


class Recurrent(nn.Module):
    """A GRU cell that reads the symbols in the order in which they are drawn."""

    def __init__(self, ordering: Ordering, num_levels: int, num_params: int, num_classes: int = 0) -> None:
        super().__init__()
        width, self.ordering, self.num_levels = 6, ordering, num_levels
        self.embed = nn.Embedding(num_levels * ordering.num_symbols, width)
        self.label = nn.Embedding(num_classes, width) if num_classes else None
        self.start = nn.Parameter(torch.zeros(width))
        self.cell = nn.GRUCell(width, width)
        self.output = nn.Linear(width, num_params)

    def begin(self, batch: int, context: dict[str, Tensor] | None) -> Memory:
        hidden = self.start.expand(batch, -1)
        return Memory(hidden if self.label is None else hidden + self.embedded(context))

    def embedded(self, context: dict[str, Tensor] | None) -> Tensor:
        return self.label(context["label"])

    def read(self, memory: Memory, values: Tensor) -> None:
        """Take in the symbols (B, S) of a position."""
        first = self.num_levels * torch.arange(values.shape[1], device=values.device)
        memory.hidden = self.cell(self.embed(values.long() + first).sum(1), memory.hidden)

    def reads(self, ordering: Ordering) -> Iterator[Tensor | None]:
        """The symbols to read after each position."""
        yield from ordering.symbols

    def forward(self, x: Tensor, context: dict[str, Tensor] | None = None) -> Tensor:
        ordering = self.ordering.with_length(x.shape[1]) if None in self.ordering.event_shape else self.ordering
        memory, columns, flat = self.begin(len(x), context), [], x.flatten(1)
        for symbols in self.reads(ordering):
            columns.append(self.output(memory.hidden))
            if symbols is not None:
                self.read(memory, flat[:, symbols])
        return torch.stack(columns, -1)[:, :, ordering.permutation.argsort()].unflatten(2, ordering.grid)

    def init_state(self, batch: int, context: dict[str, Tensor] | None = None) -> Memory:
        return self.begin(batch, context)

    def step(self, state: Memory, previous: Tensor, position: int) -> Tensor:
        if position:
            self.read(state, previous)
        return self.output(state.hidden)


def toy(
    backbone: type[nn.Module] = Dense,
    event_shape: tuple[int | None, ...] = (1, 2, 3),
    num_levels: int = 2,
    num_classes: int = 0,
    ordering: Ordering | None = None,
    head: Head | None = None,
    context: Any = None,
) -> arzoo.AutoregressiveModel:
    """A model around a toy backbone, or around a faulty descendant of one."""
    head = head or Categorical(num_levels)
    if ordering is None and len(event_shape) == 3:
        ordering = Raster(event_shape, channels_as_positions=head.num_symbols == 1)
    ordering = ordering or LeftToRight(event_shape)
    if num_classes:
        context = {"label": Labels(num_classes)}
    network = backbone(ordering, head.num_levels, head.num_params, num_classes)
    return arzoo.AutoregressiveModel(ordering, network, head, context=context)
