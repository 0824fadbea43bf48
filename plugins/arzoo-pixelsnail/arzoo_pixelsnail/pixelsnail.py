"""PixelSNAIL: gated residual blocks of causal convolutions, by turns with attention over the whole past.

References:
    Chen, Mishra, Rohaninejad, Abbeel, "PixelSNAIL: An Improved Autoregressive Generative Model", 2018,
    arXiv:1712.09763: section 2 (causal convolutions and attention, the blocks, the orderings), section 3 (sizes). What
    the text leaves open is as in the authors' code, github.com/neocxi/pixelsnail-public.
    Salimans et al. 2017, "PixelCNN++": section 2.1 (mixture), 2.2 (whole pixels).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

import arzoo
from arzoo.errors import check_count
from arzoo.nn import (
    Condition,
    ContextEncoder,
    DownRightShiftedConv2d,
    VerticalConv2d,
    init_from_data,
    normalised,
    shifted_down,
    shifted_right,
    tapped,
    weight_normalised,
    with_ones,
)
from arzoo.orderings import Ordering, Raster, Zigzag
from arzoo_pixelsnail.blocks import (
    ACTIVATIONS,
    AttentionBlock,
    AttentionState,
    BlockSettings,
    BlockState,
    GatedBlock,
    Spot,
    spots,
)


@dataclass
class State:
    """What the network keeps between positions; the caller's.

    Attributes:
        image: The pixels so far, with their ones, zeros around them, (B, 1 + H, 1 + W + 1, C + 1).
        neighbours: Weight of the input layer, (4 * (C + 1), F).
        residual: States of the residual blocks, for each block of the network.
        attention: States of the attention blocks.
        output: Weight of the last layer, (F, num_params).
        condition: What the blocks are told.
    """

    image: Tensor
    neighbours: Tensor
    residual: list[list[BlockState]]
    attention: list[AttentionState]
    output: Tensor
    condition: Condition


class PixelSNAIL(nn.Module):
    """The network of figure 5, from whole pixels to the params of a mixture.

        image --> neighbours --> [ residual block x R --> attention block ] x M --> elu --> 1x1 --> params

    The first layer alone is blind to the position itself; it reads the four neighbours that are known in either
    ordering, from an image with a further channel of ones, by which a layer can tell the padding around it:

        x x x
        x o

    Args:
        ordering: Raster or zigzag, of whole pixels.
        num_levels: Number of levels of a value.
        num_params: Params a pixel, from the head.
        channels: F, feature maps.
        num_blocks: M.
        num_residual_blocks: R.
        key_channels: Length of keys and queries.
        value_channels: Length of values.
        activation: Of the gated blocks, "elu" or "concat_elu".
        dropout: Of the gated blocks.
        context: What the model is conditioned on, by name.
    """

    def __init__(
        self,
        ordering: Ordering,
        num_levels: int,
        num_params: int,
        channels: int,
        num_blocks: int,
        num_residual_blocks: int,
        key_channels: int,
        value_channels: int,
        activation: str,
        dropout: float,
        context: dict[str, arzoo.context.ContextSpec],
    ) -> None:
        super().__init__()
        colours, *self.size = ordering.event_shape
        self.num_levels = num_levels
        self.spots, self.diagonals = spots(ordering), isinstance(ordering, Zigzag)
        self.context = ContextEncoder(context, tuple(self.size))
        settings = BlockSettings(ACTIVATIONS[activation], dropout, self.context.size)
        self.above_input = weight_normalised(VerticalConv2d(colours + 1, channels, (1, 3)))
        self.left_input = weight_normalised(DownRightShiftedConv2d(colours + 1, channels, (2, 1)))
        self.residual = nn.ModuleList(
            nn.ModuleList(GatedBlock(channels, 2, settings) for _ in range(num_residual_blocks))
            for _ in range(num_blocks)
        )
        self.attention = nn.ModuleList(
            AttentionBlock(ordering, channels, key_channels, value_channels, settings) for _ in range(num_blocks)
        )
        self.output = weight_normalised(nn.Conv2d(channels, num_params, 1))

    def forward(self, x: Tensor, context: dict[str, Tensor] | None = None) -> Tensor:
        """Params (B, num_params, H, W) of levels (B, C, H, W)."""
        condition, image = self.context(context, self.output.bias.dtype), self.scaled(x)
        padded = with_ones(image)
        y = shifted_down(self.above_input(padded)) + shifted_right(self.left_input(padded))
        for residual, attention in zip(self.residual, self.attention, strict=True):
            for block in residual:
                y = block(y, condition)
            y = attention(y, image, condition)
        return self.output(F.elu(y))

    @property
    def num_features(self) -> int:
        """One for each attention block."""
        return len(self.attention)

    def features(self, x: Tensor, layers: Sequence[int], context: dict[str, Tensor] | None = None) -> list[Tensor]:
        """The feature maps after each of some attention blocks, normalised, (B, F, H, W)."""
        return [normalised(y) for y in tapped([self.attention[k] for k in layers], lambda: self(x, context))]

    def scaled(self, x: Tensor) -> Tensor:
        """Levels as the network's input: -1 for the lowest, 1 for the highest."""
        return x.to(self.output.bias.dtype) * (2 / (self.num_levels - 1)) - 1

    def init_from_data(self, x: Tensor, context: dict[str, Tensor] | None = None) -> None:
        """Set scales and biases so that the outputs of each layer are of one size on this batch."""
        init_from_data(self, lambda: self(x, context))

    def dependence(self, ordering: Ordering) -> Tensor:
        """Which symbols the params at each pixel depend on: attention shows it all strictly earlier ones."""
        return ordering.earlier()

    def init_state(self, batch: int, context: dict[str, Tensor] | None = None) -> State:
        """A state before the first position, for `batch` images.

        The weights are packed into it, so it must be made anew after they have changed.
        """
        height, width = self.size
        weight = self.output.weight.detach()[:, :, 0, 0].T.contiguous()
        return State(
            weight.new_zeros(batch, 1 + height, 1 + width + 1, self.above_input.weight.shape[1]),
            self.neighbour_weight(),
            [[block.state(batch, height, width, diagonals=self.diagonals) for block in row] for row in self.residual],
            [block.state(batch, diagonals=self.diagonals) for block in self.attention],
            weight,
            self.context(context, weight.dtype),
        )

    def neighbour_weight(self) -> Tensor:
        """The input layer as one product over the three pixels above and the one to the left, (4 * (C + 1), F).

        Each bias is the weight of a one that is there exactly where the shifted layer is not zero.
        """
        above, left = self.above_input.weight.detach(), self.left_input.weight.detach()
        taps = torch.cat([above[:, :, 0], left[:, :, 1]], 2)
        taps[:, :, 0] += left[:, :, 0, 0]
        taps[:, -1, 1] += self.above_input.bias.detach()
        taps[:, -1, 3] += self.left_input.bias.detach()
        return taps.permute(2, 1, 0).flatten(0, 1).contiguous()

    def step(self, state: State, previous: Tensor, position: int) -> Tensor:
        """Params at one position, from the pixels before it.

        Args:
            state: From `init_state`; updated in place.
            previous: Levels of the pixel before, (B, C); ignored at position 0.
            position: 0 ... H*W - 1; must rise by one from call to call.

        Returns:
            Params (B, num_params).
        """
        spot, last = self.spots[position], self.spots[position - 1]
        if position:
            self.take(state, last, previous)
        if not position or spot.front != last.front:
            self.begin(state, spot.front)
        return self.at(state, spot)

    def take(self, state: State, spot: Spot, levels: Tensor) -> None:
        """Note a pixel, (B, C): neighbours will read it, and attention remember it."""
        pixel = self.scaled(levels)
        state.image[:, 1 + spot.i, 1 + spot.j] = with_ones(pixel)
        for block, own in zip(self.attention, state.attention, strict=True):
            block.remember(own, spot, pixel)

    def begin(self, state: State, front: int) -> None:
        """Begin a front in every block."""
        condition = self.along(state.condition, front)
        for residual, states in zip(self.residual, state.residual, strict=True):
            for block, own in zip(residual, states, strict=True):
                block.begin(own, front, condition)
        for attention, own in zip(self.attention, state.attention, strict=True):
            attention.begin(own, front, condition)

    def along(self, condition: Condition, front: int) -> Condition:
        """What is told along a front, the map cut to (B, c, 1, places)."""
        if not self.diagonals or condition.map is None:
            return condition.row(front)
        height, width = self.size
        i = torch.arange(height, device=condition.map.device)
        j = (front - i).clamp(0, width - 1)  # outside the image, where nobody will look
        return Condition(condition.vector, condition.map[:, :, i, j].unsqueeze(2))

    def at(self, state: State, spot: Spot) -> Tensor:
        """Params (B, num_params) at a position."""
        window = state.image[:, spot.i : spot.i + 2, spot.j : spot.j + 3].flatten(1)
        x = window[:, : len(state.neighbours)] @ state.neighbours
        for k, (residual, attention) in enumerate(zip(self.residual, self.attention, strict=True)):
            for block, own in zip(residual, state.residual[k], strict=True):
                x = block.at(own, spot, x)
            x = attention.at(state.attention[k], spot, x)
        return torch.addmm(self.output.bias, F.elu(x), state.output)


def build(
    event_shape: tuple[int, ...] = (1, 28, 28),
    num_levels: int = 256,
    hidden_channels: int = 64,
    num_blocks: int = 8,
    num_residual_blocks: int = 2,
    key_channels: int = 16,
    value_channels: int = 32,
    num_mixtures: int = 10,
    activation: str = "elu",
    dropout: float = 0.0,
    ordering: Ordering | None = None,
    context: dict[str, arzoo.context.ContextSpec] | None = None,
) -> arzoo.AutoregressiveModel:
    """A PixelSNAIL with a mixture of discretized logistics for each pixel, or a distribution over its levels.

    Args:
        event_shape: (C, H, W).
        num_levels: Number of levels of a value, at least 2.
        hidden_channels: F, feature maps.
        num_blocks: Blocks of the network, each of residual blocks and attention, at least 1.
        num_residual_blocks: Residual blocks in each of them, at least 0.
        key_channels: Length of keys and queries.
        value_channels: Length of values.
        num_mixtures: Logistics in the mixture; 0 for a softmax over the levels, or a Bernoulli where there are two, for
            images of one channel.
        activation: "elu", or "concat_elu" as in PixelCNN++, which has twice the weights.
        dropout: Probability that a value inside a block is dropped in training, at least 0 and less than 1.
        ordering: Raster (left out) or zigzag, with channels_as_positions=False.
        context: Labels and latents that the model is conditioned on, by name.

    Returns:
        A model with fresh weights.

    Raises:
        ConfigError: If the ordering is another, a size is out of range, the levels of colours are to have a softmax, or
            a context is of another kind.
    """
    ordering = Raster(event_shape, channels_as_positions=False) if ordering is None else ordering
    check_ordering(ordering, event_shape)
    check_count("hidden_channels", hidden_channels)
    check_count("num_blocks", num_blocks)
    check_count("num_residual_blocks", num_residual_blocks, least=0)
    check_count("key_channels", key_channels)
    check_count("value_channels", value_channels)
    check_activation(activation)
    head = choose_head(num_levels, num_mixtures, event_shape[0])
    network = PixelSNAIL(
        ordering,
        num_levels,
        head.num_params,
        hidden_channels,
        num_blocks,
        num_residual_blocks,
        key_channels,
        value_channels,
        activation,
        dropout,
        context or {},
    )
    return arzoo.AutoregressiveModel(ordering, network, head, context=context)


def check_ordering(ordering: Ordering, event_shape: tuple[int, ...]) -> None:
    """Refuse an ordering in which a neighbour above or to the left may come later, or of other events."""
    if (
        not isinstance(ordering, Raster | Zigzag)
        or ordering.channels_as_positions
        or ordering.event_shape != event_shape
    ):
        raise arzoo.ConfigError(
            f"pixelsnail can follow raster and zigzag over whole pixels of its `event_shape` {event_shape}, got "
            f"{ordering!r}. Use arzoo.orderings.Zigzag({event_shape}, channels_as_positions=False)."
        )


def check_activation(activation: str) -> None:
    """Refuse an unknown activation."""
    if activation not in ACTIVATIONS:
        raise arzoo.ConfigError(f"`activation` must be one of {', '.join(ACTIVATIONS)}, got {activation!r}. Use 'elu'.")


def choose_head(num_levels: int, num_mixtures: int, num_channels: int) -> arzoo.heads.Head:
    """A mixture of discretized logistics over a pixel, or without mixtures a distribution over its one value's levels.

    Raises:
        ConfigError: If there is neither a mixture nor a single channel.
    """
    if num_mixtures == 0 and num_channels > 1:
        raise arzoo.ConfigError(
            f"num_mixtures=0, a softmax over the levels, is for images of one channel, got {num_channels} channels. "
            "Use num_mixtures=10."
        )
    return arzoo.heads.for_levels(num_levels, num_mixtures, num_channels)
