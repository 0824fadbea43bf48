"""Gated PixelCNN: a vertical and a horizontal stack of gated convolutions, without a blind spot.

References:
    van den Oord, Kalchbrenner, Vinyals, Espeholt, Graves, Kavukcuoglu, "Conditional Image Generation with PixelCNN
    Decoders", 2016, arXiv:1606.05328: section 2.1 (gates), 2.2 and figure 2 (stacks), 2.3 (conditioning).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

import arzoo
from arzoo.errors import check_count
from arzoo.nn import (
    CausalSequential,
    Condition,
    ConditionBias,
    ConditionSize,
    ContextEncoder,
    MaskedConv2d,
    MaskType,
    RasterBackbone,
    RasterState,
    RowsState,
    VerticalConv2d,
    WindowState,
    above_dependence,
    add_shifted_down,
    as_params,
    gated,
    normalised,
    tapped,
    through,
)


@dataclass
class GatedState:
    """What a gated layer keeps between positions.

    Attributes:
        vertical: Rows that the vertical convolution reaches.
        above: The vertical stack before its gate, at the row above, (B, 2p, W).
        horizontal: State of the horizontal convolution.
        output: State of the 1x1 convolution behind the gate.
    """

    vertical: RowsState
    above: Tensor
    horizontal: WindowState
    output: WindowState


class GatedLayer(nn.Module):
    """One layer of figure 2, with a skip connection from the gate beside the residual one.

        vertical ----> n x n ----+------> gate --> vertical
                                 |
                            shift down
                                 |
                                1x1
                                 |
        horizontal --> 1 x n --> + ------> gate --> 1x1 --+--> skip
            |                                             |
            +------------------------------------------- (+) --> horizontal

    Args:
        in_channels: Feature maps of both stacks before the layer.
        channels: p, the feature maps of both stacks after it.
        kernel_size: n, odd.
        mask_type: Of the horizontal convolution. "A" (the first layer) leaves out the residual connection, which would
            show the position.
        num_groups: Number of colours.
        told: Size of the condition, h of equation 4 and s of equation 5.
        last: Whether no layer follows, so that nothing reads the vertical stack behind its gate.
    """

    def __init__(
        self,
        in_channels: int,
        channels: int,
        kernel_size: int,
        mask_type: MaskType,
        num_groups: int,
        told: ConditionSize,
        *,
        last: bool = False,
    ) -> None:
        super().__init__()
        two, width = 2 * channels, (1, kernel_size)
        self.mask_type, self.channels, self.last = mask_type, channels, last
        self.vertical = VerticalConv2d(in_channels, two, kernel_size)
        # Without a bias, so that the first row, which has nothing above it, is told zero.
        self.link = nn.Conv2d(two, two, 1, bias=False)
        self.horizontal = MaskedConv2d(in_channels, two, width, mask_type, num_groups=num_groups, num_parts=2)
        self.output = MaskedConv2d(channels, two, 1, "B", num_groups=num_groups, num_parts=2)
        self.for_vertical = ConditionBias(ConditionSize() if last else told, two)
        self.for_horizontal = ConditionBias(told, two)

    def forward(self, vertical: Tensor, horizontal: Tensor, told: Condition) -> tuple[Tensor, Tensor, Tensor]:
        """Take both stacks through the layer.

        Args:
            vertical: (B, in, H, W); row i knows of the rows up to i.
            horizontal: (B, in, H, W).
            told: What the context says.

        Returns:
            Vertical stack, horizontal stack, skip connection, each (B, p, H, W). The last layer leaves the vertical
            stack, which nothing reads, before its gate, (B, 2p, H, W).
        """
        tall = self.vertical(vertical)
        wide = add_shifted_down(self.horizontal(horizontal), self.link(tall))
        residual, skip = self.output(gated(self.for_horizontal(wide, told))).chunk(2, dim=1)
        return self.gated_vertical(tall, told), self.add_residual(horizontal, residual), skip

    def gated_vertical(self, tall: Tensor, told: Condition) -> Tensor:
        """The vertical stack behind its gate, which the last layer spares itself."""
        return tall if self.last else gated(self.for_vertical(tall, told))

    def add_residual(self, before: Tensor, residual: Tensor) -> Tensor:
        """The horizontal stack after the layer."""
        return residual if self.mask_type == "A" else before + residual

    def dependence(self, vertical: Tensor, horizontal: Tensor, grid: tuple[int, int, int]) -> tuple[Tensor, Tensor]:
        """Which symbols both stacks depend on after the layer, booleans (C*H*W, C*H*W), given the same before it."""
        tall = through(self.vertical.dependence(grid), vertical)
        wide = through(self.horizontal.dependence(grid), horizontal) | through(above_dependence(grid), tall)
        wide = through(self.output.dependence(grid), wide)
        return tall, wide if self.mask_type == "A" else wide | horizontal

    def state(self, batch: int, height: int, width: int) -> GatedState:
        """An empty state."""
        above = self.link.weight.new_zeros(batch, 2 * self.channels, width)
        convolutions = (layer.state(batch, height, width) for layer in (self.horizontal, self.output))
        return GatedState(self.vertical.state(batch, height, width), above, *convolutions)

    def row(self, state: GatedState, i: int, row: Tensor, told: Condition) -> Tensor:
        """The vertical stack at row `i`, now finished and told of its context: (B, in, W) to (B, p, W)."""
        state.above = self.vertical.row(state.vertical, i, row)  # never None at stride 1
        return self.gated_vertical(state.above[:, :, None], told.row(i))[:, :, 0]

    def begin(self, state: GatedState, i: int, told: Condition) -> None:
        """Begin row `i`: what the vertical stack tells of the row above, and the context of the row, is now known."""
        known = self.for_horizontal(self.link(state.above[:, :, None]), told.row(i))
        self.horizontal.begin(state.horizontal, i, known[:, :, 0])

    def at(self, state: GatedState, i: int, j: int, x: Tensor | None, group: int) -> tuple[Tensor, Tensor]:
        """The horizontal stack and the skip connection at a position, each (B, p of the group)."""
        if x is not None:
            self.horizontal.write(state.horizontal, j, x, group)
        gate = gated(self.horizontal.read(state.horizontal, j, group))
        residual, skip = self.output.at(state.output, i, j, gate, group).chunk(2, dim=1)
        return residual if x is None else x + residual, skip


class GatedPixelCNN(RasterBackbone):
    """Gated layers of type "A", "B", "B" ..., their skip connections summed, and two 1x1 convolutions.

    Args:
        event_shape: (C, H, W).
        num_levels: Number of levels of a value.
        num_params: Params a position, from the head.
        hidden_channels: p, feature maps of each stack.
        num_layers: Number of gated layers, the first included.
        kernel_size: n of the layers after the first.
        input_kernel_size: n of the first layer.
        output_channels: Width of the 1x1 convolution before the params.
        context: Labels and latents by name; none for an unconditional model.
        map_channels: Feature maps of s for each latent that is a map.
        embedding_channels: Length of a learned vector for each level; 0 to scale the levels.
    """

    def __init__(
        self,
        event_shape: tuple[int, ...],
        num_levels: int,
        num_params: int,
        hidden_channels: int,
        num_layers: int,
        kernel_size: int,
        input_kernel_size: int,
        output_channels: int,
        context: Mapping[str, arzoo.context.ContextSpec],
        map_channels: int,
        embedding_channels: int,
    ) -> None:
        super().__init__(event_shape, num_levels, embedding_channels=embedding_channels)
        colours, p = self.event_shape[0], hidden_channels
        self.encoder = ContextEncoder(context, self.event_shape[1:], map_channels)
        told, first = self.encoder.size, self.input_channels
        self.input = GatedLayer(first, p, input_kernel_size, "A", colours, told, last=num_layers == 1)
        self.layers = nn.ModuleList(
            GatedLayer(p, p, kernel_size, "B", colours, told, last=layer == num_layers)
            for layer in range(2, num_layers + 1)
        )
        self.output = CausalSequential(
            nn.ReLU(),
            MaskedConv2d(p, output_channels, 1, "B", num_groups=colours),
            nn.ReLU(),
            MaskedConv2d(output_channels, colours * num_params, 1, "B", num_groups=colours),
        )

    def forward(self, x: Tensor, context: dict[str, Tensor] | None = None) -> Tensor:
        """Params (B, num_params, C, H, W) of levels (B, C, H, W)."""
        told, image = self.condition(context), self.encoded(x)
        vertical, horizontal, skips = self.input(image, image, told)
        for layer in self.layers:
            vertical, horizontal, skip = layer(vertical, horizontal, told)
            skips = skips + skip
        return as_params(self.output(skips), self.event_shape[0])

    @property
    def num_features(self) -> int:
        """One for each gated layer."""
        return 1 + len(self.layers)

    def features(self, x: Tensor, layers: Sequence[int], context: dict[str, Tensor] | None = None) -> list[Tensor]:
        """The horizontal stack after each of some layers, normalised, (B, p, H, W)."""
        chosen = [[self.input, *self.layers][layer] for layer in layers]
        return [normalised(horizontal) for _, horizontal, _ in tapped(chosen, lambda: self(x, context))]

    def condition(self, context: dict[str, Tensor] | None) -> Condition:
        """The h and s of section 2.3, which each layer weights for itself."""
        return self.encoder(context, self.input.link.weight.dtype)

    def dependence(self, ordering: arzoo.orderings.Ordering) -> Tensor:
        """Which symbols the params at each position depend on: no blind spot; with layers enough, all earlier ones."""
        grid = self.event_shape
        start = torch.eye(grid[0] * grid[1] * grid[2], dtype=torch.bool)
        vertical, horizontal = self.input.dependence(start, start, grid)
        skips = horizontal
        for layer in self.layers:
            vertical, horizontal = layer.dependence(vertical, horizontal, grid)
            skips = skips | horizontal
        return through(self.output.dependence(grid), skips)

    def layer_state(self, batch: int) -> list[GatedState]:
        """Empty states of the gated layers and of the output."""
        return [layer.state(batch, *self.event_shape[1:]) for layer in (self.input, *self.layers, self.output)]

    def take(self, state: RasterState, j: int, value: Tensor, channel: int) -> None:
        """Write a value into the row of the first horizontal convolution."""
        self.input.horizontal.write(state.layers[0].horizontal, j, value, channel)

    def begin_row(self, state: RasterState, i: int) -> None:
        """Take the vertical stack through the row above, and add up what it tells every horizontal convolution."""
        layers = [self.input, *self.layers]
        row = state.image[:, :, i - 1]
        for layer, own in zip(layers, state.layers, strict=False):
            if i:
                row = layer.row(own, i - 1, row, state.condition)
            layer.begin(own, i, state.condition)

    def at(self, state: RasterState, i: int, j: int, channel: int) -> Tensor:
        """Params (B, num_params) of one colour at one pixel."""
        x, skips = self.input.at(state.layers[0], i, j, None, channel)
        for layer, own in zip(self.layers, state.layers[1:], strict=False):
            x, skip = layer.at(own, i, j, x, channel)
            skips = skips + skip
        return self.output.at(state.layers[-1], i, j, skips, channel)


def build(
    event_shape: tuple[int, ...] = (1, 28, 28),
    num_levels: int = 256,
    hidden_channels: int = 64,
    num_layers: int = 8,
    kernel_size: int = 3,
    input_kernel_size: int = 7,
    output_channels: int = 64,
    context: Mapping[str, arzoo.context.ContextSpec] | None = None,
    map_channels: int = 32,
    embedding_channels: int = 0,
    num_mixtures: int = 0,
) -> arzoo.AutoregressiveModel:
    """A Gated PixelCNN with a softmax over the levels, a Bernoulli where there are two, or a mixture of logistics.

    Args:
        event_shape: (C, H, W).
        num_levels: Number of levels of a value, at least 2.
        hidden_channels: p, feature maps of each stack.
        num_layers: Number of gated layers, at least 1.
        kernel_size: n of the layers after the first, odd.
        input_kernel_size: n of the first layer, odd.
        output_channels: Width of the 1x1 convolution before the params.
        context: Any number of labels and latents by name. Labels and latents of shape (D,) say the same to every
            position, latents of shape (c, h, w) something different to each.
        map_channels: Feature maps to which the transposed convolutions bring each latent of shape (c, h, w).
        embedding_channels: Length of a learned vector for each level, for codes and other levels without an order; 0 to
            scale the levels to [-1, 1].
        num_mixtures: Logistics in a mixture in place of the papers' softmax, a position still being one colour: a tenth
            of the params, and from the first step neighbouring levels are neighbours; 0 for the softmax.

    Returns:
        A model with fresh weights.

    Raises:
        ConfigError: If a context is of another kind or cannot be brought to the image's size, or a size is out of
            range.
    """
    check_count("num_layers", num_layers)
    check_count("map_channels", map_channels)
    ordering = arzoo.orderings.Raster(event_shape)
    head = arzoo.heads.for_levels(num_levels, num_mixtures)
    backbone = GatedPixelCNN(
        event_shape,
        num_levels,
        head.num_params,
        hidden_channels,
        num_layers,
        kernel_size,
        input_kernel_size,
        output_channels,
        context or {},
        map_channels,
        embedding_channels,
    )
    return arzoo.AutoregressiveModel(ordering, backbone, head, context=context)
