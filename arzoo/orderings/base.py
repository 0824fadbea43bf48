"""What an ordering is: which symbols a position holds, and when each position comes."""

import dataclasses
import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass
from functools import cached_property
from typing import Any, ClassVar, Self

import numpy as np
import torch
from torch import Tensor

from arzoo.errors import ConfigError


@dataclass(frozen=True)
class Ordering(ABC):
    """The order in which a model writes an event, and what it writes at each step.

    A *place* is a pixel of an image or a moment of a sequence. Where colours are positions, each place holds C of them,
    in the order of the channels; where the head owns the pixel, a place is one position that draws C symbols. Tensors
    are on the CPU, made when they are first asked for and not to be written to.

    Args:
        event_shape: (C, H, W) of images, (T,) of sequences, (None,) of sequences whose length is free.
        channels_as_positions: Whether each colour is a position, or the head owns the pixel.

    Attributes:
        name: The id in the registry.

    Raises:
        ConfigError: The ordering is not for events of this shape.
    """

    name: ClassVar[str]
    ranks: ClassVar[tuple[int, ...]] = (3,)
    event_shape: tuple[int | None, ...]
    _: KW_ONLY
    channels_as_positions: bool = True

    def __post_init__(self) -> None:
        if isinstance(self.event_shape, Sequence):  # a list, as JSON has it, could not be hashed
            object.__setattr__(self, "event_shape", tuple(self.event_shape))
        if not self._fits(self.event_shape):
            raise ConfigError(f"`event_shape` of {self.name} must be {self._shapes()}, got {self.event_shape!r}.")

    @property
    def grid(self) -> tuple[int | None, ...]:
        """Shape of the positions: the event's own, or without the channels where the head owns the pixel."""
        return self.event_shape if self.channels_as_positions else self.event_shape[-2:]

    @property
    def num_positions(self) -> int:
        """Number of positions, P."""
        return math.prod(self._fixed(self.grid))

    @property
    def num_symbols(self) -> int:
        """Number of symbols drawn at one position, S: 1, or C where the head owns the pixel."""
        return 1 if self.channels_as_positions else self._num_channels

    @cached_property
    def permutation(self) -> Tensor:
        """Flat index in the grid of the k-th position, (P,) int64."""
        return _tensor(self._colours_of_places().reshape(-1) if self.channels_as_positions else self._path())

    @cached_property
    def coordinates(self) -> Tensor:
        """Coordinates in the grid of the k-th position, (P, len(grid)) int64."""
        return _tensor(np.stack(np.unravel_index(self.permutation.numpy(), self._fixed(self.grid)), -1))

    @cached_property
    def symbols(self) -> Tensor:
        """Flat indices in the event of the symbols drawn at the k-th position, in their order, (P, S) int64."""
        return _tensor(self._colours_of_places().reshape(self.num_positions, self.num_symbols))

    def earlier(self) -> Tensor:
        """Return which symbols are drawn at strictly earlier positions.

        Returns:
            (P, E) bool; row: flat index in the grid (not the step), column: flat index in the event.

        Example:
            >>> from arzoo.orderings import Snake
            >>> Snake((1, 2, 2)).earlier().int()  # drawn in the order 0 1 3 2
            tensor([[0, 0, 0, 0],
                    [1, 0, 0, 0],
                    [1, 1, 0, 1],
                    [1, 1, 0, 0]], dtype=torch.int32)
        """
        steps = torch.arange(self.num_positions, device="cpu")
        step_of_position = torch.empty_like(steps).scatter(0, self.permutation, steps)
        drawn_at = steps.repeat_interleave(self.num_symbols)
        step_of_symbol = torch.empty_like(drawn_at).scatter(0, self.symbols.flatten(), drawn_at)
        return step_of_symbol < step_of_position[:, None]

    def with_length(self, length: int) -> Self:
        """Return this ordering for sequences of another length.

        Raises:
            ConfigError: It is an ordering of images, or `length` is less than 1.
        """
        if len(self.event_shape) != 1:
            raise ConfigError(f"Only an ordering of sequences has a length, got {length} for {self}.")
        return dataclasses.replace(self, event_shape=(length,))

    def to_config(self) -> dict[str, Any]:
        """Return the JSON-able form that `ordering_from_config` reads."""
        return {"name": self.name, **dataclasses.asdict(self), "event_shape": list(self.event_shape)}

    @abstractmethod
    def _path(self) -> np.ndarray:
        """Return the places in the order they are visited, as flat indices."""

    def _places(self) -> np.ndarray:
        """Flat indices of the places as they lie, (H, W) or (T,)."""
        shape = self._fixed(self.event_shape[-2:])
        return np.arange(math.prod(shape)).reshape(shape)

    @property
    def _num_channels(self) -> int:
        return self._fixed(self.event_shape)[0] if len(self.event_shape) == 3 else 1

    def _colours_of_places(self) -> np.ndarray:
        """Flat indices in the event, (places in the order they are visited, C)."""
        return self._path()[:, None] + np.arange(self._num_channels) * self._places().size

    def _fixed(self, shape: tuple[int | None, ...]) -> tuple[int, ...]:
        if None in shape:
            raise ConfigError(
                f"{self} needs a length before it has positions, got {shape}. Use ordering.with_length(T)."
            )
        return tuple(size for size in shape if size is not None)

    def _fits(self, shape: Any) -> bool:
        free = shape == (None,) and self.ranks == (1,)
        sized = isinstance(shape, tuple) and all(isinstance(size, int) and size > 0 for size in shape)
        return free or (sized and len(shape) in self.ranks)

    def _shapes(self) -> str:
        return " or ".join({1: "(T,)", 3: "(C, H, W)"}[rank] for rank in self.ranks) + ", sizes at least 1"


def _tensor(indices: np.ndarray) -> Tensor:
    with torch.inference_mode(False):  # made while sampling, it would be refused by autograd ever after
        return torch.from_numpy(np.ascontiguousarray(indices, dtype=np.int64))
