"""The recurrence of two-dimensional LSTMs: which states hear of which, all that can be computed at once at once.

A *front* is a set of pixels that wait for nobody but earlier fronts: a row for the Row LSTM, an anti-diagonal for the
Diagonal BiLSTM. States lie in a grid with a border of zeros, pixel after pixel, so that a front is a slice with a
stride, and the states that it hears of are the same slice moved by a constant:

    a row: stride 1                     an anti-diagonal: stride W, the width of the image
    0 0 0 0 0                           0 0 0 0
    0 h h h 0   <- three states         0 . h x      each x hears of the h to its left
    0 x x x 0      above each x         0 h x .      and of the h above
    0 . . . 0                           0 x . .

The stride is the skew of the paper, of n x (2n - 1) columns, without a copy of the map.

References:
    van den Oord, Kalchbrenner, Kavukcuoglu, "Pixel Recurrent Neural Networks", 2016, sections 3.1, 3.2, equation 3.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable


class Sweep(NamedTuple):
    """The order in which the pixels of a grid are reached.

    Attributes:
        size: H and W.
        border: Zeros to the left, to the right and above.
        fronts: Places of the bordered grid that are reached together, front after front.
        heard: How far before a place the hidden states lie that it hears of.
        cell: How far before a place the cell state lies that it carries on.
    """

    size: tuple[int, int]
    border: tuple[int, int, int]
    fronts: list[slice]
    heard: tuple[int, ...]
    cell: int


def row_sweep(height: int, width: int, side: int) -> Sweep:
    """Row after row, each pixel hearing of the 2 * side + 1 pixels above it.

    Example:
        >>> len(row_sweep(28, 28, 1).fronts)
        28
    """
    pitch = width + 2 * side
    starts = range(pitch + side, (height + 1) * pitch, pitch)
    fronts = [slice(start, start + width, 1) for start in starts]
    return Sweep((height, width), (side, side, 1), fronts, tuple(range(pitch + side, pitch - side - 1, -1)), pitch)


def diagonal_sweep(height: int, width: int) -> Sweep:
    """Anti-diagonal after anti-diagonal, each pixel hearing of its left neighbour and of the one above it.

    Example:
        >>> len(diagonal_sweep(28, 28).fronts)
        55
    """
    pitch = width + 1
    fronts = []
    for t in range(height + width - 1):
        first, last = max(0, t - width + 1), min(height - 1, t)
        start, end = ((i + 1) * pitch + 1 + t - i for i in (first, last))
        fronts.append(slice(start, end + 1, width))
    return Sweep((height, width), (1, 0, 1), fronts, (1, pitch), 1)


def swept(inputs: Sequence[Tensor], weight: Tensor, sweep: Sweep) -> list[Tensor]:
    """Run LSTMs over a grid, one for each direction, side by side.

    Args:
        inputs: For each direction what the gates o, f, i, g hear besides the states, (B, 4 * h, H, W).
        weight: What they hear of the states, (directions, len(sweep.heard) * h, 4 * h).
        sweep: The order of the pixels.

    Returns:
        Hidden states of each direction, (B, h, H, W); in memory the pixels lie outermost.
    """
    hidden: Tensor = _Recurrence.apply(weight, sweep, *inputs)
    return list(_inside(hidden, sweep).permute(0, 3, 4, 1, 2))


def carried_on(gates: Tensor, cell: Tensor) -> tuple[Tensor, Tensor]:
    """One step of an LSTM: equation 3, from the sums that its gates hear.

    Args:
        gates: Of o, f, i, g, one after another, (B, 4 * h).
        cell: Cell state before, (B, h).

    Returns:
        Cell and hidden state, each (B, h).
    """
    o, f, i, g = gates.chunk(4, -1)
    cell = torch.addcmul(f.sigmoid() * cell, i.sigmoid(), g.tanh())
    return cell, o.sigmoid() * cell.tanh()


def moved(front: slice, back: int) -> slice:
    """A front moved back by some places."""
    return slice(front.start - back, front.stop - back, front.step)


class _Recurrence(torch.autograd.Function):
    """Equation 3 over all fronts, with its gradient by hand: the loops hold only what the order forces upon them."""

    @staticmethod
    def forward(ctx: Any, weight: Tensor, sweep: Sweep, *inputs: Tensor) -> Tensor:
        """Hidden states (D, places, B, h) in their border, from the inputs of the gates, (B, 4 * h, H, W) each."""
        h, (batch, _, height, width), (left, right, above) = weight.shape[-1] // 4, inputs[0].shape, sweep.border
        places = (above + height) * (left + width + right)
        gates = weight.new_zeros(len(inputs), places, batch, 4 * h)
        for own, given in zip(_inside(gates, sweep), inputs, strict=True):
            own.copy_(given.permute(2, 3, 0, 1))
        hidden, cells = (weight.new_zeros(*gates.shape[:-1], h) for _ in range(2))
        for front in sweep.fronts:
            now = gates[:, front]
            heard = torch.cat([hidden[:, moved(front, back)] for back in sweep.heard], -1)
            # Autocasting leaves a product alone that has a place to go: reduced precision would wear the cells out.
            product = weight.new_empty(len(weight), heard[0, ..., 0].numel(), 4 * h)
            now += torch.bmm(heard.flatten(1, 2), weight, out=product).view(now.shape)
            now[..., : 3 * h].sigmoid_()
            now[..., 3 * h :].tanh_()
            o, f, i, g = now.chunk(4, -1)
            cell = torch.addcmul(f * cells[:, moved(front, sweep.cell)], i, g)
            cells[:, front] = cell
            hidden[:, front] = o * cell.tanh_()
        ctx.sweep = sweep
        ctx.save_for_backward(gates, cells, hidden, weight)
        return hidden

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        """Gradients of the weight and of the inputs."""
        gates, cells, hidden, weight = ctx.saved_tensors
        sweep, h = ctx.sweep, hidden.shape[-1]
        slopes, through_cell = _slopes(gates, cells, hidden, sweep.cell)
        forget, transposed = gates[..., h : 2 * h], weight.transpose(1, 2).contiguous()
        grad_hidden, grad_cells = grad.clone(), torch.zeros_like(cells)
        for front in reversed(sweep.fronts):
            of_hidden, now = grad_hidden[:, front], slopes[:, front]
            of_cell = torch.addcmul(grad_cells[:, front], of_hidden, through_cell[:, front])
            now[..., 0, :] *= of_hidden
            now[..., 1:, :] *= of_cell.unsqueeze(-2)
            grad_cells[:, moved(front, sweep.cell)] = of_cell * forget[:, front]
            heard = torch.bmm(now.flatten(3).flatten(1, 2), transposed).view(*of_hidden.shape[:3], -1)
            for back, part in zip(sweep.heard, heard.split(h, -1), strict=True):
                grad_hidden[:, moved(front, back)] += part
        slopes = slopes.flatten(-2)
        inputs = _inside(slopes, sweep).permute(0, 3, 4, 1, 2)
        return _weight_gradient(hidden, slopes, sweep.heard), None, *inputs


def _inside(x: Tensor, sweep: Sweep) -> Tensor:
    """The grid without its border: (D, places, B, channels) to (D, H, W, B, channels)."""
    (height, width), (left, _, above) = sweep.size, sweep.border
    return x.unflatten(1, (above + height, -1))[:, above:, left : left + width]


def _slopes(gates: Tensor, cells: Tensor, hidden: Tensor, back: int) -> tuple[Tensor, Tensor]:
    """How the hidden state moves with o, and the cell with f, i and g, (D, places, B, 4, h); how hidden with the cell.

    All of it is known before the gradient comes, so it is worked out for the whole grid at once, and is zero at the
    border.
    """
    slopes = torch.zeros_like(gates).unflatten(-1, (4, -1))
    o, f, i, g = gates.unflatten(-1, (4, -1)).unbind(-2)
    torch.addcmul(hidden, hidden, o, value=-1, out=slopes[..., 0, :])
    torch.mul(cells[:, :-back], torch.addcmul(f, f, f, value=-1)[:, back:], out=slopes[:, back:, :, 1])
    rise = i * g
    torch.addcmul(rise, rise, i, value=-1, out=slopes[..., 2, :])
    torch.addcmul(i, rise, g, value=-1, out=slopes[..., 3, :])
    return slopes, torch.addcmul(o, hidden, cells.tanh(), value=-1)


def _weight_gradient(hidden: Tensor, grad: Tensor, heard: Sequence[int]) -> Tensor:
    """What each state that is heard owes the gates that hear it: one product a state over the whole grid."""
    owed = [hidden[:, :-back].flatten(1, 2).transpose(1, 2) @ grad[:, back:].flatten(1, 2) for back in heard]
    return torch.cat(owed, 1)
