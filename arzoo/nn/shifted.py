"""Convolutions of a horizontal stack of whole pixels: they read a rectangle whose lower right corner is the position.

    DownRightShiftedConv2d, 2 x 2      x x        a position reads itself, its left neighbour, and the two above
                                       x o

Their incremental form has two phases (see `arzoo.nn.convolution`). States belong to the caller and are updated in
place; they hold the weights packed for the products, so they are made anew after the weights have changed.
"""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from arzoo.nn.masks import strided_positions, upsampled_dependence, window_dependence
from arzoo.nn.packed import PackedProduct


@dataclass
class CornerState:
    """What a down-right shifted convolution keeps between positions.

    Views are made once: a slice at each position would take as long as a small product.

    Attributes:
        rows: The layer's inputs along the last rows, as many as the kernel reaches above the current one, each
            (B, left + W, in); the first `left` columns stay zero. What is known of a row from those above it is worked
            out when it begins, so that its inputs can go over those of the row before. Of a 1x1 convolution, the last
            input alone.
        above: The same as one, (B, in, above, left + W).
        known: What is known since the row began, (W / stride, B, out); None as long as that is the bias alone.
        sums: What is known, or the bias, by columns of the input, (B, out) each.
        upper: The taps of the rows above, (out, in, above, left + 1).
        current: The product with the taps of the current row, (taps * in, out).
        bias: (out,).
        places: Where inputs are written: a view of the current row, (B, in), a column.
        windows: What is multiplied at a column: a view of the current row, (B, taps * in), each.
    """

    rows: Sequence[Tensor]
    above: Tensor
    known: Tensor | None
    sums: Sequence[Tensor]
    upper: Tensor
    current: PackedProduct
    bias: Tensor
    places: list[Tensor]
    windows: list[Tensor]

    def tell(self, known: Tensor, stride: int) -> None:
        """Keep what is known of a row, (W / stride or 1, B, out)."""
        if self.known is None:
            self.known = known.new_empty(-(-len(self.places) // stride), *known.shape[1:])
            self.sums = [self.known[place // stride] for place in range(len(self.places))]
        self.known.copy_(known)

    def write(self, j: int, x: Tensor) -> None:
        """Write the input (B, in) at column `j` of the current row."""
        self.places[j].copy_(x)

    def read(self, j: int) -> Tensor:
        """The output (B, out) that belongs to column `j` of the input, from what has been written."""
        return self.current(self.sums[j], self.windows[j])


class DownRightShiftedConv2d(nn.Module):
    """Convolution over the positions above and to the left, the position itself included.

    Causal in every ordering that draws what is above and to the left of a pixel before it: raster and zigzag, say.

    Args:
        in_channels: Number of input feature maps.
        out_channels: Number of output feature maps.
        kernel_size: Rows and columns of the kernel; one number for a square.
        stride: Rows and columns from one output to the next; output (i, j) belongs to input (stride * i, stride * j).

    References:
        Salimans et al. 2017, "PixelCNN++", section 2.3 and figure 2; Chen et al. 2018, "PixelSNAIL", section 2.
    """

    def __init__(
        self, in_channels: int, out_channels: int, kernel_size: int | tuple[int, int] = 2, *, stride: int = 1
    ) -> None:
        super().__init__()
        height, width = (kernel_size, kernel_size) if isinstance(kernel_size, int) else kernel_size
        self.above, self.left, self.stride = height - 1, width - 1, stride
        self.is_pointwise = height == width == stride == 1  # nothing that was written before is read
        self.weight = nn.Parameter(torch.empty(out_channels, in_channels, height, width))
        self.bias = nn.Parameter(torch.empty(out_channels))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw weights and bias uniformly within 1/sqrt(number of inputs)."""
        bound = 1 / math.sqrt(self.weight[0].numel())
        for parameter in self.parameters():
            nn.init.uniform_(parameter, -bound, bound)

    def forward(self, x: Tensor) -> Tensor:
        """Convolve the whole grid: (B, in, H, W) to (B, out, H / stride, W / stride)."""
        rows, columns = (-(-size // self.stride) for size in x.shape[2:])
        # Padding below and on the right as well costs a row and a column, less than a copy of the input.
        y = F.conv2d(x, self.weight, self.bias, self.stride, (self.above, self.left))
        return y[:, :, :rows, :columns]

    def dependence(self, grid: tuple[int, int, int]) -> Tensor:
        """Which input positions each output position reads, booleans (C*H*W / stride**2, C*H*W)."""
        whole = window_dependence(grid, self.above, self.left, 0, "B")
        return whole[strided_positions(grid, self.stride)]

    def state(self, batch: int, height: int, width: int, *, diagonals: bool = False) -> CornerState:
        """An empty state, for inputs of `height` x `width`.

        Args:
            batch: Number of images.
            height: Rows of the input.
            width: Columns of the input.
            diagonals: Whether the image is walked by anti-diagonals, as in zigzag. `begin` and `at` then
                take the diagonal i + j for their row, and the row i for their column; the stride must be 1.
        """
        weight, bias = self.weight.detach(), self.bias.detach()
        taps, left, places = (1, self.above, height) if diagonals else (self.left + 1, self.left, width)
        weight = sheared(weight) if diagonals else weight
        above, columns = weight.shape[2] - 1, 1 if self.is_pointwise else left + places
        rows = weight.new_zeros(batch, max(1, above), columns, weight.shape[1])
        ends = [1] * places if self.is_pointwise else range(left + 1, left + 1 + places)
        return CornerState(
            rows.unbind(1),
            rows.permute(0, 3, 1, 2),
            None,
            [bias.repeat(batch, 1)] * places,
            weight[:, :, :-1].contiguous(memory_format=torch.channels_last),
            PackedProduct(weight[:, :, -1, left + 1 - taps :].permute(2, 1, 0).flatten(0, 1), batch),
            bias,
            [rows[:, -1, end - 1] for end in ends],
            [rows[:, -1, end - taps : end].flatten(1) for end in ends],
        )

    def begin(self, state: CornerState, i: int, known: Tensor | None = None) -> None:
        """Begin row `i` of the input: add up all that is known of its outputs from the rows above.

        Args:
            state: The layer's state.
            i: Row of the input.
            known: What another stream adds, (B, out, W / stride); (B, out, 1) if that is the same all along the row.
        """
        if i % self.stride == 0:
            if state.upper.shape[2]:
                taps = F.conv2d(state.above, state.upper, state.bias, self.stride)[:, :, 0]
                known = taps if known is None else taps + known
            elif known is not None:
                known = known + state.bias[:, None]
            if known is not None:
                state.tell(known.permute(2, 0, 1), self.stride)
        for upper, lower in itertools.pairwise(state.rows):
            upper.copy_(lower)

    def at(self, state: CornerState, i: int, j: int, x: Tensor) -> Tensor | None:
        """Write the input (B, in) at a position and give the output that is due there.

        Returns:
            Output (B, out), or None where `i` or `j` is no multiple of the stride.
        """
        if self.is_pointwise:
            return state.current(state.sums[j], x)
        state.write(j, x)
        return None if i % self.stride or j % self.stride else state.read(j)


def sheared(weight: Tensor) -> Tensor:
    """A down-right kernel in the coordinates of anti-diagonals: its rows are diagonals, its columns the old rows.

    The tap at (row, column) of an h x w kernel goes to (row + column, row), which leaves the position itself at the
    lower right corner and alone on its diagonal:

        a b      a .      on diagonal i + j - 2
        c d      b c      on diagonal i + j - 1
                 . d      on diagonal i + j; columns: row i - 1, row i

    What is left to do at a position is then one tap; the others are known when the diagonal begins.

    Args:
        weight: (out, in, h, w).

    Returns:
        (out, in, h + w - 1, h).
    """
    height, width = weight.shape[2:]
    skewed = weight.new_zeros(*weight.shape[:2], height + width - 1, height)
    for row in range(height):
        skewed[:, :, row : row + width, row] = weight[:, :, row]
    return skewed


@dataclass
class SpreadState:
    """What a transposed convolution keeps between positions.

    Attributes:
        blocks: What each input of the current row gave, its outputs (B, out) row after row of its block.
        spread: The product that gives a whole block, with weights (in, stride * stride * out).
        bias: Of a block, (B, stride * stride * out).
    """

    blocks: list[Sequence[Tensor]]
    spread: PackedProduct
    bias: Tensor


class DownRightShiftedConvTranspose2d(nn.Module):
    """The transposed counterpart of a strided `DownRightShiftedConv2d`: each input gives a block of outputs.

    The kernel is as large as the stride, so that blocks do not overlap and every output reads one input, the one of its
    own block, whose first position is drawn before all others of the block.

    Args:
        in_channels: Number of input feature maps.
        out_channels: Number of output feature maps.
        stride: Output rows and columns to each of the input.

    References:
        Salimans et al. 2017, "PixelCNN++", section 2.3.
    """

    def __init__(self, in_channels: int, out_channels: int, *, stride: int = 2) -> None:
        super().__init__()
        self.stride = stride
        self.weight = nn.Parameter(torch.empty(in_channels, out_channels, stride, stride))
        self.bias = nn.Parameter(torch.empty(out_channels))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw weights and bias uniformly within 1/sqrt(number of inputs of an output)."""
        bound = 1 / math.sqrt(len(self.weight))
        for parameter in self.parameters():
            nn.init.uniform_(parameter, -bound, bound)

    def forward(self, x: Tensor) -> Tensor:
        """Take the whole grid from (B, in, H, W) to (B, out, stride * H, stride * W)."""
        return F.conv_transpose2d(x, self.weight, self.bias, self.stride)

    def dependence(self, grid: tuple[int, int, int]) -> Tensor:
        """Which input positions each output position reads, booleans (C*H*W * stride**2, C*H*W)."""
        return upsampled_dependence(grid, self.stride, 0, self.stride)

    def state(self, batch: int, height: int, width: int) -> SpreadState:
        """An empty state, for inputs of `height` x `width`."""
        weight, bias = self.weight.detach(), self.bias.detach()
        spread = PackedProduct(weight.permute(0, 2, 3, 1).flatten(1), batch)
        return SpreadState([()] * width, spread, bias.repeat(batch, self.stride**2))

    def at(self, state: SpreadState, i: int, j: int, x: Tensor | None) -> Tensor:
        """Give the output at a position.

        Args:
            state: The layer's state.
            i: Row of the output.
            j: Column of the output.
            x: Input (B, in) at (i / stride, j / stride), where both are whole; elsewhere None.

        Returns:
            Output (B, out).
        """
        block, column = divmod(j, self.stride)
        if x is not None:  # the whole block at once: one product in the place of several
            state.blocks[block] = state.spread(state.bias, x).chunk(self.stride**2, 1)
        return state.blocks[block][i % self.stride * self.stride + column]


def shifted_right(x: Tensor) -> Tensor:
    """Features (B, C, H, W) of which column j is what column j - 1 was; the first is zero."""
    return F.pad(x, (1, -1))


def with_ones(x: Tensor) -> Tensor:
    """Pixels (B, C, ...) with a further channel of ones, by which a layer can tell the padding around the image."""
    return torch.cat([x, torch.ones_like(x[:, :1])], 1)
