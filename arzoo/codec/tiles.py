"""Items of any size as events of a model's own: cut into tiles, which are coded side by side, and joined again."""

from collections.abc import Sequence
from itertools import product
from typing import Any, NamedTuple

import torch
from torch import Tensor

Shape = tuple[int | None, ...]
Size = tuple[int, ...]
AXES = 2
"""Of an event that can be cut, counted from the last: (H, W) of an image, (T,) of a sequence."""


class Tile(NamedTuple):
    """A piece of an item, no larger than an event.

    Attributes:
        item: Which.
        corner: Where in the item its first symbol lies.
        size: How much of an event it fills, from the first symbol on; the rest is no part of any item.
    """

    item: int
    corner: Size
    size: Size

    @property
    def region(self) -> tuple[Any, ...]:
        """Where the item has it."""
        return (..., *(slice(first, first + length) for first, length in zip(self.corner, self.size, strict=True)))

    @property
    def inside(self) -> tuple[Any, ...]:
        """Where the event has it."""
        return (..., *(slice(length) for length in self.size))


def tiles_of(sizes: Sequence[Size], event_shape: Shape) -> list[Tile]:
    """Return the tiles of items, the largest first, so that sequences of about one length go together.

    Args:
        sizes: Of each item, (H, W) or (T,).
        event_shape: Of the model; an axis whose length is free is not cut.

    Example:
        >>> [tile.region for tile in tiles_of([(5,)], (3,))]
        [(Ellipsis, slice(0, 3, None)), (Ellipsis, slice(3, 5, None))]
    """
    tiles = [tile for item, size in enumerate(sizes) for tile in _cut(item, size, event_shape[-AXES:])]
    return sorted(tiles, key=lambda tile: tile.size, reverse=True)


def fixed(event_shape: Shape, tiles: Sequence[Tile]) -> Size:
    """Return the shape of events that hold some tiles: a free length is that of the longest."""
    return tuple(max(tile.size[-1] for tile in tiles) if size is None else size for size in event_shape)


def gather(items: Sequence[Tensor], tiles: Sequence[Tile], shape: Size) -> Tensor:
    """Return the events (n, *shape) that hold the tiles, int64; what is no part of an item is 0."""
    events = torch.zeros(len(tiles), *shape, dtype=torch.int64)
    for event, tile in zip(events, tiles, strict=True):
        event[tile.inside] = items[tile.item][tile.region]
    return events


def scatter(events: Tensor, tiles: Sequence[Tile], items: Sequence[Tensor]) -> None:
    """Write the tiles that events hold into their items."""
    for event, tile in zip(events, tiles, strict=True):
        items[tile.item][tile.region] = event[tile.inside]


def inside(tiles: Sequence[Tile], shape: Size) -> Tensor:
    """Return which symbols of the events are parts of an item, (n, *shape), bool."""
    mask = torch.zeros(len(tiles), *shape, dtype=torch.bool)
    for event, tile in zip(mask, tiles, strict=True):
        event[tile.inside] = True
    return mask


def blank(sizes: Sequence[Size], event_shape: Shape) -> list[Tensor]:
    """Return items of the lowest level."""
    channels = [size or 0 for size in event_shape[:-AXES]]
    return [torch.zeros(*channels, *size, dtype=torch.int64) for size in sizes]


def _cut(item: int, size: Size, whole: Shape) -> list[Tile]:
    axes = product(*(_spans(length, step or length) for length, step in zip(size, whole, strict=True)))
    return [Tile(item, tuple(first for first, _ in spans), tuple(length for _, length in spans)) for spans in axes]


def _spans(length: int, step: int) -> list[tuple[int, int]]:
    """Cut an axis, and return where each part begins and how long it is."""
    return [(first, min(step, length - first)) for first in range(0, length, step)]
