"""Gated PixelCNN: a vertical and a horizontal stack of gated convolutions, without a blind spot.

References:
    van den Oord, Kalchbrenner, Vinyals, Espeholt, Graves, Kavukcuoglu, "Conditional Image Generation with PixelCNN
    Decoders", 2016, arXiv:1606.05328: section 2.1 (gates), 2.2 and figure 2 (stacks), 2.3 (conditioning).
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

import arzoo
from arzoo.errors import check_count
from arzoo.nn import (
    CausalSequential,
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
    class_embedding,
    gated,
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


def conditioned(x: Tensor, layer: nn.Module | None, h: Tensor | None) -> Tensor:
    """Add V h of equation 3 to features (B, 2p, H, W) before their gate; without a condition stay as they are."""
    return x if layer is None or h is None else x + layer(h)[:, :, None, None]


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
        num_classes: Length of the one-hot h of equation 3; 0 for an unconditional layer.
        last: Whether no layer follows, so that nothing reads the vertical stack behind its gate.
    """

    def __init__(
        self,
        in_channels: int,
        channels: int,
        kernel_size: int,
        mask_type: MaskType,
        num_groups: int,
        num_classes: int,
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
        self.for_vertical = nn.Linear(num_classes, two, bias=False) if num_classes and not last else None
        self.for_horizontal = nn.Linear(num_classes, two, bias=False) if num_classes else None

    def forward(self, vertical: Tensor, horizontal: Tensor, h: Tensor | None) -> tuple[Tensor, Tensor, Tensor]:
        """Take both stacks through the layer.

        Args:
            vertical: (B, in, H, W); row i knows of the rows up to i.
            horizontal: (B, in, H, W).
            h: One-hot class (B, num_classes) or None.

        Returns:
            Vertical stack, horizontal stack, skip connection, each (B, p, H, W). The last layer leaves the vertical
            stack, which nothing reads, before its gate, (B, 2p, H, W).
        """
        tall = self.vertical(vertical)
        wide = add_shifted_down(self.horizontal(horizontal), self.link(tall))
        residual, skip = self.output(gated(conditioned(wide, self.for_horizontal, h))).chunk(2, dim=1)
        return self.gated_vertical(tall, h), self.add_residual(horizontal, residual), skip

    def gated_vertical(self, tall: Tensor, h: Tensor | None) -> Tensor:
        """The vertical stack behind its gate, which the last layer spares itself."""
        return tall if self.last else gated(conditioned(tall, self.for_vertical, h))

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

    def row(self, state: GatedState, i: int, row: Tensor, h: Tensor | None) -> Tensor:
        """The vertical stack at row `i`, now finished: (B, in, W) to (B, p, W)."""
        state.above = self.vertical.row(state.vertical, i, row)  # never None at stride 1
        return self.gated_vertical(state.above[:, :, None], h)[:, :, 0]

    def begin(self, state: GatedState, i: int, h: Tensor | None) -> None:
        """Begin row `i`: what the vertical stack tells of the row above is known to every position of the row."""
        known = conditioned(self.link(state.above[:, :, None]), self.for_horizontal, h)
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
        num_classes: Number of classes of the context "label"; 0 for an unconditional model.
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
        num_classes: int = 0,
    ) -> None:
        super().__init__(event_shape, num_levels)
        colours, p = self.event_shape[0], hidden_channels
        self.num_classes = num_classes
        self.input = GatedLayer(colours, p, input_kernel_size, "A", colours, num_classes, last=num_layers == 1)
        self.layers = nn.ModuleList(
            GatedLayer(p, p, kernel_size, "B", colours, num_classes, last=layer == num_layers)
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
        h, image = self.condition(context), self.scaled(x)
        vertical, horizontal, skips = self.input(image, image, h)
        for layer in self.layers:
            vertical, horizontal, skip = layer(vertical, horizontal, h)
            skips = skips + skip
        return as_params(self.output(skips), self.event_shape[0])

    def condition(self, context: dict[str, Tensor] | None) -> Tensor | None:
        """The one-hot h of equation 3, (B, num_classes)."""
        if not self.num_classes or context is None:
            return None
        return class_embedding(context["label"], self.num_classes, self.input.link.weight.dtype)

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
    context: dict[str, arzoo.context.Labels] | None = None,
) -> arzoo.AutoregressiveModel:
    """A Gated PixelCNN with a softmax over the levels, or a Bernoulli where there are two.

    Args:
        event_shape: (C, H, W).
        num_levels: Number of levels of a value, at least 2.
        hidden_channels: p, feature maps of each stack.
        num_layers: Number of gated layers, at least 1.
        kernel_size: n of the layers after the first, odd.
        input_kernel_size: n of the first layer, odd.
        output_channels: Width of the 1x1 convolution before the params.
        context: {"label": Labels(...)} for a class-conditional model.

    Returns:
        A model with fresh weights.

    Raises:
        ConfigError: If the context holds anything but a label, or a size is out of range.
    """
    if context and set(context) != {"label"}:
        raise arzoo.ConfigError(
            f"gatedpixelcnn takes the context 'label' alone, got {sorted(context)}. "
            "Use context={'label': arzoo.context.Labels(10)}."
        )
    check_count("num_layers", num_layers)
    ordering = arzoo.orderings.Raster(event_shape)
    head = arzoo.heads.for_levels(num_levels)
    num_classes = context["label"].num_classes if context else 0
    backbone = GatedPixelCNN(
        event_shape,
        num_levels,
        head.num_params,
        hidden_channels,
        num_layers,
        kernel_size,
        input_kernel_size,
        output_channels,
        num_classes,
    )
    return arzoo.AutoregressiveModel(ordering, backbone, head, context=context)
