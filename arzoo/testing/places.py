"""Where something happens, in the words of the author: positions, symbols, and when they are drawn."""

from math import prod
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

if TYPE_CHECKING:
    from arzoo.orderings import Ordering


class Places:
    """The positions and symbols of an ordering, by name.

    Args:
        ordering: Of fixed length.

    Attributes:
        step_of_position: When the position at each flat place in the grid is drawn, (P,).
        step_of_symbol: When the symbol at each flat place in the event is drawn, (E,).
        size: (H, W) of an image, (T,) of a sequence.
        pixel_of_position: Flat place in `size` of each position, whatever its colour, (P,).
        pixel_of_symbol: The same of each symbol, (E,).
    """

    def __init__(self, ordering: "Ordering") -> None:
        self.grid, self.event_shape = sizes(ordering.grid), sizes(ordering.event_shape)
        steps = torch.arange(ordering.num_positions)
        self.step_of_position = torch.empty_like(steps).scatter_(0, ordering.permutation.cpu(), steps)
        symbols = ordering.symbols.cpu()
        self.step_of_symbol = torch.empty(prod(self.event_shape), dtype=torch.long)
        self.step_of_symbol[symbols] = steps[:, None].expand_as(symbols)
        self.size = self.event_shape[-2:]
        self.pixel_of_position = torch.arange(prod(self.grid)) % prod(self.size)
        self.pixel_of_symbol = torch.arange(prod(self.event_shape)) % prod(self.size)

    @property
    def has_lone_symbols(self) -> bool:
        """Whether there is one symbol at each pixel."""
        return len(self.pixel_of_symbol) == prod(self.size)

    def position(self, place: int) -> str:
        """A position by its flat place in the grid, such as "position (0, 2, 1), drawn 10th of 16"."""
        return f"position {_at(place, self.grid)}, drawn {self._turn(int(self.step_of_position[place]))}"

    def symbol(self, place: int) -> str:
        """A symbol by its flat place in the event, such as "symbol (0, 2, 2), drawn 11th of 16"."""
        return f"symbol {_at(place, self.event_shape)}, drawn {self._turn(int(self.step_of_symbol[place]))}"

    def across_pixels(self, pairs: Tensor) -> Tensor:
        """Of pairs (P, E) of position and symbol, those that do not lie at one pixel."""
        return pairs & (self.pixel_of_position[:, None] != self.pixel_of_symbol)

    def first_pair(self, pairs: Tensor) -> tuple[int, int]:
        """The pair whose position is drawn first, and of those the one whose symbol is drawn nearest to it.

        Args:
            pairs: Booleans (P, E) of position and symbol, at least one True.
        """
        ahead = self.step_of_symbol[None] - self.step_of_position[:, None]
        rank = self.step_of_position[:, None] * 2 * ahead.numel() + ahead.abs()
        place = int(rank.masked_fill(~pairs, torch.iinfo(rank.dtype).max).argmin())
        return divmod(place, pairs.shape[1])

    def _turn(self, step: int) -> str:
        return f"{ordinal(step + 1)} of {len(self.step_of_position)}"


def sizes(shape: tuple[int | None, ...]) -> tuple[int, ...]:
    """A shape whose sizes are all settled."""
    return tuple(size for size in shape if size is not None)


def ordinal(number: int) -> str:
    """A number as it is counted.

    Example:
        >>> [ordinal(n) for n in (1, 2, 3, 4, 11, 12, 13, 21, 102)]
        ['1st', '2nd', '3rd', '4th', '11th', '12th', '13th', '21st', '102nd']
    """
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def _at(place: int, shape: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(int(index) for index in np.unravel_index(place, shape))
