"""Which inputs a masked convolution may see: mask types, channel groups, and the dependence they give.

A mask has two types (van den Oord et al. 2016a, section 3.4, figure 4). Type "A" hides the position itself and belongs
to a network's first layer; type "B" shows it and belongs to all later ones. For a 5x5 kernel and one colour:

    type A   1 1 1 1 1      type B   1 1 1 1 1
             1 1 1 1 1               1 1 1 1 1
             1 1 . . .               1 1 1 . .
             . . . . .               . . . . .
             . . . . .               . . . . .

With several colours the feature maps are split into as many groups, in the order R, G, B, and the position itself
connects
group to group: type "A" lets G see R, and B see R and G; type "B" also lets each group see itself.
"""

from typing import Literal

import torch
from torch import Tensor

from arzoo.errors import ConfigError

MaskType = Literal["A", "B"]


def channel_groups(num_channels: int, num_groups: int) -> Tensor:
    """The group of each channel: `num_groups` contiguous runs, as even as the number of channels allows.

    Args:
        num_channels: Number of feature maps.
        num_groups: Number of colours that are positions of their own; 1 where there is nothing to separate.

    Returns:
        Integers (num_channels,), non-decreasing from 0 to num_groups - 1.

    Raises:
        ConfigError: If there are fewer channels than groups.

    Example:
        >>> channel_groups(4, 3).tolist()
        [0, 0, 1, 2]
    """
    if num_channels < num_groups:
        raise ConfigError(
            f"A layer needs at least one channel a colour: {num_groups}, got {num_channels}. Use channels={num_groups}."
        )
    return torch.arange(num_channels, device="cpu") * num_groups // num_channels


def centre_mask(out_groups: Tensor, in_groups: Tensor, mask_type: MaskType) -> Tensor:
    """Who sees whom at the position itself.

    Args:
        out_groups: Group of each output channel, (out,).
        in_groups: Group of each input channel, (in,).
        mask_type: "A": strictly earlier groups; "B": earlier groups and one's own.

    Returns:
        Booleans (out, in).
    """
    if mask_type == "A":
        return in_groups[None, :] < out_groups[:, None]
    return in_groups[None, :] <= out_groups[:, None]


def causal_mask(centre: Tensor, above: int, left: int, right: int) -> Tensor:
    """The mask of a kernel of `above` whole rows and one row that ends at the position.

    Args:
        centre: Mask at the position itself, (out, in), from `centre_mask`.
        above: Number of kernel rows above the position.
        left: Number of kernel columns to its left.
        right: Number of kernel columns to its right (seen in the rows above only).

    Returns:
        Booleans (out, in, above + 1, left + 1 + right).
    """
    mask = torch.ones(*centre.shape, above + 1, left + 1 + right, dtype=torch.bool, device="cpu")
    mask[:, :, above, left] = centre
    mask[:, :, above, left + 1 :] = False
    return mask


def window_dependence(grid: tuple[int, int, int], above: int, left: int, right: int, mask_type: MaskType) -> Tensor:
    """Which positions one masked convolution reads, from its geometry alone.

    Args:
        grid: Colours, height and width (C, H, W) of the positions.
        above: Number of kernel rows above the position.
        left: Number of kernel columns to its left.
        right: Number of kernel columns to its right in the rows above.
        mask_type: Mask of the position itself.

    Returns:
        Booleans (C*H*W, C*H*W): row, the flat position computed; column, the flat position read.
    """
    c, i, j = _coordinates(grid)
    up, back = i[:, None] - i[None, :], j[:, None] - j[None, :]
    over = (up > 0) & (up <= above) & (back <= left) & (back >= -right)
    beside = (up == 0) & (back > 0) & (back <= left)
    colour = c[:, None] > c[None, :] if mask_type == "A" else c[:, None] >= c[None, :]
    return over | beside | ((up == 0) & (back == 0) & colour)


def row_dependence(grid: tuple[int, int, int], above: int, side: int) -> Tensor:
    """Which positions a vertical convolution reads: its own row, whole, and the rows above it.

    Args:
        grid: Colours, height and width (C, H, W) of the positions.
        above: Number of kernel rows above the position's own.
        side: Number of kernel columns on either side.

    Returns:
        Booleans (C*H*W, C*H*W), as in `window_dependence`.
    """
    _, i, j = _coordinates(grid)
    up, aside = i[:, None] - i[None, :], (j[:, None] - j[None, :]).abs()
    return (up >= 0) & (up <= above) & (aside <= side)


def above_dependence(grid: tuple[int, int, int]) -> Tensor:
    """Which positions a link reads that is shifted down a row: all colours of the pixel above.

    Args:
        grid: Colours, height and width (C, H, W) of the positions.

    Returns:
        Booleans (C*H*W, C*H*W), as in `window_dependence`.
    """
    _, i, j = _coordinates(grid)
    return (i[:, None] - i[None, :] == 1) & (j[:, None] == j[None, :])


def left_dependence(grid: tuple[int, int, int]) -> Tensor:
    """Which positions a link reads that is shifted to the right: all colours of the pixel to the left.

    Args:
        grid: Colours, height and width (C, H, W) of the positions.

    Returns:
        Booleans (C*H*W, C*H*W), as in `window_dependence`.
    """
    _, i, j = _coordinates(grid)
    return (i[:, None] == i[None, :]) & (j[:, None] - j[None, :] == 1)


def strided_positions(grid: tuple[int, int, int], stride: int) -> Tensor:
    """Flat places of the positions that a strided layer keeps: every `stride`-th row and column, from the first.

    Example:
        >>> strided_positions((1, 2, 4), 2).tolist()
        [0, 2]
    """
    _, i, j = _coordinates(grid)
    return torch.nonzero((i % stride == 0) & (j % stride == 0)).flatten()


def upsampled_dependence(grid: tuple[int, int, int], stride: int, side: int, width: int) -> Tensor:
    """Which positions a transposed convolution reads whose kernel has as many rows as the stride.

    Args:
        grid: Colours, height and width (C, H, W) of the input.
        stride: Output rows and columns to each of the input.
        side: Columns of the kernel to the left of the output column that belongs to the input.
        width: Columns of the kernel.

    Returns:
        Booleans (C*H*W * stride**2, C*H*W): row, the flat position computed; column, the flat position read.
    """
    _, i, j = _coordinates(grid)
    _, row, column = _coordinates((grid[0], stride * grid[1], stride * grid[2]))
    tap = column[:, None] - stride * j[None, :] + side
    return (row[:, None] // stride == i[None, :]) & (tap >= 0) & (tap < width)


def _coordinates(grid: tuple[int, int, int]) -> Tensor:
    """Colour, row and column of each flat position, (3, C*H*W)."""
    return torch.cartesian_prod(*(torch.arange(size) for size in grid)).reshape(-1, 3).T


def through(outer: Tensor, inner: Tensor) -> Tensor:
    """The dependence of two layers on top of each other: whom `outer` reads, and whom those read.

    Args:
        outer: Booleans (P, Q).
        inner: Booleans (Q, E).

    Returns:
        Booleans (P, E).
    """
    return outer.float() @ inner.float() > 0
