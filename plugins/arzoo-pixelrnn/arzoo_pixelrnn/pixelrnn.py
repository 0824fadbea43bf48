"""PixelRNN: two-dimensional LSTMs in residual blocks, at one scale or at two.

References:
    van den Oord, Kalchbrenner, Kavukcuoglu, "Pixel Recurrent Neural Networks", 2016, arXiv:1601.06759: section 3.1
    (Row LSTM), 3.2 (Diagonal BiLSTM), 3.3 (residual connections, figure 5), 3.4 (masks), 3.6 (multi-scale), table 1.
    van den Oord, Kalchbrenner, Vinyals, Espeholt, Graves, Kavukcuoglu, "Conditional Image Generation with PixelCNN
    Decoders", 2016, arXiv:1606.05328: section 2.3 (conditioning, which the first paper has not).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, cast

from torch import Tensor, nn

import arzoo
from arzoo.context import ContextSpec
from arzoo.errors import check_count
from arzoo.nn import (
    CausalSequential,
    Condition,
    ContextEncoder,
    DiagonalBiLSTM,
    MaskedConv2d,
    RasterBackbone,
    RasterState,
    RowLSTM,
    WindowState,
    as_params,
    channels_last,
    through,
)
from arzoo_pixelrnn.scales import CoarseEncoder, MultiScalePixelRNN

CELLS = ("row", "diagonal")


@dataclass(frozen=True)
class Settings:
    """The sizes of one network.

    Attributes:
        cell: "row" or "diagonal".
        hidden_channels: h of the LSTMs; the network is 2h wide.
        num_layers: Number of LSTM layers.
        kernel_size: k of the Row LSTM.
        input_kernel_size: Of the first convolution.
        output_channels: Width of the 1x1 convolution before the params.
        skips: Whether every layer is heard by the output directly.
        embedding_channels: Length of a learned vector for each level; 0 to scale the levels.
    """

    cell: str
    hidden_channels: int
    num_layers: int
    kernel_size: int
    input_kernel_size: int
    output_channels: int
    skips: bool
    embedding_channels: int


@dataclass
class LayerState:
    """What a layer keeps between positions.

    Attributes:
        lstm: State of the LSTM.
        up: State of the 1x1 convolution behind it.
    """

    lstm: Any
    up: WindowState


class ResidualLSTM(nn.Module):
    """The block of figure 5, right, with a connection to the output beside the residual one.

        x (2h) --+--> LSTM (2h to h) --> 1x1 (h to 2h) --+--> skip
                 |                                       |
                 +------------------------------------- (+) --> x (2h)

    Args:
        lstm: A causal layer of type "B", 2h to h feature maps.
        channels: h.
        num_groups: Number of colours.
        skips: Whether the layer has a connection to the output.
    """

    def __init__(self, lstm: RowLSTM | DiagonalBiLSTM, channels: int, num_groups: int, *, skips: bool) -> None:
        super().__init__()
        parts = 2 if skips else 1
        self.lstm, self.parts = lstm, parts
        self.up = MaskedConv2d(channels, parts * 2 * channels, 1, "B", num_groups=num_groups, num_parts=parts)

    def forward(self, x: Tensor, told: Condition, image: Tensor) -> tuple[Tensor, Tensor | None]:
        """Features after the block, (B, 2h, H, W), and its connection to the output, if it has one, of the same size.

        Args:
            x: Features before it, (B, 2h, H, W).
            told: What the context says.
            image: The network's input, which the direction from the right may be shown.
        """
        return self.split(x, self.up(self.lstm(x, told, image)))

    def split(self, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor | None]:
        """Residual connection and skip connection from what the 1x1 convolution gives, channels second."""
        residual, *skip = y.chunk(self.parts, 1)
        return x + residual, skip[0] if skip else None

    def dependence(self, grid: tuple[int, int, int]) -> Tensor:
        """Which positions of its input the block reads, booleans (C*H*W, C*H*W)."""
        return through(self.up.dependence(grid), self.lstm.dependence(grid))

    def image_dependence(self, grid: tuple[int, int, int]) -> Tensor:
        """Which positions of the image the block reads past its input, booleans (C*H*W, C*H*W)."""
        return through(self.up.dependence(grid), self.lstm.image_dependence(grid))

    def state(self, batch: int, height: int, width: int) -> LayerState:
        """An empty state."""
        return LayerState(self.lstm.state(batch, height, width), self.up.state(batch, height, width))

    def at(self, state: LayerState, i: int, j: int, x: Tensor, group: int) -> tuple[Tensor, Tensor | None]:
        """Features after the block and its connection to the output at a position, each (B, 2h of the group)."""
        return self.split(x, self.up.at(state.up, i, j, self.lstm.at(state.lstm, i, j, x, group), group))


class PixelRNN(RasterBackbone):
    """The PixelRNN of table 1: a 7x7 convolution of type "A", LSTMs in residual blocks, two 1x1 convolutions.

        levels --> 7x7 "A" --> block --> block --> ... --> block --(+)--> ReLU, 1x1, ReLU, 1x1 --> params
                                 |         |                 |      |
                                 +---------+-----------------+------+   skips

    The context is a bias to every input-to-state map.

    Args:
        event_shape: (C, H, W).
        num_levels: Number of levels of a value.
        num_params: Params a position, from the head.
        settings: The sizes of the network.
        encoder: Makes of the context what the layers are told; `size` says how much.
    """

    def __init__(
        self,
        event_shape: tuple[int, ...],
        num_levels: int,
        num_params: int,
        settings: Settings,
        encoder: ContextEncoder | CoarseEncoder,
    ) -> None:
        super().__init__(event_shape, num_levels, embedding_channels=settings.embedding_channels)
        colours, h, out = self.event_shape[0], settings.hidden_channels, settings.output_channels
        self.encoder = encoder
        self.input = MaskedConv2d(self.input_channels, 2 * h, settings.input_kernel_size, "A", num_groups=colours)
        self.layers = nn.ModuleList(
            ResidualLSTM(self._lstm(settings, first=layer == 0), h, colours, skips=settings.skips)
            for layer in range(settings.num_layers)
        )
        self.output = CausalSequential(
            nn.ReLU(),
            MaskedConv2d(2 * h, out, 1, "B", num_groups=colours),
            nn.ReLU(),
            MaskedConv2d(out, colours * num_params, 1, "B", num_groups=colours),
        )

    def _lstm(self, settings: Settings, *, first: bool) -> RowLSTM | DiagonalBiLSTM:
        h, colours, told = settings.hidden_channels, self.event_shape[0], self.encoder.size
        if settings.cell == "row":
            return RowLSTM(2 * h, h, settings.kernel_size, num_groups=colours, told=told)
        shown = self.input_channels if first else 0
        return DiagonalBiLSTM(2 * h, h, num_groups=colours, told=told, image_channels=shown)

    def forward(self, x: Tensor, context: dict[str, Tensor] | None = None) -> Tensor:
        """Params (B, num_params, C, H, W) of levels (B, C, H, W)."""
        told, image = self.condition(context), self.encoded(x)
        y = channels_last(self.input(image))
        skips = []
        for layer in self.layers:
            y, skip = layer(y, told, image)
            skips.append(skip)
        return as_params(self.output(joined(y, skips)), self.event_shape[0])

    def condition(self, context: dict[str, Tensor] | None) -> Condition:
        """What the context says, which each layer weights for itself."""
        return self.encoder(context, self.input.weight.dtype)

    def dependence(self, ordering: arzoo.orderings.Ordering) -> Tensor:
        """Which symbols the params at each position depend on: a triangle for Row LSTMs, all for Diagonal BiLSTMs."""
        grid = self.event_shape
        seen = self.input.dependence(grid)
        for layer in self.layers:
            seen = through(layer.dependence(grid), seen) | layer.image_dependence(grid)
        return through(self.output.dependence(grid), seen)

    def layer_state(self, batch: int) -> list[Any]:
        """Empty states of the first convolution, of the layers and of the output."""
        return [layer.state(batch, *self.event_shape[1:]) for layer in (self.input, *self.layers, self.output)]

    def take(self, state: RasterState, j: int, value: Tensor, channel: int) -> None:
        """Write a value into the row of the first convolution."""
        self.input.write(state.layers[0], j, value, channel)

    def begin_row(self, state: RasterState, i: int) -> None:
        """Add up, in every layer, what its states in the rows above tell the row."""
        self.input.begin(state.layers[0], i)
        for layer, own in zip(self.layers, state.layers[1:], strict=False):
            layer.lstm.begin(own.lstm, i, state.condition, state.image)

    def at(self, state: RasterState, i: int, j: int, channel: int) -> Tensor:
        """Params (B, num_params) of one colour at one pixel."""
        y, skips = self.input.read(state.layers[0], j, channel), []
        for layer, own in zip(self.layers, state.layers[1:], strict=False):
            y, skip = layer.at(own, i, j, y, channel)
            skips.append(skip)
        return self.output.at(state.layers[-1], i, j, joined(y, skips), channel)


def joined(y: Tensor, skips: list[Tensor | None]) -> Tensor:
    """What the output hears: the last features, and the skip connections of the layers that have one."""
    return sum((skip for skip in skips if skip is not None), y)


def build(
    event_shape: tuple[int, ...] = (1, 28, 28),
    num_levels: int = 256,
    cell: str = "diagonal",
    hidden_channels: int = 16,
    num_layers: int = 7,
    kernel_size: int = 3,
    input_kernel_size: int = 7,
    output_channels: int = 32,
    skips: bool = False,
    scale: int = 1,
    coarse_hidden_channels: int | None = None,
    coarse_layers: int | None = None,
    context: Mapping[str, ContextSpec] | None = None,
    map_channels: int = 32,
    embedding_channels: int = 0,
) -> arzoo.AutoregressiveModel:
    """A PixelRNN with a softmax over the levels, or a Bernoulli where there are two.

    Args:
        event_shape: (C, H, W).
        num_levels: Number of levels of a value, at least 2.
        cell: "row" for Row LSTMs, "diagonal" for Diagonal BiLSTMs.
        hidden_channels: h of the LSTMs; the network is 2h wide.
        num_layers: Number of LSTM layers, at least 1.
        kernel_size: k of the Row LSTM, odd.
        input_kernel_size: Of the first convolution, odd.
        output_channels: Width of the 1x1 convolution before the params.
        skips: Whether every layer is heard by the output directly.
        scale: 1 for raster order; else every `scale`-th pixel of every `scale`-th row is drawn first, by a network of
            its own. It divides H and W.
        coarse_hidden_channels: h of that network; left out, as in the other.
        coarse_layers: LSTM layers of that network; left out, as many as in the other.
        context: Any number of labels and latents by name. Labels and latents of shape (D,) say the same to every
            position, latents of shape (c, h, w) something different to each.
        map_channels: Feature maps to which the transposed convolutions bring the coarse image, and each latent of shape
            (c, h, w).
        embedding_channels: Length of a learned vector for each level, for codes and other levels without an order; 0 to
            scale the levels to [-1, 1].

    Returns:
        A model with fresh weights.

    Raises:
        ConfigError: If a size or the cell is out of range, the scale does not divide the image, or a context is of
            another kind or cannot be brought to the image's size.
    """
    for name in ("hidden_channels", "num_layers", "output_channels", "map_channels"):
        check_count(name, locals()[name])
    for name in ("coarse_hidden_channels", "coarse_layers"):
        check_count(name, 1 if locals()[name] is None else locals()[name])
    if cell not in CELLS:
        raise arzoo.ConfigError(f"`cell` must be one of {', '.join(CELLS)}, got {cell!r}. Use cell='diagonal'.")
    settings = Settings(
        cell,
        hidden_channels,
        num_layers,
        kernel_size,
        input_kernel_size,
        output_channels,
        skips,
        embedding_channels,
    )
    head, specs = arzoo.heads.for_levels(num_levels), dict(context or {})
    ordering = choose_ordering(event_shape, scale)
    if isinstance(ordering, arzoo.orderings.Raster):
        encoder = ContextEncoder(specs, (event_shape[1], event_shape[2]), map_channels)
        backbone = PixelRNN(event_shape, num_levels, head.num_params, settings, encoder)
        return arzoo.AutoregressiveModel(ordering, backbone, head, context=context)
    small = replace(
        settings,
        hidden_channels=hidden_channels if coarse_hidden_channels is None else coarse_hidden_channels,
        num_layers=num_layers if coarse_layers is None else coarse_layers,
    )
    scales = two_scales(ordering, num_levels, head.num_params, (small, settings), specs, map_channels)
    return arzoo.AutoregressiveModel(ordering, scales, head, context=context)


def two_scales(
    ordering: arzoo.orderings.SubScale,
    num_levels: int,
    num_params: int,
    settings: tuple[Settings, Settings],
    specs: dict[str, ContextSpec],
    map_channels: int,
) -> MultiScalePixelRNN:
    """The two networks of a multi-scale PixelRNN, the coarse one unconditional but for the context.

    Raises:
        ConfigError: If a context has the name of the coarse image.
    """
    if "coarse" in specs:
        raise arzoo.ConfigError(
            f"A context of a multi-scale PixelRNN must not be named 'coarse', as its coarse image is, got "
            f"{specs['coarse']!r}. Use another name."
        )
    colours, height, width = fine_shape = cast(tuple[int, int, int], ordering.event_shape)
    size = (height // ordering.factor, width // ordering.factor)
    encoder = ContextEncoder(specs, size, map_channels)
    coarse = PixelRNN((colours, *size), num_levels, num_params, settings[0], encoder)
    told = CoarseEncoder(specs, (coarse.input_channels, *size), (height, width), map_channels)
    return MultiScalePixelRNN(ordering, coarse, PixelRNN(fine_shape, num_levels, num_params, settings[1], told))


def choose_ordering(event_shape: tuple[int, ...], scale: int) -> arzoo.orderings.Raster | arzoo.orderings.SubScale:
    """Raster at scale 1, and else the sub-scale ordering, of images that the scale divides."""
    if check_count("scale", scale) == 1:
        return arzoo.orderings.Raster(event_shape)
    ordering = arzoo.orderings.SubScale(event_shape, factor=scale)
    height, width = event_shape[1:]
    if height % scale or width % scale:
        raise arzoo.ConfigError(
            f"`scale` must divide the height and width of the image, {height} and {width}, got {scale}. Use scale=1."
        )
    return ordering
