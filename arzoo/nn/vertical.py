"""Convolutions of a vertical stack: they read their own row, whole, and rows above it.

Their output at a row is due once that row of the input is finished, so their incremental form takes whole rows:

    state(batch, height, width) -> state      row(state, i, row) -> row

Shapes are (B, C, W); in memory the channels of a pixel lie together, as what stands at a position wants them.

Whatever a vertical stack hands to a horizontal one is shifted down a row first.
"""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from arzoo.nn.convolution import odd_kernel
from arzoo.nn.masks import row_dependence, strided_positions, upsampled_dependence


@dataclass
class RowsState:
    """What a vertical convolution keeps between rows.

    Attributes:
        window: The inputs that the kernel reaches, (B, in, above + 1, W).
        rows: The same, row by row, (B, in, W) each.
        weight: As the convolution is to use it: a weight that is computed (by weight normalisation, say) is computed
            once.
        bias: (out,) or None.
    """

    window: Tensor
    rows: Sequence[Tensor]
    weight: Tensor
    bias: Tensor | None


@dataclass
class SpreadRowsState:
    """What a transposed vertical convolution keeps between rows.

    Attributes:
        rows: The output rows that the last input gave, (B, out, stride * W) each.
        weight: As `RowsState` has it.
        bias: (out,).
    """

    rows: Sequence[Tensor]
    weight: Tensor
    bias: Tensor


class VerticalConv2d(nn.Module):
    """Convolution over the current row, whole, and the rows above it; its output is due once the row is finished.

    A vertical stack of such layers has no blind spot.

    Args:
        in_channels: Number of input feature maps.
        out_channels: Number of output feature maps.
        kernel_size: Height and width of the kernel before its lower half is cut off, odd; one number for a square. The
            2 x 3 filters of PixelCNN++ are what is left of a kernel of 3.
        stride: Rows and columns from one output to the next; output (i, j) belongs to input (stride * i, stride * j).
        bias: Whether to add a bias.

    Raises:
        ConfigError: If the kernel is even.

    References:
        van den Oord et al. 2016b, "Conditional Image Generation with PixelCNN Decoders", section 2.2.
        Salimans et al. 2017, "PixelCNN++", section 2.3 (strides).
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | tuple[int, int],
        *,
        stride: int = 1,
        bias: bool = True,
    ) -> None:
        super().__init__()
        height, width = odd_kernel(kernel_size)
        self.above, self.side, self.stride = height // 2, width // 2, stride
        self.weight = nn.Parameter(torch.empty(out_channels, in_channels, self.above + 1, width))
        self.bias = nn.Parameter(torch.empty(out_channels)) if bias else None
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw weights and bias uniformly within 1/sqrt(number of inputs)."""
        bound = 1 / math.sqrt(self.weight[0].numel())
        for parameter in self.parameters():
            nn.init.uniform_(parameter, -bound, bound)

    def forward(self, x: Tensor) -> Tensor:
        """Convolve the whole grid: (B, in, H, W) to (B, out, H / stride, W / stride)."""
        rows = -(-x.shape[2] // self.stride)
        return F.conv2d(x, self.weight, self.bias, self.stride, (self.above, self.side))[:, :, :rows]

    def dependence(self, grid: tuple[int, int, int]) -> Tensor:
        """Which input positions each output position reads, booleans (C*H*W / stride**2, C*H*W)."""
        return row_dependence(grid, self.above, self.side)[strided_positions(grid, self.stride)]

    def state(self, batch: int, height: int, width: int) -> RowsState:
        """An empty state, for inputs of `height` x `width`."""
        weight = self.weight.detach().contiguous(memory_format=torch.channels_last)
        window = weight.new_zeros(batch, self.above + 1, width, weight.shape[1]).permute(0, 3, 1, 2)
        return RowsState(window, window.unbind(2), weight, self.bias)

    def row(self, state: RowsState, i: int, row: Tensor) -> Tensor | None:
        """Take a finished row and give the output that is due with it.

        Args:
            state: The layer's state, updated in place.
            i: Row of the input.
            row: Input (B, in, W).

        Returns:
            Output row i / stride, (B, out, W / stride), or None where `i` is no multiple of the stride.
        """
        for upper, lower in itertools.pairwise(state.rows):
            upper.copy_(lower)
        state.rows[-1].copy_(row)
        if i % self.stride:
            return None
        return F.conv2d(state.window, state.weight, state.bias, self.stride, (0, self.side))[:, :, 0]


class VerticalConvTranspose2d(nn.Module):
    """The transposed counterpart of a strided `VerticalConv2d`: each input row gives `stride` output rows.

    Args:
        in_channels: Number of input feature maps.
        out_channels: Number of output feature maps.
        width: Columns of the kernel, odd, at least the stride; its rows are as many as the stride.
        stride: Output rows and columns to each of the input.

    References:
        Salimans et al. 2017, "PixelCNN++", section 2.3.
    """

    def __init__(self, in_channels: int, out_channels: int, width: int = 3, *, stride: int = 2) -> None:
        super().__init__()
        self.stride, self.side = stride, width // 2
        self.weight = nn.Parameter(torch.empty(in_channels, out_channels, stride, width))
        self.bias = nn.Parameter(torch.empty(out_channels))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw weights and bias uniformly within 1/sqrt(number of inputs of an output)."""
        bound = 1 / math.sqrt(max(1.0, self.weight[:, 0].numel() / self.stride**2))
        for parameter in self.parameters():
            nn.init.uniform_(parameter, -bound, bound)

    def forward(self, x: Tensor) -> Tensor:
        """Take the whole grid from (B, in, H, W) to (B, out, stride * H, stride * W)."""
        return self._convolve(x, self.weight, self.bias)

    def _convolve(self, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        surplus = self.stride * x.shape[3] - ((x.shape[3] - 1) * self.stride + weight.shape[3] - 2 * self.side)
        return F.conv_transpose2d(x, weight, bias, self.stride, (0, self.side), (0, surplus))

    def dependence(self, grid: tuple[int, int, int]) -> Tensor:
        """Which input positions each output position reads, booleans (C*H*W * stride**2, C*H*W)."""
        return upsampled_dependence(grid, self.stride, self.side, self.weight.shape[3])

    def state(self, batch: int, height: int, width: int) -> SpreadRowsState:
        """An empty state, for inputs of `height` x `width`."""
        return SpreadRowsState((), self.weight.detach().contiguous(memory_format=torch.channels_last), self.bias)

    def row(self, state: SpreadRowsState, i: int, row: Tensor | None) -> Tensor:
        """Give an output row.

        Args:
            state: The layer's state, updated in place.
            i: Row of the output.
            row: Input row i / stride, (B, in, W), where `i` is a multiple of the stride; else it is not looked at.

        Returns:
            Output (B, out, stride * W).
        """
        if row is not None and i % self.stride == 0:
            state.rows = self._convolve(row[:, :, None], state.weight, state.bias).unbind(2)
        return state.rows[i % self.stride]


def add_shifted_down(x: Tensor, above: Tensor) -> Tensor:
    """Add to each row what the row above it tells; the first row, which has none above it, stays as it is.

    Args:
        x: Features (B, C, H, W), updated in place: the largest maps of a layer are not copied to be shifted.
        above: Features (B, C, H, W) of which row i is added to row i + 1.

    Returns:
        `x`.
    """
    x[:, :, 1:] += above[:, :, :-1]
    return x


def shifted_down(x: Tensor) -> Tensor:
    """Features (B, C, H, W) of which row i is what row i - 1 was; the first is zero."""
    return F.pad(x, (0, 0, 1, -1))
