"""The two kinds of blocks that PixelSNAIL is made of, and the way their incremental form goes through an image.

References:
    Chen et al. 2018, "PixelSNAIL: An Improved Autoregressive Generative Model", section 2 and figure 5.
    van den Oord et al. 2016b, "Conditional Image Generation with PixelCNN Decoders", equations 4 and 5 (condition).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from arzoo.nn import (
    Condition,
    ConditionBias,
    ConditionSize,
    CornerState,
    DownRightShiftedConv2d,
    Dropout,
    PastAttention,
    PastState,
    concat_elu,
    weight_normalised,
)
from arzoo.orderings import Ordering, Zigzag

OUTPUT_SCALE = 0.1  # a fresh residual block changes little


class Activation(NamedTuple):
    """A nonlinearity inside the blocks.

    Attributes:
        function: (B, C, ...) to (B, widening * C, ...).
        in_place: The same, of features that nobody else reads, in their own memory if it can.
        widening: 2 where it lays two activations side by side.
    """

    function: Callable[[Tensor], Tensor]
    in_place: Callable[[Tensor], Tensor]
    widening: int


ACTIVATIONS = {"elu": Activation(F.elu, F.elu_, 1), "concat_elu": Activation(concat_elu, concat_elu, 2)}


class BlockSettings(NamedTuple):
    """What all gated blocks of a network have in common.

    Attributes:
        activation: The nonlinearity.
        dropout: Probability that a value between the convolutions is dropped.
        told: Sizes of the condition.
    """

    activation: Activation
    dropout: float
    told: ConditionSize


class Spot(NamedTuple):
    """Where a position is.

    The incremental form goes by fronts, rows in raster and anti-diagonals in zigzag: whatever a convolution reads from
    the fronts before is known when one begins.

        raster    front i, place j            zigzag    front i + j, place i

    Attributes:
        position: Place in the ordering.
        i: Row.
        j: Column.
        front: Which front it lies on.
        place: Where along it.
    """

    position: int
    i: int
    j: int
    front: int
    place: int


def spots(ordering: Ordering) -> list[Spot]:
    """The positions of raster or zigzag, one after another."""
    pixels = ordering.coordinates[:, -2:].tolist()
    along_diagonals = isinstance(ordering, Zigzag)
    return [Spot(k, i, j, i + j, i) if along_diagonals else Spot(k, i, j, i, j) for k, (i, j) in enumerate(pixels)]


@dataclass
class BlockState:
    """What a gated block keeps between positions.

    Attributes:
        input: State of the first convolution.
        output: State of the second.
        shortcut: State of the 1x1 convolution of what the block is shown besides, or None.
    """

    input: CornerState
    output: CornerState
    shortcut: CornerState | None


class GatedBlock(nn.Module):
    """Gated residual block: x + a * sigmoid(b), where a and b are the halves of what two convolutions make of x.

        x --> act --> conv --> + --> act --> dropout --> conv --> + --> a * sigmoid(b) --> + --> x
        |                      |                                  |                        |
        |              1x1 of act(shown)                    V h + V * s                    |
        +----------------------------------------------------------------------------------+

    Args:
        channels: Feature maps in and out.
        kernel_size: 2 for the four pixels of which the position is the lower right, 1 for the position alone.
        settings: Nonlinearity, dropout, condition.
        shown: Feature maps of what the block is shown besides (the attention's output), 0 for none.
    """

    def __init__(self, channels: int, kernel_size: int, settings: BlockSettings, shown: int = 0) -> None:
        super().__init__()
        self.activate, self.activate_, wide = settings.activation
        self.input = weight_normalised(DownRightShiftedConv2d(wide * channels, channels, kernel_size))
        self.shortcut = weight_normalised(DownRightShiftedConv2d(wide * shown, channels, 1)) if shown else None
        second = DownRightShiftedConv2d(wide * channels, 2 * channels, kernel_size)
        self.output = weight_normalised(second, init_scale=OUTPUT_SCALE)
        self.told = ConditionBias(settings.told, 2 * channels)
        self.dropout = Dropout(settings.dropout)

    def forward(self, x: Tensor, condition: Condition, shown: Tensor | None = None) -> Tensor:
        """Take features (B, channels, H, W) through the block."""
        y = self.input(self.activate(x))
        if self.shortcut is not None and shown is not None:
            y = y + self.shortcut(self.activate(shown))
        y = self.output(self.dropout(self.activate_(y)))
        return x + F.glu(self.told(y, condition), 1)

    def state(self, batch: int, height: int, width: int, *, diagonals: bool) -> BlockState:
        """An empty state, for a walk by diagonals or by rows."""
        size = batch, height, width
        layers = (layer.state(*size, diagonals=diagonals) for layer in (self.input, self.output))
        shortcut = None if self.shortcut is None else self.shortcut.state(*size, diagonals=diagonals)
        return BlockState(*layers, shortcut)

    def begin(self, state: BlockState, front: int, condition: Condition) -> None:
        """Begin a front: add up the taps from those before it, and the condition along it."""
        self.input.begin(state.input, front)
        told = self.told.bias(condition)
        self.output.begin(state.output, front, None if told is None else told[:, :, 0])

    def at(self, state: BlockState, spot: Spot, x: Tensor, shown: Tensor | None = None) -> Tensor:
        """Take the features at a position, (B, channels), through the block."""
        y = self.input.at(state.input, spot.front, spot.place, self.activate(x))
        if self.shortcut is not None and shown is not None:
            y = y + self.shortcut.at(state.shortcut, spot.front, spot.place, self.activate(shown))
        return x + F.glu(self.output.at(state.output, spot.front, spot.place, self.activate_(y)), 1)


@dataclass
class AttentionState:
    """What an attention block keeps between positions.

    Attributes:
        content: State of the block that makes keys and values.
        asking: State of the block that makes queries.
        merge: State of the block that takes the attention in.
        memory: State of the 1x1 convolution to keys and values.
        query: State of the one to queries.
        past: Keys and values so far.
        background: Where each position is, (B, 2).
        known: What the block was given at the position before and where that is, (B, F + 2); its pixel was not known
            then.
    """

    content: BlockState
    asking: BlockState
    merge: BlockState
    memory: CornerState
    query: CornerState
    past: PastState
    background: Sequence[Tensor]
    known: Tensor | None = None


class AttentionBlock(nn.Module):
    """Attention of each pixel to all those before it, keys and values of which may know the pixel itself.

        image, features, background --> gated block --> 1x1 --> keys, values --+
                                                                               +--> attention --+
                 features, background --> gated block --> 1x1 --> queries -----+                |
                                                                                              shown
                 features -----------------------------------------------------------> gated block --> features

    All blocks are 1x1. The background tells where a pixel is.

    Args:
        ordering: Of the pixels.
        channels: F, feature maps.
        key_channels: Length of keys and queries.
        value_channels: Length of values.
        settings: Of the gated blocks.
    """

    background: Tensor

    def __init__(
        self, ordering: Ordering, channels: int, key_channels: int, value_channels: int, settings: BlockSettings
    ) -> None:
        super().__init__()
        colours, height, width = ordering.event_shape
        known, sizes = channels + 2, (key_channels, key_channels + value_channels)
        self.sizes = key_channels, value_channels
        self.register_buffer("background", coordinates(height, width), persistent=False)
        self.content = GatedBlock(colours + known, 1, settings)
        self.memory = weight_normalised(DownRightShiftedConv2d(colours + known, sizes[1], 1))
        self.asking = GatedBlock(known, 1, settings)
        self.query = weight_normalised(DownRightShiftedConv2d(known, sizes[0], 1))
        self.attention = PastAttention(ordering)
        self.merge = GatedBlock(channels, 1, settings, shown=value_channels)

    def forward(self, x: Tensor, image: Tensor, condition: Condition) -> Tensor:
        """Take features (B, F, H, W) through the block, with the image (B, C, H, W) that they were made of."""
        background = self.background.expand(len(x), -1, -1, -1)
        known = torch.cat([x, background], 1)
        memory = self.memory(self.content(torch.cat([image, known], 1), condition))
        query = self.query(self.asking(known, condition))
        return self.merge(x, condition, self.attention(query, *memory.split(self.sizes, 1)))

    def state(self, batch: int, *, diagonals: bool) -> AttentionState:
        """An empty state, for a walk by diagonals or by rows."""
        size = batch, *self.background.shape[2:]
        layers = (self.content, self.asking, self.merge, self.memory, self.query)
        states = (layer.state(*size, diagonals=diagonals) for layer in layers)
        path = self.attention.path
        background = self.background.flatten(2).permute(2, 0, 1)
        background = (background if path is None else background[path]).repeat(1, batch, 1).unbind(0)
        return AttentionState(*states, self.attention.state(batch, *self.sizes, like=self.query.bias), background)

    def begin(self, state: AttentionState, front: int, condition: Condition) -> None:
        """Begin a front: the condition along it."""
        for block, own in ((self.content, state.content), (self.asking, state.asking), (self.merge, state.merge)):
            block.begin(own, front, condition)

    def remember(self, state: AttentionState, spot: Spot, pixel: Tensor) -> None:
        """Keep key and value of a position whose pixel, (B, C), has become known."""
        content = self.content.at(state.content, spot, torch.cat([pixel, state.known], 1))
        memory = self.memory.at(state.memory, spot.front, spot.place, content)
        self.attention.write(state.past, spot.position, memory)

    def at(self, state: AttentionState, spot: Spot, x: Tensor) -> Tensor:
        """Take the features at a position, (B, F), through the block."""
        state.known = torch.cat([x, state.background[spot.position]], 1)
        asking = self.asking.at(state.asking, spot, state.known)
        query = self.query.at(state.query, spot.front, spot.place, asking)
        return self.merge.at(state.merge, spot, x, self.attention.read(state.past, spot.position, query))


def coordinates(height: int, width: int) -> Tensor:
    """Row and column of each pixel, from -1/2 up to less than 1/2: (1, 2, H, W)."""
    rows, columns = ((torch.arange(size) - size / 2) / size for size in (height, width))
    return torch.stack(torch.meshgrid(rows, columns, indexing="ij")).unsqueeze(0)
