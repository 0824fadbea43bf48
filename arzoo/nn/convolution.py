"""Masked convolutions, with a whole-grid `forward` and an incremental form.

The incremental form has two phases. What is known when a row begins (the taps above, and whatever a vertical stack
hands over) is one product for the whole row; what is left at a position is one slot written and one window multiplied:

    state(batch, height, width) -> state      begin(state, i, known) -> None      at(state, i, j, x, group) -> y

States belong to the caller and are updated in place. They hold the weights packed for the products, so they are made
anew after the weights have changed.
"""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from arzoo.errors import ConfigError
from arzoo.nn.masks import MaskType, causal_mask, centre_mask, channel_groups, window_dependence
from arzoo.nn.packed import PackedProduct


@dataclass
class WindowState:
    """What a masked convolution keeps between positions.

    Views are made once: a slice at each position would take as long as a small product.

    Attributes:
        rows: The layer's inputs along the last rows, as many as the kernel reaches above the current one, each
            (B, left + W, in); the first `left` columns stay zero. What is known of a row from those above it is worked
            out when it begins, so that its inputs can go over those of the row before. Of a 1x1 convolution, the last
            input alone.
        above: The same as one but for the zeros, (B, in, above, W).
        upper: The taps of the rows above, (out, in, above, left + 1 + right).
        known: Per group, what is known since the row began, (W, B, out of the group); nothing as long as that is the
            bias alone.
        sums: Per group, what is known, or the bias, by columns, (B, out of the group) each.
        products: Per group, with the taps of the current row, ((left + 1) * in, out of the group).
        outputs: Per group, its output channels.
        places: Per group, where its inputs are written: a view of the current row, (B, in of the group), a column.
        windows: What is multiplied at a column: a view of the current row, (B, (left + 1) * in), each.
    """

    rows: Sequence[Tensor]
    above: Tensor
    upper: Tensor
    known: list[Tensor]
    sums: list[Sequence[Tensor]]
    products: list[PackedProduct]
    outputs: list[Tensor]
    places: list[list[Tensor]]
    windows: list[Tensor]

    def tell(self, known: Tensor) -> None:
        """Keep what is known of a row, (W or 1, B, out)."""
        parts = [known] if len(self.outputs) == 1 else [known[:, :, own] for own in self.outputs]
        if not self.known:
            self.known = [part.new_empty(len(self.windows), *part.shape[1:]) for part in parts]
            self.sums = [own.unbind(0) for own in self.known]
        for own, part in zip(self.known, parts, strict=True):
            own.copy_(part)


class MaskedConv2d(nn.Module):
    """Convolution over the positions before (mask "A") or up to (mask "B") the current one, in raster order.

    The kernel stores only its rows down to the current one; of a kernel one row high, only the columns up to the
    current one. The mask is applied as the weights are used and never written into them.

    Args:
        in_channels: Number of input feature maps.
        out_channels: Number of output feature maps.
        kernel_size: Height and width of the kernel before masking, odd; one number for a square.
        mask_type: "A" hides the position itself, "B" shows it.
        num_groups: Number of colours that are positions of their own (see `arzoo.nn.masks`).
        num_parts: Number of equal runs of output channels (2: a signal and its gate), each split into the groups.
        bias: Whether to add a bias.

    Raises:
        ConfigError: If the kernel is even, or there are fewer channels than groups.

    References:
        van den Oord et al. 2016a, "Pixel Recurrent Neural Networks", section 3.4.
    """

    mask: Tensor

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | tuple[int, int],
        mask_type: MaskType,
        *,
        num_groups: int = 1,
        num_parts: int = 1,
        bias: bool = True,
    ) -> None:
        super().__init__()
        height, width = odd_kernel(kernel_size)
        self.above, self.left = height // 2, width // 2
        self.right = self.left if self.above else 0
        self.mask_type, self.num_groups = mask_type, num_groups
        self.is_pointwise = height == width == num_groups == 1  # nothing that was written before is read
        self.in_groups = channel_groups(in_channels, num_groups)
        self.out_groups = channel_groups(out_channels // num_parts, num_groups).repeat(num_parts)
        centre = centre_mask(self.out_groups, self.in_groups, mask_type)
        self.register_buffer("mask", causal_mask(centre, self.above, self.left, self.right), persistent=False)
        self.weight = nn.Parameter(torch.empty(self.mask.shape))
        self.bias = nn.Parameter(torch.empty(out_channels)) if bias else None
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw weights and bias uniformly within 1/sqrt(number of inputs seen), as torch's convolutions do."""
        whole_taps = self.above * (self.left + 1 + self.right) + self.left
        centre = self.mask[:, :, self.above, self.left].sum().item() / len(self.out_groups)
        bound = 1 / math.sqrt(max(1.0, len(self.in_groups) * whole_taps + centre))
        nn.init.uniform_(self.weight, -bound, bound)
        if self.bias is not None:
            nn.init.uniform_(self.bias, -bound, bound)

    def masked_weight(self) -> Tensor:
        """The weights with what may not be seen set to zero, (out, in, above + 1, left + 1 + right)."""
        return self.weight * self.mask

    def forward(self, x: Tensor) -> Tensor:
        """Convolve the whole grid.

        Args:
            x: Features (B, in, H, W).

        Returns:
            Features (B, out, H, W).
        """
        if not self.above:  # the copy that pads the left alone is cheaper than an output that must be cut
            return F.conv2d(F.pad(x, (self.left, 0)) if self.left else x, self.masked_weight(), self.bias)
        # Padding below as well costs a few rows, less than copying the input to pad it above alone.
        return F.conv2d(x, self.masked_weight(), self.bias, padding=(self.above, self.left))[:, :, : x.shape[2]]

    def dependence(self, grid: tuple[int, int, int]) -> Tensor:
        """Which positions the layer reads, booleans (C*H*W, C*H*W)."""
        return window_dependence(grid, self.above, self.left, self.right, self.mask_type)

    def state(self, batch: int, height: int, width: int) -> WindowState:
        """An empty state for `batch` images of `height` x `width`."""
        weight, channels = self.masked_weight().detach(), len(self.in_groups)
        current = weight[:, :, self.above, : self.left + 1].permute(2, 1, 0).flatten(0, 1)
        outputs = [torch.nonzero(self.out_groups == g).flatten().to(weight.device) for g in range(self.num_groups)]
        bias = weight.new_zeros(len(self.out_groups)) if self.bias is None else self.bias.detach()
        reach = self.above + self.left
        rows = weight.new_zeros(batch, max(1, self.above), self.left + width if reach else 1, channels)
        row, columns = rows[:, -1], list(range(width)) if reach else [0] * width
        return WindowState(
            rows=rows.unbind(1),
            above=rows[:, :, self.left :].permute(0, 3, 1, 2),
            upper=weight[:, :, :-1].contiguous(memory_format=torch.channels_last),
            known=[],
            sums=[[bias[own].repeat(batch, 1)] * width for own in outputs],
            products=[PackedProduct(current[:, own], batch) for own in outputs],
            outputs=outputs,
            places=[[row[:, self.left + j, own] for j in columns] for own in self._inputs()],
            windows=[row[:, j : j + self.left + 1].flatten(1) for j in columns],
        )

    def _inputs(self) -> list[slice]:
        """Per group, the run of its input channels."""
        counts = torch.bincount(self.in_groups, minlength=self.num_groups).tolist()
        return [slice(sum(counts[:g]), sum(counts[: g + 1])) for g in range(self.num_groups)]

    def begin(self, state: WindowState, i: int, known: Tensor | None = None) -> None:
        """Begin row `i`: add up all that is known of it from the rows above.

        Args:
            state: The layer's state.
            i: Row.
            known: What another stream adds to every position of the row, (B, out, W).
        """
        if self.above:
            taps = F.conv2d(state.above, state.upper, self.bias, padding=(0, self.left))[:, :, 0]
            known = taps if known is None else taps + known
        elif known is not None and self.bias is not None:
            known = known + self.bias[:, None]
        if known is not None:
            state.tell(known.detach().permute(2, 0, 1))
        for upper, lower in itertools.pairwise(state.rows):
            upper.copy_(lower)

    def write(self, state: WindowState, j: int, x: Tensor, group: int = 0) -> None:
        """Write the input (B, in of the group) at column `j` of the current row."""
        state.places[group][j].copy_(x)

    def read(self, state: WindowState, j: int, group: int = 0) -> Tensor:
        """The output (B, out of the group) at column `j` from what has been written."""
        return state.products[group](state.sums[group][j], state.windows[j])

    def at(self, state: WindowState, i: int, j: int, x: Tensor, group: int = 0) -> Tensor:
        """Write the input at a position, then read the output there.

        Args:
            state: The layer's state.
            i: Row.
            j: Column.
            x: Input of the position's group, (B, in of the group).
            group: Colour group of the position.

        Returns:
            Output of the position's group, (B, out of the group).
        """
        if self.is_pointwise:
            return state.products[group](state.sums[group][j], x)
        self.write(state, j, x, group)
        return self.read(state, j, group)


def odd_kernel(kernel_size: int | tuple[int, int]) -> tuple[int, int]:
    """Height and width of a kernel, refused unless odd: an even kernel has no centre to mask."""
    height, width = (kernel_size, kernel_size) if isinstance(kernel_size, int) else kernel_size
    if height % 2 == 0 or width % 2 == 0:
        repair = f"kernel_size=({height | 1}, {width | 1})"
        raise ConfigError(f"A masked kernel must be odd to have a centre, got {kernel_size}. Use {repair}.")
    return height, width
