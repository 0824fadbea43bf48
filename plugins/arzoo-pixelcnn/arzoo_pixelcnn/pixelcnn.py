"""PixelCNN: masked convolutions in residual blocks.

References:
    van den Oord, Kalchbrenner, Kavukcuoglu, "Pixel Recurrent Neural Networks", 2016, arXiv:1601.06759: section 3.5
    (PixelCNN), figure 5 (residual block), table 1 (layers).
    van den Oord, Kalchbrenner, Vinyals, Espeholt, Graves, Kavukcuoglu, "Conditional Image Generation with PixelCNN
    Decoders", 2016, arXiv:1606.05328: section 2.3 (conditioning, which the first paper has not).
"""

from collections.abc import Mapping, Sequence
from typing import Any

from torch import Tensor, nn

import arzoo
from arzoo.errors import check_count
from arzoo.nn import (
    CausalResidual,
    CausalSequential,
    Condition,
    ConditionBias,
    ContextEncoder,
    MaskedConv2d,
    RasterBackbone,
    RasterState,
    as_params,
    normalised,
    tapped,
)


def residual_block(hidden_channels: int, num_groups: int) -> CausalResidual:
    """The block of figure 5, left: 2h to h by 1x1, h to h by 3x3, h to 2h by 1x1, after ReLUs, added to its input.

    Args:
        hidden_channels: h, the width of the 3x3 convolution.
        num_groups: Number of colours.

    Returns:
        A causal layer on 2h feature maps, masked by type "B".
    """
    h, wide = hidden_channels, 2 * hidden_channels
    return CausalResidual(
        nn.ReLU(),
        MaskedConv2d(wide, h, 1, "B", num_groups=num_groups),
        nn.ReLU(),
        MaskedConv2d(h, h, 3, "B", num_groups=num_groups),
        nn.ReLU(),
        MaskedConv2d(h, wide, 1, "B", num_groups=num_groups),
    )


class PixelCNN(RasterBackbone):
    """The PixelCNN of table 1: a 7x7 convolution of type "A", residual blocks, two 1x1 convolutions.

        levels --> 7x7 "A" --(+)--> block --(+)--> ... --> block --(+)--> ReLU, 1x1, ReLU, 1x1 --> params
                              |              |                      |
        context ------------- V_0 h -------- V_1 h ---------------- V_n h

    The context enters as in equations 4 and 5 of 2016b, by a bias before a nonlinearity: every block, and the output,
    begins with a ReLU, so the bias stands in front of each.

    A stack of masked convolutions does not see all of the past: to the right of the position, a cone above it stays
    hidden (the blind spot; 2016b, figure 1). `dependence` declares it.

    Args:
        event_shape: (C, H, W).
        num_levels: Number of levels of a value.
        num_params: Params a position, from the head.
        hidden_channels: h; the network is 2h wide.
        num_blocks: Number of residual blocks.
        output_channels: Width of the two 1x1 convolutions at the end.
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
        num_blocks: int,
        output_channels: int,
        context: Mapping[str, arzoo.context.ContextSpec],
        map_channels: int,
        embedding_channels: int,
    ) -> None:
        super().__init__(event_shape, num_levels, embedding_channels=embedding_channels)
        colours, wide = self.event_shape[0], 2 * hidden_channels
        self.input = MaskedConv2d(self.input_channels, wide, 7, "A", num_groups=colours)
        self.blocks = CausalSequential(*(residual_block(hidden_channels, colours) for _ in range(num_blocks)))
        self.output = CausalSequential(
            nn.ReLU(),
            MaskedConv2d(wide, output_channels, 1, "B", num_groups=colours),
            nn.ReLU(),
            MaskedConv2d(output_channels, colours * num_params, 1, "B", num_groups=colours),
        )

        self.encoder = ContextEncoder(context, self.event_shape[1:], map_channels)
        self.told = nn.ModuleList(ConditionBias(self.encoder.size, wide) for _ in range(num_blocks + 1))

    def forward(self, x: Tensor, context: dict[str, Tensor] | None = None) -> Tensor:
        """Params (B, num_params, C, H, W) of levels (B, C, H, W)."""
        y, condition = self.encoded(x), self.condition(context)
        for layer, told in zip((self.input, *self.blocks), self.told, strict=True):
            y = told(layer(y), condition)
        return as_params(self.output(y), self.event_shape[0])

    @property
    def num_features(self) -> int:
        """The first convolution, and each residual block."""
        return 1 + len(self.blocks)

    def features(self, x: Tensor, layers: Sequence[int], context: dict[str, Tensor] | None = None) -> list[Tensor]:
        """The feature maps after each of some layers, normalised, (B, 2h, H, W)."""
        chosen = [(self.input, *self.blocks)[layer] for layer in layers]
        return [normalised(y) for y in tapped(chosen, lambda: self(x, context))]

    def condition(self, context: dict[str, Tensor] | None) -> Condition:
        """The h and s of 2016b, section 2.3, which each layer weights for itself."""
        return self.encoder(context, self.input.weight.dtype)

    def dependence(self, ordering: arzoo.orderings.Ordering) -> Tensor:
        """Which symbols the params at each position depend on, blind spot included, booleans (C*H*W, C*H*W)."""
        grid = self.event_shape
        return CausalSequential(self.input, self.blocks, self.output).dependence(grid)

    def layer_state(self, batch: int) -> list[Any]:
        """Empty states of input, blocks and output."""
        size = self.event_shape[1:]
        return [layer.state(batch, *size) for layer in (self.input, self.blocks, self.output)]

    def take(self, state: RasterState, j: int, value: Tensor, channel: int) -> None:
        """Write a value into the input layer's row."""
        self.input.write(state.layers[0], j, value, channel)

    def begin_row(self, state: RasterState, i: int) -> None:
        """Add up, in every layer, what the kernel reads from the rows above and what the context says of the row."""
        first, blocks, output = state.layers
        layers = zip((self.input, *self.blocks), (first, *blocks), self.told, strict=True)
        for layer, own, told in layers:
            bias = told.bias(state.condition.row(i))
            row = () if bias is None else (bias[:, :, 0].expand(-1, -1, self.event_shape[2]),)
            layer.begin(own, i, *row)
        self.output.begin(output, i)

    def at(self, state: RasterState, i: int, j: int, channel: int) -> Tensor:
        """Params (B, num_params) of one colour at one pixel."""
        x = self.input.read(state.layers[0], j, channel)
        x = self.blocks.at(state.layers[1], i, j, x, channel)
        return self.output.at(state.layers[2], i, j, x, channel)


def build(
    event_shape: tuple[int, ...] = (1, 28, 28),
    num_levels: int = 256,
    hidden_channels: int = 64,
    num_blocks: int = 7,
    output_channels: int = 64,
    context: Mapping[str, arzoo.context.ContextSpec] | None = None,
    map_channels: int = 32,
    embedding_channels: int = 0,
    num_mixtures: int = 0,
) -> arzoo.AutoregressiveModel:
    """A PixelCNN with a softmax over the levels, a Bernoulli where there are two, or a mixture of logistics.

    Args:
        event_shape: (C, H, W).
        num_levels: Number of levels of a value, at least 2.
        hidden_channels: h of the residual blocks; the network is 2h wide.
        num_blocks: Number of residual blocks.
        output_channels: Width of the two 1x1 convolutions at the end.
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
    check_count("num_blocks", num_blocks, least=0)
    check_count("map_channels", map_channels)
    ordering = arzoo.orderings.Raster(event_shape)
    head = arzoo.heads.for_levels(num_levels, num_mixtures)
    backbone = PixelCNN(
        event_shape,
        num_levels,
        head.num_params,
        hidden_channels,
        num_blocks,
        output_channels,
        context or {},
        map_channels,
        embedding_channels,
    )
    return arzoo.AutoregressiveModel(ordering, backbone, head, context=context)
