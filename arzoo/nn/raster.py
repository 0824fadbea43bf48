"""What every backbone over a raster grid shares: the input scale, and the schedule of the incremental form."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from arzoo.errors import ConfigError, check_count
from arzoo.nn.embedding import LevelEmbedding


@dataclass
class RasterState:
    """What a raster backbone keeps between positions; the caller's.

    Attributes:
        image: The values so far as the network's input, (B, input_channels, H, W).
        places: The same by positions, (B, input channels of the position) each.
        layers: The states of the layers, as the backbone arranges them.
        condition: What the layers were given of the context, or None.
    """

    image: Tensor
    places: list[Tensor]
    layers: Any
    condition: Any = None


class RasterBackbone(nn.Module, ABC):
    """Template of a backbone that follows the raster ordering.

    Colours are positions, R then G then B, or the head owns the pixel; then a position is a whole pixel, and what is
    said below of a colour is said of all of them.

    A subclass gives `forward` and four small methods: `layer_state` (empty states), `take` (a value has become known),
    `begin_row` (all that follows from the rows above) and `at` (params at one position). The order of the calls is
    settled here.

    Args:
        event_shape: (C, H, W).
        num_levels: Number of levels of a value.
        channels_as_positions: Whether each colour is a position, or the head owns the pixel.
        embedding_channels: Length of a learned vector for each level, for levels without an order; 0 to scale them.

    Attributes:
        input_channels: Feature maps of the network's input.

    Raises:
        ConfigError: If the event is not an image.
    """

    def __init__(
        self,
        event_shape: tuple[int, ...],
        num_levels: int,
        *,
        channels_as_positions: bool = True,
        embedding_channels: int = 0,
    ) -> None:
        super().__init__()
        if len(event_shape) != 3:
            raise ConfigError(
                f"`event_shape` must be (C, H, W) for an image model, got {event_shape}. Use (1, 28, 28)."
            )
        self.event_shape: tuple[int, int, int] = tuple(event_shape)  # type: ignore[assignment]
        self.num_levels = num_levels
        self.channels_as_positions = channels_as_positions
        check_count("embedding_channels", embedding_channels, least=0)
        self.input_channels = self.event_shape[0] * max(1, embedding_channels)
        self.embedding = LevelEmbedding(event_shape[0], num_levels, embedding_channels) if embedding_channels else None

    def scaled(self, x: Tensor, dtype: torch.dtype | None = None) -> Tensor:
        """Levels as the network's input: -1 for the lowest, 1 for the highest; the padding around the image is 0."""
        return x.to(dtype or next(self.parameters()).dtype) * (2 / (self.num_levels - 1)) - 1

    def encoded(self, x: Tensor, first: int = 0, dtype: torch.dtype | None = None) -> Tensor:
        """Levels (B, k, ...) of the colours from `first` on as the network's input: scaled, or as learned vectors."""
        return self.scaled(x, dtype) if self.embedding is None else self.embedding(x, first)

    @abstractmethod
    def layer_state(self, batch: int) -> Any:
        """Empty states of the layers."""

    @abstractmethod
    def take(self, state: RasterState, j: int, value: Tensor, channel: int) -> None:
        """Note the encoded value (B, 1) of a colour at column `j` of the current row; (B, C) of a whole pixel."""

    @abstractmethod
    def begin_row(self, state: RasterState, i: int) -> None:
        """Work out all that is known of row `i` from the rows above it."""

    @abstractmethod
    def at(self, state: RasterState, i: int, j: int, channel: int) -> Tensor:
        """Params (B, num_params) of one colour at one pixel; of a whole pixel `channel` is 0."""

    def condition(self, context: dict[str, Tensor] | None) -> Any:
        """What the layers are given of the context; None where the backbone takes none."""
        return None

    def init_state(self, batch: int, context: dict[str, Tensor] | None = None) -> RasterState:
        """A state before the first position, for `batch` images.

        The weights are packed into it, so it must be made anew after they have changed.
        """
        (groups, *size) = self.event_shape if self.channels_as_positions else (1, *self.event_shape[1:])
        weight = next(self.parameters())
        pixels = weight.new_zeros(*size, batch, groups, self.input_channels // groups)
        image = pixels.flatten(3).permute(2, 3, 0, 1)
        places = [place for pixel in pixels.flatten(0, 1).unbind(0) for place in pixel.unbind(1)]
        return RasterState(image, places, self.layer_state(batch), self.condition(context))

    def step(self, state: RasterState, previous: Tensor, position: int) -> Tensor:
        """Params at one position, from the values before it.

        Args:
            state: From `init_state`; updated in place.
            previous: Levels at the position before, (B, 1), or (B, C) of a whole pixel; ignored at position 0.
            position: 0 ... C*H*W - 1, or H*W - 1 of whole pixels; must rise by one from call to call.

        Returns:
            Params (B, num_params).
        """
        if position:
            self._note(state, previous, position - 1)
        channel, i, j = self.locate(position)
        if channel == 0 and j == 0:
            self.begin_row(state, i)
        return self.at(state, i, j, channel)

    def locate(self, position: int) -> tuple[int, int, int]:
        """Colour, row and column of a position."""
        channels, _, width = self.event_shape
        pixel, channel = divmod(position, channels if self.channels_as_positions else 1)
        return channel, *divmod(pixel, width)

    def _note(self, state: RasterState, previous: Tensor, position: int) -> None:
        channel, _, j = self.locate(position)
        place = state.places[position]
        place.copy_(self.encoded(previous, channel, place.dtype).detach())
        self.take(state, j, place, channel)


def as_params(y: Tensor, num_channels: int) -> Tensor:
    """Arrange feature maps, grouped by colour, as params: (B, C * K, H, W) to (B, K, C, H, W)."""
    return y.unflatten(1, (num_channels, -1)).transpose(1, 2)
