"""The U of PixelCNN++: two streams at one resolution, with the network at half of it inside.

References:
    Salimans et al. 2017, "PixelCNN++", sections 2.3 (strides) and 2.4, figure 2 (short-cuts).
"""

from dataclasses import dataclass
from typing import NamedTuple

from torch import Tensor, nn

from arzoo.nn import (
    Condition,
    ConditionSize,
    CornerState,
    DownRightShiftedConv2d,
    DownRightShiftedConvTranspose2d,
    RowsState,
    SpreadRowsState,
    SpreadState,
    VerticalConv2d,
    VerticalConvTranspose2d,
    concat_elu,
    through,
    weight_normalised,
)
from arzoo_pixelcnnpp.blocks import Features, HorizontalBlock, HorizontalState, VerticalBlock, VerticalState


class Streams(NamedTuple):
    """The two streams: the vertical one knows the rows above, the horizontal one also the pixels to the left.

    Attributes:
        vertical: Features, or in `dependence` booleans (pixels of the scale, pixels of the image).
        horizontal: The same.
    """

    vertical: Features
    horizontal: Features


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
    vertical_up: SpreadRowsState
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

    def horizontal_blocks(self) -> list[nn.Module]:
        """The blocks of the horizontal stream in the order in which they run, those of the scales inside among them."""
        inner = self.inner.horizontal_blocks() if self.inner is not None else []
        return [*self.up_horizontal, *inner, *self.down_horizontal]

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
        """Begin row `i`: take the vertical stream along it, (B, W, F), all the way, and tell the horizontal blocks."""
        passed = [vertical]
        for k, (above, beside) in enumerate(zip(self.up_vertical, self.up_horizontal, strict=True)):
            passed.append(above.row(state.up_vertical[k], i, passed[-1], None, conditions[0]))
            beside.begin(state.up_horizontal[k], i, passed[-1], conditions[0])
        vertical = passed.pop() if self.inner is None else self.begin_inside(state, i, passed[-1], conditions[1:])
        for k, (above, beside) in enumerate(zip(self.down_vertical, self.down_horizontal, strict=True)):
            vertical = above.row(state.down_vertical[k], i, vertical, passed.pop(), conditions[0])
            beside.begin(state.down_horizontal[k], i, vertical, conditions[0])
        return vertical

    def begin_inside(self, state: ScaleState, i: int, vertical: Features, conditions: list[Condition]) -> Features:
        """Begin a row of the scales inside, where one is due, and bring the vertical stream back from there."""
        own, way = state.resampling, self.resampling
        way.horizontal_down.begin(own.horizontal_down, i)
        row = way.vertical_down.row(own.vertical_down, i, vertical.x.mT)
        if row is not None:
            row = self.inner.begin(state.inner, i // 2, Features.of_row(row.mT), conditions).x.mT
        return Features.of_row(way.vertical_up.row(own.vertical_up, i, row).mT)

    def at(self, state: ScaleState, i: int, j: int, x: Tensor) -> Tensor:
        """Take the horizontal stream at a pixel, (B, F), all the way."""
        passed = []
        for block in state.up_horizontal:
            x, active = block.at(j, x)
            passed.append(active)
        if self.inner is not None:
            passed.append(concat_elu(x))
            x = self.at_inside(state, i, j, x)
        for block in state.down_horizontal:
            x, _ = block.at(j, x, passed.pop())
        return x

    def at_inside(self, state: ScaleState, i: int, j: int, x: Tensor) -> Tensor:
        """Take the horizontal stream through the scales inside, where a pixel of theirs is due, and bring it back."""
        own, way = state.resampling, self.resampling
        y = way.horizontal_down.at(own.horizontal_down, i, j, x)
        if y is not None:
            y = self.inner.at(state.inner, i // 2, j // 2, y)
        return way.horizontal_up.at(own.horizontal_up, i, j, y)
