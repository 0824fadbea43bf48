"""LSTMs over images: the Row LSTM, and the Diagonal BiLSTM whose two directions meet.

Both are causal of type "B" and have the incremental form of a masked convolution:

    state(batch, height, width) -> state   begin(state, i, told, image) -> None   at(state, i, j, x, group) -> y

Their states hold one group of channels a colour. Hidden states that are heard lie at other pixels, all colours of
which are known, so that masks are on the input alone.

References:
    van den Oord, Kalchbrenner, Kavukcuoglu, "Pixel Recurrent Neural Networks", 2016: sections 3.1 (Row LSTM), 3.2
    (Diagonal BiLSTM), 3.4 (masks), table 1.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from arzoo.nn.conditioning import Condition, ConditionBias, ConditionSize
from arzoo.nn.convolution import MaskedConv2d, WindowState, odd_kernel
from arzoo.nn.masks import above_dependence, channel_groups, left_dependence, row_dependence, through
from arzoo.nn.sweep import carried_on, diagonal_sweep, row_sweep, swept
from arzoo.nn.vertical import shifted_down


@dataclass
class RowState:
    """What a Row LSTM keeps between positions.

    Attributes:
        input: State of the input-to-state convolution, which holds all that is known of the row.
        hidden: Hidden states of the row above, and of the row itself so far, (side + W + side, B, h); the sides stay
            zero.
        cells: The same of the cells, (W, B, h).
    """

    input: WindowState
    hidden: Tensor
    cells: Tensor


class RowLSTM(nn.Module):
    """A convolutional LSTM from row to row: a pixel sees a triangle above it.

        . . . . . . .        k x 1 state-to-state: of the row above, as far as half a kernel to either side
        h h h h h . .
        . h h h . . .        k x 1 input-to-state, masked "B": of the row itself, to the left
        . . x . . . .

    Args:
        in_channels: Number of input feature maps.
        channels: h, of a gate.
        kernel_size: k, odd.
        num_groups: Number of colours.
        told: Size of the condition.

    Raises:
        ConfigError: If the kernel is even, or there are fewer channels than groups.
    """

    def __init__(
        self, in_channels: int, channels: int, kernel_size: int = 3, *, num_groups: int = 1, told: ConditionSize
    ) -> None:
        super().__init__()
        _, k = odd_kernel((1, kernel_size))
        self.channels, self.side, self.groups = channels, k // 2, group_runs(channels, num_groups)
        self.input = MaskedConv2d(in_channels, 4 * channels, (1, k), "B", num_groups=num_groups, num_parts=4)
        self.weight = nn.Parameter(torch.empty(1, k * channels, 4 * channels))
        self.told = ConditionBias(told, 4 * channels)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw the state-to-state weights uniformly within 1/sqrt(number of inputs)."""
        draw_uniform(self.weight)

    def forward(self, x: Tensor, told: Condition, image: Tensor) -> Tensor:
        """Hidden states (B, h, H, W) of features (B, in, H, W); of the image nothing but what `x` says is heard."""
        height, width = x.shape[2:]
        gates = self.told(self.input(x), told)
        return channels_last(swept([gates], self.weight, row_sweep(height, width, self.side))[0])

    def dependence(self, grid: tuple[int, int, int]) -> Tensor:
        """Which positions of its input the layer reads, booleans (C*H*W, C*H*W): the triangle."""
        heard = through(above_dependence(grid), row_dependence(grid, 0, self.side))
        return through(again_and_again(heard), self.input.dependence(grid))

    def image_dependence(self, grid: tuple[int, int, int]) -> Tensor:
        """Which positions of the image the layer reads past its input: none."""
        return torch.zeros(2 * (math.prod(grid),), dtype=torch.bool)

    def state(self, batch: int, height: int, width: int) -> RowState:
        """An empty state."""
        hidden = self.weight.new_zeros(2 * self.side + width, batch, self.channels)
        return RowState(self.input.state(batch, height, width), hidden, torch.zeros_like(hidden)[:width])

    def begin(self, state: RowState, i: int, told: Condition, image: Tensor) -> None:
        """Begin row `i`: what all its pixels hear from the row above is one product."""
        width = len(state.cells)
        windows = torch.cat([state.hidden[tap : tap + width] for tap in range(2 * self.side + 1)], -1)
        known = (windows @ self.weight[0].detach()).permute(1, 2, 0)
        self.input.begin(state.input, i, self.told(known.unsqueeze(2), told.row(i))[:, :, 0])

    def at(self, state: RowState, i: int, j: int, x: Tensor, group: int = 0) -> Tensor:
        """Hidden state (B, h of the group) at a position, from the input (B, in of the group) there."""
        own = self.groups[group]
        gates = self.input.at(state.input, i, j, x, group)
        state.cells[j, :, own], hidden = carried_on(gates, state.cells[j, :, own])
        state.hidden[self.side + j, :, own] = hidden
        return hidden


@dataclass
class DiagonalState:
    """What a Diagonal BiLSTM keeps between positions.

    Attributes:
        inputs: Input of the row, (B, in, W).
        left: State of the input-to-state convolution of the direction from the left.
        hidden: Hidden states of that direction, of the row above and of the row itself so far, (B, 1 + W, h), the first
            zero.
        heard: What of them a column hears: a view, left neighbour and the one above, (B, 2h), each.
        fresh: Hidden state of that direction at this pixel, of its colours so far, (B, h).
        cell: Cell state of that direction at the pixel before, and of this pixel's colours so far, (B, h).
        right: Hidden states of the direction from the right in the row above, (W, B, h).
        gates: Weights of what is heard, for each group the gates of the group, (2h, out).
        input_groups: For each group its run of input channels.
    """

    inputs: Tensor
    left: WindowState
    hidden: Tensor
    heard: list[Tensor]
    fresh: Tensor
    cell: Tensor
    right: Tensor
    gates: list[Tensor]
    input_groups: list[slice]


class DiagonalBiLSTM(nn.Module):
    """Two LSTMs along the diagonals, which together see all of the past.

        from the left      from the right, moved down a row     together
        o o o o . . .      . . . o o o o                        o o o o o o o
        o o o o . . .      . . . o o o o                        o o o o o o o
        o o o o . . .      . . . o o o o                        o o o o o o o
        o o o x . . .      . . . x . . .                        o o o x . . .

    The direction from the right hears of a row that is known, since its map is moved down. In the first layer of a
    network, where features do not show their own position yet, it may be shown the image: else the last pixel of the
    row above would stay hidden from all but the end of a row.

    Args:
        in_channels: Number of input feature maps.
        channels: h, of a gate.
        num_groups: Number of colours.
        told: Size of the condition.
        image_channels: Feature maps of the image that the direction from the right is shown; 0 for none.

    Raises:
        ConfigError: If there are fewer channels than groups.
    """

    def __init__(
        self, in_channels: int, channels: int, *, num_groups: int = 1, told: ConditionSize, image_channels: int = 0
    ) -> None:
        super().__init__()
        self.channels, self.image_channels = channels, image_channels
        self.groups, self.input_groups = group_runs(channels, num_groups), group_runs(in_channels, num_groups)
        self.left, self.right = (
            MaskedConv2d(in_channels, 4 * channels, 1, "B", num_groups=num_groups, num_parts=4) for _ in range(2)
        )
        self.weight = nn.Parameter(torch.empty(2, 2 * channels, 4 * channels))
        self.for_left = ConditionBias(told, 4 * channels)
        self.for_right = ConditionBias(ConditionSize(told.vector, told.map + image_channels), 4 * channels)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw the state-to-state weights uniformly within 1/sqrt(number of inputs)."""
        draw_uniform(self.weight)

    def forward(self, x: Tensor, told: Condition, image: Tensor) -> Tensor:
        """Hidden states (B, h, H, W) of both directions, of features (B, in, H, W) and the image (B, c, H, W)."""
        left, right = self.for_left(self.left(x), told), self.for_right(self.right(x), self.shown(told, image))
        hidden = swept([left, right.flip(3)], self.weight, diagonal_sweep(x.shape[2], x.shape[3]))
        return channels_last(hidden[0] + shifted_down(hidden[1].flip(3)))

    def shown(self, told: Condition, image: Tensor) -> Condition:
        """What the direction from the right is told: the context, and the image if it is shown that."""
        if not self.image_channels:
            return told
        return Condition(told.vector, image if told.map is None else torch.cat([told.map, image], 1))

    def dependence(self, grid: tuple[int, int, int]) -> Tensor:
        """Which positions of its input the layer reads, booleans (C*H*W, C*H*W)."""
        above, left = above_dependence(grid), left_dependence(grid)
        from_left = through(again_and_again(above | left), self.left.dependence(grid))
        from_right = through(again_and_again(above | left.T), self.right.dependence(grid))
        return from_left | through(above, from_right)

    def image_dependence(self, grid: tuple[int, int, int]) -> Tensor:
        """Which positions of the image the layer reads past its input, booleans (C*H*W, C*H*W)."""
        above, pixel = above_dependence(grid), row_dependence(grid, 0, 0)
        shown = through(above, through(again_and_again(above | left_dependence(grid).T), pixel))
        return shown & bool(self.image_channels)

    def state(self, batch: int, height: int, width: int) -> DiagonalState:
        """An empty state."""
        zeros, weight = self.weight.new_zeros, self.weight[0].detach()
        left, hidden = self.left.state(batch, height, width), zeros(batch, 1 + width, self.channels)
        return DiagonalState(
            zeros(batch, len(self.left.in_groups), width),
            left,
            hidden,
            [hidden[:, j : j + 2].flatten(1) for j in range(width)],
            zeros(batch, self.channels),
            zeros(batch, self.channels),
            zeros(width, batch, self.channels),
            [weight[:, own].contiguous() for own in left.outputs],
            self.input_groups,
        )

    def begin(self, state: DiagonalState, i: int, told: Condition, image: Tensor) -> None:
        """Begin row `i`: the direction from the right goes along the row above."""
        if i:
            self._from_right(state, self.shown(told, image).row(i - 1) if self.image_channels else told.row(i - 1))
        bias = self.for_left.bias(told.row(i))
        self.left.begin(state.left, i, None if bias is None else bias[:, :, 0])
        state.cell.zero_()

    def _from_right(self, state: DiagonalState, told: Condition) -> None:
        """Take the direction from the right along the row whose inputs are all known."""
        beside, above = self.weight[1].detach().split(self.channels)
        known = self.for_right(self.right(state.inputs.unsqueeze(2)), told)[:, :, 0].detach().permute(2, 0, 1)
        known = known + state.right @ above
        cell = hidden = torch.zeros_like(state.cell)
        for j in reversed(range(len(known))):
            cell, hidden = carried_on(torch.addmm(known[j], hidden, beside), cell)
            state.right[j] = hidden

    def at(self, state: DiagonalState, i: int, j: int, x: Tensor, group: int = 0) -> Tensor:
        """Hidden state (B, h of the group) at a position, from the input (B, in of the group) there."""
        own = self.groups[group]
        state.inputs[:, state.input_groups[group], j] = x
        gates = torch.addmm(self.left.at(state.left, i, j, x, group), state.heard[j], state.gates[group])
        state.cell[:, own], hidden = carried_on(gates, state.cell[:, own])
        state.fresh[:, own] = hidden
        if group == len(self.groups) - 1:  # until then the colours hear of the pixel above, whose place this is
            state.hidden[:, 1 + j] = state.fresh
        return hidden + state.right[j, :, own]


def group_runs(channels: int, num_groups: int) -> list[slice]:
    """The run of channels of each group, as `channel_groups` has them.

    Example:
        >>> group_runs(4, 3)
        [slice(0, 2, None), slice(2, 3, None), slice(3, 4, None)]
    """
    groups = channel_groups(channels, num_groups).tolist()
    return [slice(groups.index(g), groups.index(g) + groups.count(g)) for g in range(num_groups)]


def channels_last(x: Tensor) -> Tensor:
    """Features (B, C, H, W) with the channels of a pixel side by side in memory, as the recurrence reads them."""
    return x.contiguous(memory_format=torch.channels_last)


def draw_uniform(weight: Tensor) -> None:
    """Draw state-to-state weights (directions, inputs, outputs) uniformly within 1/sqrt(number of inputs)."""
    bound = 1 / math.sqrt(weight.shape[1])
    nn.init.uniform_(weight, -bound, bound)


def again_and_again(heard: Tensor) -> Tensor:
    """Whom one hears of who hears of those that hear of others, and so on, and oneself.

    Args:
        heard: Booleans (P, P): of whom each position hears at once.

    Returns:
        Booleans (P, P).
    """
    reached = heard | torch.eye(len(heard), dtype=torch.bool)
    while not torch.equal(reached, further := through(reached, reached)):
        reached = further
    return reached
