"""PixelCNN++: a U-shaped network of two streams of gated residual blocks, under a mixture of discretized logistics.

References:
    Salimans, Karpathy, Chen, Kingma, "PixelCNN++: Improving the PixelCNN with Discretized Logistic Mixture Likelihood
    and Other Modifications", 2017, arXiv:1701.05517: section 2.1 and equation 2 (mixture), 2.2 and equation 3 (whole
    pixels), 2.3 (strides), 2.4 and figure 2 (short-cuts), 2.5 (dropout).
"""

from dataclasses import dataclass
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

import arzoo
from arzoo.errors import check_count
from arzoo.nn import (
    Condition,
    ConditionBias,
    ConditionSize,
    ContextEncoder,
    CornerState,
    DownRightShiftedConv2d,
    DownRightShiftedConvTranspose2d,
    Dropout,
    RasterBackbone,
    RasterState,
    RowsState,
    SpreadState,
    VerticalConv2d,
    VerticalConvTranspose2d,
    above_dependence,
    concat_elu,
    init_from_data,
    left_dependence,
    shifted_down,
    shifted_right,
    through,
    weight_normalised,
    with_ones,
)

OUTPUT_SCALE = 0.1  # so that a fresh residual block changes little


class Features(NamedTuple):
    """Feature maps, and what the layers that read them want of them, worked out once for all of them.

    Attributes:
        x: (B, F, ...).
        active: concat_elu(x), (B, 2F, ...).
    """

    x: Tensor
    active: Tensor

    @classmethod
    def of(cls, x: Tensor) -> "Features":
        """Feature maps with their activation."""
        return cls(x, concat_elu(x))


class Streams(NamedTuple):
    """The two streams: the vertical one knows the rows above, the horizontal one also the pixels to the left.

    Attributes:
        vertical: Features, or in `dependence` booleans (pixels of the scale, pixels of the image).
        horizontal: The same.
    """

    vertical: Features
    horizontal: Features


@dataclass
class VerticalState:
    """What a vertical block keeps between rows.

    Attributes:
        input: State of the first convolution.
        output: State of the second.
        shortcut: Weight of the short-cut, (F, 2F), or None.
    """

    input: RowsState
    output: RowsState
    shortcut: Tensor | None


@dataclass
class HorizontalState:
    """What a horizontal block keeps between positions.

    Attributes:
        input: State of the first convolution.
        output: State of the second.
        from_vertical: The part of the short-cut's weight that reads the vertical stream, (F, 2F).
        from_horizontal: The part that reads the horizontal stream of the way up, (2F, F); (0, F) where there is none.
    """

    input: CornerState
    output: CornerState
    from_vertical: Tensor
    from_horizontal: Tensor


class GatedBlock(nn.Module):
    """Gated residual block: x + a * sigmoid(b), where a and b are the halves of what two convolutions make of x.

        x --> elu --> input --> + --> elu --> dropout --> output --> + --> a * sigmoid(b) --> + --> x
        |                       |                                    |                        |
        |                 shortcut(elu)                          condition                    |
        +-------------------------------------------------------------------------------------+

    Every elu is a concatenated one. The short-cut is a 1x1 convolution of other streams at the same place: for a
    horizontal block the vertical stream, and on the way down what stood at the same place on the way up (figure 2).

    Args:
        input: Convolution from 2F to F feature maps.
        output: Convolution from 2F to 2F.
        num_shortcuts: Streams that the short-cut reads.
        told: Sizes of the condition.
        dropout: Probability that a value between the convolutions is dropped.
    """

    def __init__(
        self, input: nn.Module, output: nn.Module, num_shortcuts: int, told: ConditionSize, dropout: float
    ) -> None:
        super().__init__()
        self.input = weight_normalised(input)
        self.output = weight_normalised(output, init_scale=OUTPUT_SCALE)
        filters, two = len(self.input.bias), len(self.output.bias)
        self.shortcut = weight_normalised(nn.Conv2d(two * num_shortcuts, filters, 1)) if num_shortcuts else None
        self.told = ConditionBias(told, two)
        self.dropout = Dropout(dropout)

    def forward(self, stream: Features, others: tuple[Features, ...], condition: Condition) -> Features:
        """Take a stream (B, F, H, W) through the block, given the streams that its short-cut reads."""
        y = self.input(stream.active)
        if self.shortcut is not None:
            y = y + self.shortcut(torch.cat([other.active for other in others], 1))
        y = self.output(self.dropout(concat_elu(y)))
        return self.added(stream, self.told(y, condition))

    def added(self, stream: Features, y: Tensor) -> Features:
        """The stream after the block: gate (B, 2F, ...) and add."""
        return Features.of(stream.x + F.glu(y, 1))

    def dependence(self, stream: Tensor, others: tuple[Tensor, ...], grid: tuple[int, int, int]) -> Tensor:
        """Which pixels the stream depends on after the block, booleans, given the same of what it reads."""
        seen = through(self.input.dependence(grid), stream)
        for other in others:
            seen = seen | other
        return stream | through(self.output.dependence(grid), seen)


class VerticalBlock(GatedBlock):
    """A gated block of the vertical stream: 2x3 convolutions, in the incremental form a row at a time."""

    def __init__(self, filters: int, num_shortcuts: int, told: ConditionSize, dropout: float) -> None:
        two = 2 * filters
        layers = VerticalConv2d(two, filters, 3), VerticalConv2d(two, two, 3)
        super().__init__(*layers, num_shortcuts, told, dropout)

    def state(self, batch: int, height: int, width: int) -> VerticalState:
        """An empty state."""
        layers = (layer.state(batch, height, width) for layer in (self.input, self.output))
        return VerticalState(*layers, None if self.shortcut is None else self.shortcut.weight.detach()[:, :, 0, 0])

    def row(
        self, state: VerticalState, i: int, stream: Features, others: tuple[Features, ...], condition: Condition
    ) -> Features:
        """Take row `i` of the stream, (B, F, W), through the block."""
        y = self.input.row(state.input, i, stream.active)
        for other in others:
            y = y + state.shortcut @ other.active + self.shortcut.bias[:, None]
        y = self.output.row(state.output, i, concat_elu(y))
        return self.added(stream, self.told(y[:, :, None], condition.row(i))[:, :, 0])


class HorizontalBlock(GatedBlock):
    """A gated block of the horizontal stream: 2x2 convolutions, in the incremental form a pixel at a time."""

    def __init__(self, filters: int, num_shortcuts: int, told: ConditionSize, dropout: float) -> None:
        two = 2 * filters
        layers = DownRightShiftedConv2d(two, filters), DownRightShiftedConv2d(two, two)
        super().__init__(*layers, num_shortcuts, told, dropout)

    def state(self, batch: int, height: int, width: int) -> HorizontalState:
        """An empty state."""
        layers = (layer.state(batch, height, width) for layer in (self.input, self.output))
        weight = self.shortcut.weight.detach()[:, :, 0, 0]
        two = 2 * len(weight)
        return HorizontalState(*layers, weight[:, :two].contiguous(), weight[:, two:].T.contiguous())

    def begin(self, state: HorizontalState, i: int, vertical: Features, condition: Condition) -> None:
        """Begin row `i`: the taps above, what the vertical stream says along the row, (B, F, W), and the condition."""
        self.input.begin(state.input, i, state.from_vertical @ vertical.active + self.shortcut.bias[:, None])
        told = self.told.bias(condition.row(i))
        self.output.begin(state.output, i, None if told is None else told[:, :, 0])

    def at(self, state: HorizontalState, i: int, j: int, stream: Features, other: Features | None) -> Features:
        """Take the stream at a pixel, (B, F), through the block; `other` stood there on the way up."""
        y = self.input.at(state.input, i, j, stream.active)
        if other is not None:
            y = torch.addmm(y, other.active, state.from_horizontal)
        return self.added(stream, self.output.at(state.output, i, j, concat_elu(y)))


class Resampling(nn.Module):
    """The way to a scale of half the height and width and back, for both streams (section 2.3).

    Args:
        filters: F.
    """

    def __init__(self, filters: int) -> None:
        super().__init__()
        self.vertical_down = weight_normalised(VerticalConv2d(filters, filters, 3, stride=2))
        self.horizontal_down = weight_normalised(DownRightShiftedConv2d(filters, filters, stride=2))
        self.vertical_up = weight_normalised(VerticalConvTranspose2d(filters, filters), dim=1)
        self.horizontal_up = weight_normalised(DownRightShiftedConvTranspose2d(filters, filters), dim=1)

    def down(self, streams: Streams) -> Streams:
        """Both streams at half the height and width."""
        vertical, horizontal = self.vertical_down(streams.vertical.x), self.horizontal_down(streams.horizontal.x)
        return Streams(Features.of(vertical), Features.of(horizontal))

    def up(self, streams: Streams) -> Streams:
        """Both streams at twice the height and width."""
        vertical, horizontal = self.vertical_up(streams.vertical.x), self.horizontal_up(streams.horizontal.x)
        return Streams(Features.of(vertical), Features.of(horizontal))

    def state(self, batch: int, height: int, width: int) -> "ResamplingState":
        """An empty state, for streams of `height` x `width` before they are halved."""
        half = batch, height // 2, width // 2
        return ResamplingState(
            self.vertical_down.state(batch, height, width),
            self.horizontal_down.state(batch, height, width),
            self.vertical_up.state(*half),
            self.horizontal_up.state(*half),
        )


@dataclass
class ResamplingState:
    """States of the four layers of `Resampling`, by their names."""

    vertical_down: RowsState
    horizontal_down: CornerState
    vertical_up: RowsState
    horizontal_up: SpreadState


@dataclass
class ScaleState:
    """What a scale keeps: the states of its blocks, of the way to the scale inside, and of that scale."""

    up_vertical: list[VerticalState]
    up_horizontal: list[HorizontalState]
    down_vertical: list[VerticalState]
    down_horizontal: list[HorizontalState]
    resampling: ResamplingState | None
    inner: "ScaleState | None"


class Scale(nn.Module):
    """The network at one resolution, with the network at half of it inside (figure 2).

        up 1 --> up 2 --> ... --> up n                      down 1 --> ... --> down n + 1
          |        |                |--> half the scale -->|    |                  |
          |        |                +--------- short-cut -------+                  |
          +----------------------------------- short-cut --------------------------+   (last: what came in)

    The innermost scale has no further scale inside and one block less on the way down.

    Args:
        filters: F.
        num_blocks: Blocks on the way up, n.
        num_scales: This scale and those inside it.
        told: Sizes of the condition.
        dropout: Of every block.
    """

    def __init__(self, filters: int, num_blocks: int, num_scales: int, told: ConditionSize, dropout: float) -> None:
        super().__init__()
        outer = num_scales > 1
        up, down = range(num_blocks), range(num_blocks + outer)
        self.up_vertical = nn.ModuleList(VerticalBlock(filters, 0, told, dropout) for _ in up)
        self.up_horizontal = nn.ModuleList(HorizontalBlock(filters, 1, told, dropout) for _ in up)
        self.down_vertical = nn.ModuleList(VerticalBlock(filters, 1, told, dropout) for _ in down)
        self.down_horizontal = nn.ModuleList(HorizontalBlock(filters, 2, told, dropout) for _ in down)
        self.resampling = Resampling(filters) if outer else None
        self.inner = Scale(filters, num_blocks, num_scales - 1, told, dropout) if outer else None

    def forward(self, streams: Streams, conditions: list[Condition]) -> Streams:
        """Take both streams, (B, F, H, W), through this scale and those inside it, each with its own condition."""
        passed = [streams]
        for above, beside in zip(self.up_vertical, self.up_horizontal, strict=True):
            vertical = above(passed[-1].vertical, (), conditions[0])
            passed.append(Streams(vertical, beside(passed[-1].horizontal, (vertical,), conditions[0])))
        streams = passed.pop() if self.inner is None else self.inside(passed[-1], conditions[1:])
        for above, beside in zip(self.down_vertical, self.down_horizontal, strict=True):
            on_the_way_up = passed.pop()
            vertical = above(streams.vertical, (on_the_way_up.vertical,), conditions[0])
            others = (vertical, on_the_way_up.horizontal)
            streams = Streams(vertical, beside(streams.horizontal, others, conditions[0]))
        return streams

    def inside(self, streams: Streams, conditions: list[Condition]) -> Streams:
        """Both streams through the scales inside this one."""
        return self.resampling.up(self.inner(self.resampling.down(streams), conditions))  # type: ignore[misc, union-attr]

    def dependence(self, vertical: Tensor, horizontal: Tensor, grid: tuple[int, int, int]) -> tuple[Tensor, Tensor]:
        """Which pixels of the image both streams depend on, booleans (pixels of the scale, pixels of the image)."""
        passed = [(vertical, horizontal)]
        for above, beside in zip(self.up_vertical, self.up_horizontal, strict=True):
            vertical = above.dependence(vertical, (), grid)
            horizontal = beside.dependence(horizontal, (vertical,), grid)
            passed.append((vertical, horizontal))
        vertical, horizontal = passed.pop() if self.inner is None else self.dependence_inside(*passed[-1], grid)
        for above, beside in zip(self.down_vertical, self.down_horizontal, strict=True):
            up_vertical, up_horizontal = passed.pop()
            vertical = above.dependence(vertical, (up_vertical,), grid)
            horizontal = beside.dependence(horizontal, (vertical, up_horizontal), grid)
        return vertical, horizontal

    def dependence_inside(
        self, vertical: Tensor, horizontal: Tensor, grid: tuple[int, int, int]
    ) -> tuple[Tensor, Tensor]:
        """The same of both streams through the scales inside this one."""
        half, way = (1, grid[1] // 2, grid[2] // 2), self.resampling
        vertical = through(way.vertical_down.dependence(grid), vertical)
        horizontal = through(way.horizontal_down.dependence(grid), horizontal)
        vertical, horizontal = self.inner.dependence(vertical, horizontal, half)
        return through(way.vertical_up.dependence(half), vertical), through(
            way.horizontal_up.dependence(half), horizontal
        )

    def state(self, batch: int, height: int, width: int) -> ScaleState:
        """Empty states of this scale and those inside it."""
        size = batch, height, width
        blocks = (
            [block.state(*size) for block in group]
            for group in (self.up_vertical, self.up_horizontal, self.down_vertical, self.down_horizontal)
        )
        if self.inner is None:
            return ScaleState(*blocks, None, None)
        return ScaleState(*blocks, self.resampling.state(*size), self.inner.state(batch, height // 2, width // 2))

    def begin(self, state: ScaleState, i: int, vertical: Features, conditions: list[Condition]) -> Features:
        """Begin row `i`: take the vertical stream along it, (B, F, W), all the way, and tell the horizontal blocks."""
        passed = [vertical]
        for k, (above, beside) in enumerate(zip(self.up_vertical, self.up_horizontal, strict=True)):
            passed.append(above.row(state.up_vertical[k], i, passed[-1], (), conditions[0]))
            beside.begin(state.up_horizontal[k], i, passed[-1], conditions[0])
        vertical = passed.pop() if self.inner is None else self.begin_inside(state, i, passed[-1], conditions[1:])
        for k, (above, beside) in enumerate(zip(self.down_vertical, self.down_horizontal, strict=True)):
            vertical = above.row(state.down_vertical[k], i, vertical, (passed.pop(),), conditions[0])
            beside.begin(state.down_horizontal[k], i, vertical, conditions[0])
        return vertical

    def begin_inside(self, state: ScaleState, i: int, vertical: Features, conditions: list[Condition]) -> Features:
        """Begin a row of the scales inside, where one is due, and bring the vertical stream back from there."""
        own, way = state.resampling, self.resampling
        way.horizontal_down.begin(own.horizontal_down, i)
        row = way.vertical_down.row(own.vertical_down, i, vertical.x)
        if row is not None:
            row = self.inner.begin(state.inner, i // 2, Features.of(row), conditions).x
        return Features.of(way.vertical_up.row(own.vertical_up, i, row))

    def at(self, state: ScaleState, i: int, j: int, x: Features) -> Features:
        """Take the horizontal stream at a pixel, (B, F), all the way."""
        passed = [x]
        for block, own in zip(self.up_horizontal, state.up_horizontal, strict=True):
            passed.append(block.at(own, i, j, passed[-1], None))
        x = passed.pop() if self.inner is None else self.at_inside(state, i, j, passed[-1])
        for block, own in zip(self.down_horizontal, state.down_horizontal, strict=True):
            x = block.at(own, i, j, x, passed.pop())
        return x

    def at_inside(self, state: ScaleState, i: int, j: int, x: Features) -> Features:
        """Take the horizontal stream through the scales inside, where a pixel of theirs is due, and bring it back."""
        own, way = state.resampling, self.resampling
        y = way.horizontal_down.at(own.horizontal_down, i, j, x.x)
        if y is not None:
            y = self.inner.at(state.inner, i // 2, j // 2, Features.of(y)).x
        return Features.of(way.horizontal_up.at(own.horizontal_up, i, j, y))


@dataclass
class NetworkState:
    """What the network keeps outside its scales.

    Attributes:
        vertical: State of the first layer of the vertical stream.
        above: State of the layer that brings the row above into the horizontal stream.
        left: State of the layer that brings the pixel to the left into it.
        known: What the row above gave the horizontal stream, (W, B, F).
        scale: States of the scales.
        output: Weight of the last layer, (F, num_params).
    """

    vertical: RowsState
    above: RowsState
    left: CornerState
    known: Tensor
    scale: ScaleState
    output: Tensor


class PixelCNNPlusPlus(RasterBackbone):
    """The network of figure 2, from whole pixels to the params of a mixture.

    The image gets a further channel of ones, by which a layer can tell the padding around it.

    Args:
        event_shape: (C, H, W).
        num_levels: Number of levels of a value.
        num_params: Params a pixel, from the head.
        filters: F, feature maps of each stream.
        num_blocks: Blocks of each stream at each scale on the way up.
        num_scales: Resolutions, each half of the one before.
        dropout: Of every block.
        context: What the model is conditioned on, by name.
    """

    def __init__(
        self,
        event_shape: tuple[int, ...],
        num_levels: int,
        num_params: int,
        filters: int,
        num_blocks: int,
        num_scales: int,
        dropout: float,
        context: dict[str, arzoo.context.ContextSpec],
    ) -> None:
        super().__init__(event_shape, num_levels, channels_as_positions=False)
        channels, height, width = self.event_shape
        self.num_scales = num_scales
        self.context = ContextEncoder(context, (height, width))
        self.vertical_input = weight_normalised(VerticalConv2d(channels + 1, filters, 3))
        self.above_input = weight_normalised(VerticalConv2d(channels + 1, filters, (1, 3)))
        self.left_input = weight_normalised(DownRightShiftedConv2d(channels + 1, filters, (2, 1)))
        self.scale = Scale(filters, num_blocks, num_scales, self.context.size, dropout)
        self.output = weight_normalised(nn.Conv2d(filters, num_params, 1))

    def forward(self, x: Tensor, context: dict[str, Tensor] | None = None) -> Tensor:
        """Params (B, num_params, H, W) of levels (B, C, H, W)."""
        image = with_ones(self.scaled(x))
        vertical = shifted_down(self.vertical_input(image))
        horizontal = shifted_down(self.above_input(image)) + shifted_right(self.left_input(image))
        streams = self.scale(Streams(Features.of(vertical), Features.of(horizontal)), self.condition(context))
        return self.output(F.elu(streams.horizontal.x))

    def condition(self, context: dict[str, Tensor] | None) -> list[Condition]:
        """What the blocks of each scale are told, the outermost first."""
        told = [self.context(context, self.output.bias.dtype)]
        while len(told) < self.num_scales:
            vector, map = told[-1]
            told.append(Condition(vector, None if map is None else F.avg_pool2d(map, 2)))
        return told

    def init_from_data(self, x: Tensor, context: dict[str, Tensor] | None = None) -> None:
        """Set scales and biases so that the outputs of each layer are of one size on this batch."""
        init_from_data(self, lambda: self(x, context))

    def dependence(self, ordering: arzoo.orderings.Ordering) -> Tensor:
        """Which symbols the params at each pixel depend on, booleans (H*W, C*H*W)."""
        channels, height, width = self.event_shape
        grid = (1, height, width)
        above = above_dependence(grid)
        vertical = through(above, self.vertical_input.dependence(grid))
        beside = through(left_dependence(grid), self.left_input.dependence(grid))
        horizontal = through(above, self.above_input.dependence(grid)) | beside
        _, seen = self.scale.dependence(vertical, horizontal, grid)
        return seen.repeat(1, channels)

    def layer_state(self, batch: int) -> NetworkState:
        """Empty states of all layers."""
        size = batch, *self.event_shape[1:]
        layers = (layer.state(*size) for layer in (self.vertical_input, self.above_input, self.left_input))
        known = self.output.bias.new_zeros(self.event_shape[2], batch, len(self.left_input.bias))
        weight = self.output.weight.detach()[:, :, 0, 0].T.contiguous()
        return NetworkState(*layers, known, self.scale.state(*size), weight)

    def take(self, state: RasterState, j: int, value: Tensor, channel: int) -> None:
        """Write a pixel where its right neighbour will read it."""
        self.left_input.write(state.layers.left, j, with_ones(value))

    def begin_row(self, state: RasterState, i: int) -> None:
        """Take the vertical stream along the row, which knows the rows above alone."""
        own: NetworkState = state.layers
        self.left_input.begin(own.left, i)
        vertical = own.known.permute(1, 2, 0)  # zeros: nothing lies above the first row
        if i:
            row = with_ones(state.image[:, :, i - 1])
            vertical = self.vertical_input.row(own.vertical, i - 1, row)
            own.known = self.above_input.row(own.above, i - 1, row).permute(2, 0, 1)
        self.scale.begin(own.scale, i, Features.of(vertical), state.condition)

    def at(self, state: RasterState, i: int, j: int, channel: int) -> Tensor:
        """Params (B, num_params) of a pixel."""
        own: NetworkState = state.layers
        x = own.known[j]
        if j:
            x = x + self.left_input.read(own.left, j - 1)
        x = self.scale.at(own.scale, i, j, Features.of(x)).x
        return torch.addmm(self.output.bias, F.elu(x), own.output)


def build(
    event_shape: tuple[int, ...] = (3, 32, 32),
    num_levels: int = 256,
    hidden_channels: int = 160,
    num_blocks: int = 5,
    num_scales: int = 3,
    num_mixtures: int = 10,
    dropout: float = 0.5,
    context: dict[str, arzoo.context.ContextSpec] | None = None,
) -> arzoo.AutoregressiveModel:
    """A PixelCNN++ with a mixture of discretized logistics for each pixel.

    Args:
        event_shape: (C, H, W); H and W multiples of 2**(num_scales - 1).
        num_levels: Number of levels of a value, at least 2.
        hidden_channels: F, feature maps of each stream.
        num_blocks: Gated blocks of each stream at each scale on the way up, at least 1.
        num_scales: Resolutions, at least 1; each has half the height and width of the one before.
        num_mixtures: Logistics in the mixture.
        dropout: Probability that a value inside a block is dropped in training.
        context: Labels and latents that the model is conditioned on, by name.

    Returns:
        A model with fresh weights.

    Raises:
        ConfigError: If a size is out of range, or the image cannot be halved often enough.

    References:
        Salimans et al. 2017, "PixelCNN++", section 2.
    """
    check_count("hidden_channels", hidden_channels)
    check_count("num_blocks", num_blocks)
    check_count("num_scales", num_scales)
    ordering = arzoo.orderings.Raster(event_shape, channels_as_positions=False)
    check_divisible(event_shape, 2 ** (num_scales - 1))
    head = arzoo.heads.DiscretizedLogisticMixture(num_levels, num_mixtures, num_channels=event_shape[0])
    network = PixelCNNPlusPlus(
        event_shape,
        num_levels,
        head.num_params,
        hidden_channels,
        num_blocks,
        num_scales,
        dropout,
        context or {},
    )
    return arzoo.AutoregressiveModel(ordering, network, head, context=context)


def check_divisible(event_shape: tuple[int, ...], factor: int) -> None:
    """Refuse an image that cannot be halved to the innermost scale and doubled back to its own size."""
    channels, *size = event_shape
    if any(length % factor for length in size):
        repair = tuple(-(-length // factor) * factor for length in size)
        raise arzoo.ConfigError(
            f"Height and width must be multiples of {factor}, by which the strides divide them, got {tuple(size)}. "
            f"Use event_shape={(channels, *repair)} or fewer num_scales."
        )
