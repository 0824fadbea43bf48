"""Which part of a layer's tensor belongs to which place of the event, for the layouts that layers use."""

from dataclasses import dataclass

import torch
from torch import Tensor

from arzoo.testing.places import Places


@dataclass(frozen=True)
class Placed:
    """A tensor by places.

    Args:
        values: (places, B, features).
        steps: When each place is drawn, (places,); a pixel whose colours are positions is drawn with its first.
        along_path: Whether the places are the positions in the order in which they are drawn, and not pixels.
    """

    values: Tensor
    steps: Tensor
    along_path: bool

    def index(self, position: int, places: Places) -> int:
        """Where a position, flat in the grid, is among the places."""
        by = places.step_of_position if self.along_path else places.pixel_of_position
        return int(by[position])


def placed(tensor: Tensor, batch: int, places: Places) -> Placed | None:
    """A layer's tensor by places, or None where its layout is another.

    Args:
        tensor: (B, ..., *size), (B, *size, ...), (B, P, features), (B, features, P) or (P, B, features).
        batch: B.
        places: Of the event: `size` is (H, W) or (T,), P the number of positions.
    """
    size, count = places.size, len(places.step_of_position)
    shape, rank = tuple(tensor.shape), len(places.size)
    if shape[:1] == (batch,) and tensor.dim() > rank:
        if shape[-rank:] == size:
            return _of_pixels(tensor.flatten(-rank).flatten(1, -2) if tensor.dim() > rank + 1 else tensor, places)
        if shape[1 : 1 + rank] == size:
            return _of_pixels(tensor.flatten(1, rank).flatten(2).transpose(1, 2), places)
    if tensor.dim() == 3 and shape[0] == batch and count in shape[1:]:
        return _of_path(tensor.movedim(1 if shape[1] == count else 2, 0), count)
    if tensor.dim() == 3 and shape[:2] == (count, batch):
        return _of_path(tensor, count)
    return None


def _of_pixels(values: Tensor, places: Places) -> Placed:
    """Of (B, features, pixels)."""
    steps = torch.full((values.shape[-1],), len(places.step_of_position))
    steps = steps.scatter_reduce(0, places.pixel_of_position, places.step_of_position, "amin")
    return Placed(values.movedim(-1, 0), steps, along_path=False)


def _of_path(values: Tensor, count: int) -> Placed:
    return Placed(values, torch.arange(count), along_path=True)
