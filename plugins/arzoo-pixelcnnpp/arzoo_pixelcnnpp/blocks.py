"""The gated residual block of PixelCNN++, for either stream.

References:
    Salimans et al. 2017, "PixelCNN++", sections 2.4, figure 2 (short-cuts) and 2.5 (dropout); the gate is that of van
    den Oord et al. 2016b, "Conditional Image Generation with PixelCNN Decoders", without the tanh.
"""

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
    RowsState,
    VerticalConv2d,
    concat_elu,
    through,
    weight_normalised,
)

OUTPUT_SCALE = 0.1  # so that a fresh residual block changes little


class Features(NamedTuple):
    """Feature maps, and what the layers that read them want of them, worked out once for all of them.

    Attributes:
        x: (B, F, H, W), or of one row (B, W, F).
        active: concat_elu(x), (B, 2F, H, W), or (B, W, 2F).
    """

    x: Tensor
    active: Tensor

    @classmethod
    def of(cls, x: Tensor) -> "Features":
        """Feature maps (B, F, H, W) with their activation."""
        return cls(x, concat_elu(x))

    @classmethod
    def of_row(cls, x: Tensor) -> "Features":
        """One row of feature maps, (B, W, F), with its activation."""
        return cls(x, concat_elu(x, -1))


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
        bias: Of the short-cut, (F,).
        from_horizontal: The part that reads the horizontal stream of the way up, (2F, F); (0, F) where there is none.
    """

    input: CornerState
    output: CornerState
    from_vertical: Tensor
    bias: Tensor
    from_horizontal: Tensor

    def at(self, j: int, x: Tensor, other: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Take the stream at a pixel of the current row through the block.

        Args:
            j: Column.
            x: The stream, (B, F).
            other: What stood there on the way up, after the activation, (B, 2F), where the short-cut reads it.

        Returns:
            The stream after the block, and after the activation before it: a view, good until the row ends.
        """
        active = concat_elu(x, out=self.input.places[j])
        y = self.input.read(j)
        if other is not None:
            y = torch.addmm(y, other, self.from_horizontal)
        concat_elu(y, out=self.output.places[j])
        return x + F.glu(self.output.read(j), 1), active


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
        y = self.told(self.output(self.dropout(concat_elu(y))), condition)
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
        self, state: VerticalState, i: int, stream: Features, other: Features | None, condition: Condition
    ) -> Features:
        """Take row `i` of the stream, (B, W, F), through the block; `other` stood there on the way up."""
        y = self.input.row(state.input, i, stream.active.mT).mT
        if other is not None:
            y = y + F.linear(other.active, state.shortcut, self.shortcut.bias)
        y = self.output.row(state.output, i, concat_elu(y, -1).mT).mT
        told = self.told.bias(condition.row(i))
        return Features.of_row(stream.x + F.glu(y if told is None else y + told[:, :, 0].mT, -1))


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
        from_vertical, from_horizontal = weight[:, :two].contiguous(), weight[:, two:].T.contiguous()
        return HorizontalState(*layers, from_vertical, self.shortcut.bias.detach(), from_horizontal)

    def begin(self, state: HorizontalState, i: int, vertical: Features, condition: Condition) -> None:
        """Begin row `i`: the taps above, what the vertical stream says along the row, (B, W, F), and the condition."""
        self.input.begin(state.input, i, F.linear(vertical.active, state.from_vertical, state.bias).mT)
        told = self.told.bias(condition.row(i))
        self.output.begin(state.output, i, None if told is None else told[:, :, 0])
