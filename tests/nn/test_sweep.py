"""The recurrence: its fronts, and its gradient by hand beside autograd's of a loop over pixels."""

import pytest
import torch

from arzoo.nn.sweep import carried_on, diagonal_sweep, moved, row_sweep, swept

SIZES = [(1, 1), (1, 4), (4, 1), (3, 3), (2, 5), (5, 2)]


def pixels(sweep):
    """The pixels of each front, as (row, column)."""
    (_, width), (left, right, above) = sweep.size, sweep.border
    pitch = left + width + right
    places = [range(front.start, front.stop, front.step) for front in sweep.fronts]
    return [[(place // pitch - above, place % pitch - left) for place in front] for front in places]


@pytest.mark.parametrize("size", SIZES)
def test_diagonal_fronts_are_the_columns_of_the_skewed_map(size):
    height, width = size
    fronts = pixels(diagonal_sweep(*size))
    assert len(fronts) == height + width - 1
    assert fronts == [[(i, t - i) for i in range(height) if 0 <= t - i < width] for t in range(height + width - 1)]


@pytest.mark.parametrize("size", SIZES)
def test_row_fronts_are_the_rows(size):
    height, width = size
    assert pixels(row_sweep(*size, side=2)) == [[(i, j) for j in range(width)] for i in range(height)]


def test_a_front_moves_as_a_whole():
    assert moved(slice(12, 21, 4), 5) == slice(7, 16, 4)


def by_loop(inputs, weight, taps, carried):
    """Equation 3, a pixel at a time: (h, H, W) hidden states of one direction and one image.

    Args:
        inputs: (4h, H, W).
        weight: (len(taps) * h, 4h).
        taps: Rows and columns back to the hidden states that are heard, in the order of the weight.
        carried: Rows and columns back to the cell.
    """
    h, (height, width) = weight.shape[1] // 4, inputs.shape[1:]
    zero, hidden, cells = weight.new_zeros(h), {}, {}
    for i in range(height):
        for j in range(width):
            heard = torch.cat([hidden.get((i - up, j - left), zero) for up, left in taps])
            cells[i, j], hidden[i, j] = carried_on(
                (inputs[:, i, j] + heard @ weight)[None], cells.get((i - carried[0], j - carried[1]), zero)[None]
            )
            cells[i, j], hidden[i, j] = cells[i, j][0], hidden[i, j][0]
    rows = [torch.stack([hidden[i, j] for j in range(width)], -1) for i in range(height)]
    return torch.stack(rows, -2)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("kind", ["row", "diagonal"])
def test_values_and_gradients_equal_those_of_a_loop(kind, size):
    torch.manual_seed(0)
    taps, carried = ([(1, 1), (1, 0), (1, -1)], (1, 0)) if kind == "row" else ([(0, 1), (1, 0)], (0, 1))
    sweep = row_sweep(*size, 1) if kind == "row" else diagonal_sweep(*size)
    inputs = [torch.randn(2, 12, *size, dtype=torch.float64, requires_grad=True) for _ in range(2)]
    weight = torch.randn(2, 3 * len(taps), 12, dtype=torch.float64, requires_grad=True)
    ours = torch.stack(swept(inputs, weight, sweep))
    loop = torch.stack(
        [torch.stack([by_loop(x, w, taps, carried) for x in xs]) for xs, w in zip(inputs, weight, strict=True)]
    )
    torch.testing.assert_close(ours, loop, rtol=0, atol=1e-12)
    wanted = torch.randn_like(loop)
    for mine, reference in zip(
        *(torch.autograd.grad((y * wanted).sum(), [weight, *inputs]) for y in (ours, loop)), strict=True
    ):
        torch.testing.assert_close(mine, reference, rtol=0, atol=1e-11)


def test_autocasting_leaves_the_recurrence_its_precision():
    torch.manual_seed(0)
    inputs, weight = torch.randn(2, 8, 3, 3), torch.randn(1, 4, 8, requires_grad=True)
    expected = swept([inputs], weight, diagonal_sweep(3, 3))[0]
    with torch.autocast("cpu", torch.bfloat16):
        got = swept([inputs], weight, diagonal_sweep(3, 3))[0]
    assert got.dtype == torch.float32
    assert torch.equal(got, expected)
