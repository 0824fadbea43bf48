"""PixelCNN++: a U-shaped network of two streams of gated residual blocks, under a mixture of discretized logistics.

References:
    Salimans, Karpathy, Chen, Kingma, "PixelCNN++: Improving the PixelCNN with Discretized Logistic Mixture Likelihood
    and Other Modifications", 2017, arXiv:1701.05517: section 2.1 and equation 2 (mixture), 2.2 and equation 3 (whole
    pixels), 2.3 (strides), 2.4 and figure 2 (short-cuts), 2.5 (dropout).
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
    CornerState,
    DownRightShiftedConv2d,
    RasterBackbone,
    RasterState,
    RowsState,
    VerticalConv2d,
    above_dependence,
    init_from_data,
    left_dependence,
    normalised,
    shifted_down,
    shifted_right,
    tapped,
    through,
    weight_normalised,
    with_ones,
)
from arzoo_pixelcnnpp.blocks import Features
from arzoo_pixelcnnpp.scales import Scale, ScaleState, Streams


@dataclass
class NetworkState:
    """What the network keeps outside its scales.

    Attributes:
        vertical: State of the first layer of the vertical stream.
        above: State of the layer that brings the row above into the horizontal stream.
        left: State of the layer that brings the pixel to the left into it.
        first: What the horizontal stream is at the first column of the row, (B, F).
        ones: The channel of ones at a pixel, (B, 1).
        scale: States of the scales.
        output: Weight of the last layer, (F, num_params).
        bias: Of the last layer, (num_params,).
    """

    vertical: RowsState
    above: RowsState
    left: CornerState
    first: Tensor
    ones: Tensor
    scale: ScaleState
    output: Tensor
    bias: Tensor


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

    @property
    def num_features(self) -> int:
        """One for each block of the horizontal stream."""
        return len(self.scale.horizontal_blocks())

    def features(self, x: Tensor, layers: Sequence[int], context: dict[str, Tensor] | None = None) -> list[Tensor]:
        """The horizontal stream after each of some blocks, normalised, (B, F, h, w) at the scale of the block."""
        blocks = self.scale.horizontal_blocks()
        return [normalised(given.x) for given in tapped([blocks[k] for k in layers], lambda: self(x, context))]

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
        weight, bias = self.output.weight.detach()[:, :, 0, 0].T.contiguous(), self.output.bias.detach()
        first, ones = bias.new_zeros(batch, len(weight)), bias.new_ones(batch, 1)
        return NetworkState(*layers, first, ones, self.scale.state(*size), weight, bias)

    def take(self, state: RasterState, j: int, value: Tensor, channel: int) -> None:
        """Write a pixel where its right neighbour will read it."""
        own: NetworkState = state.layers
        torch.cat([value, own.ones], 1, out=own.left.places[j])

    def begin_row(self, state: RasterState, i: int) -> None:
        """Take the vertical stream along the row, which knows the rows above alone."""
        own: NetworkState = state.layers
        if i:
            row = with_ones(state.image[:, :, i - 1])
            vertical, above = (
                self.vertical_input.row(own.vertical, i - 1, row),
                self.above_input.row(own.above, i - 1, row),
            )
        else:  # nothing lies above the first row
            vertical = above = own.first.new_zeros(*own.first.shape, self.event_shape[2])
        own.first = above[:, :, 0]
        self.left_input.begin(own.left, i, F.pad(above[:, :, 1:], (0, 1)))  # column j is read at pixel j + 1
        self.scale.begin(own.scale, i, Features.of_row(vertical.mT), state.condition)

    def at(self, state: RasterState, i: int, j: int, channel: int) -> Tensor:
        """Params (B, num_params) of a pixel."""
        own: NetworkState = state.layers
        x = own.left.read(j - 1) if j else own.first
        return torch.addmm(own.bias, F.elu_(self.scale.at(own.scale, i, j, x)), own.output)


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
