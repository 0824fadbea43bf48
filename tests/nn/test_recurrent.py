"""Row LSTM and Diagonal BiLSTM beside loops over pixels written from the paper, and their receptive fields."""

import pytest
import torch

import arzoo
from arzoo.nn import Condition, ConditionSize, DiagonalBiLSTM, RowLSTM, channel_groups

UNTOLD = Condition()


def groups(channels, colours, parts=1):
    return channel_groups(channels, colours).repeat(parts)


def masked(layer, colours):
    """The centre of a convolution with what R, G, B may not see set to zero, section 3.4, type "B"."""
    outputs, inputs = layer.weight.shape[0] // 4, layer.weight.shape[1]
    weight = layer.weight.detach().clone()
    hidden = groups(inputs, colours)[None, :] > groups(outputs, colours, 4)[:, None]
    weight[:, :, 0, -1][hidden] = 0
    return weight[:, :, 0]


def sigmoid(x):
    return 1 / (1 + torch.exp(-x))


def equation_3(sums, cell):
    """o, f, i = sigma(...), g = tanh(...); c = f * c_before + i * g; h = o * tanh(c)."""
    o, f, i, g = sums.view(4, -1)
    cell = sigmoid(f) * cell + sigmoid(i) * torch.tanh(g)
    return cell, sigmoid(o) * torch.tanh(cell)


def row_lstm(layer, x, colours):
    """Section 3.1: hidden states (h, H, W) of one image (in, H, W)."""
    channels, (_, height, width) = layer.channels, x.shape
    to_state, k = masked(layer.input, colours), 2 * layer.side + 1
    state = layer.weight.detach()[0].view(k, channels, 4 * channels)
    c, h = (torch.zeros(channels, height, width, dtype=x.dtype) for _ in range(2))
    for i in range(height):
        for j in range(width):
            sums = layer.input.bias.detach().clone()
            for back in range(min(layer.side, j) + 1):
                sums += to_state[:, :, layer.side - back] @ x[:, i, j - back]
            for tap in range(k):
                column = j + tap - layer.side
                if i and 0 <= column < width:
                    sums += h[:, i - 1, column] @ state[tap]
            c[:, i, j], h[:, i, j] = equation_3(sums, c[:, i - 1, j] if i else torch.zeros_like(c[:, i, j]))
    return h


def diagonal_direction(to_state, bias, weight, x):
    """One direction of section 3.2, from the left: each pixel hears the left neighbour and the one above."""
    channels, (_, height, width) = weight.shape[1] // 4, x.shape
    c, h = (torch.zeros(channels, height, width, dtype=x.dtype) for _ in range(2))
    for t in range(height + width - 1):
        for i in range(height):
            j = t - i
            if 0 <= j < width:
                sums = bias + to_state @ x[:, i, j]
                sums = sums + (h[:, i, j - 1] @ weight[:channels] if j else 0)
                sums = sums + (h[:, i - 1, j] @ weight[channels:] if i else 0)
                c[:, i, j], h[:, i, j] = equation_3(sums, c[:, i, j - 1] if j else torch.zeros_like(c[:, i, j]))
    return h


def diagonal_bilstm(layer, x, image, colours):
    """Section 3.2: the map from the right is moved down a row, then added."""
    weight, shown = layer.weight.detach(), torch.zeros(4 * layer.channels, *x.shape[1:], dtype=x.dtype)
    left = diagonal_direction(masked(layer.left, colours)[:, :, 0], layer.left.bias.detach(), weight[0], x)
    to_state = masked(layer.right, colours)[:, :, 0]
    if layer.image_channels:
        shown = torch.einsum("oc,chw->ohw", layer.for_right.map_weight.detach()[:, :, 0, 0], image)
        both, seen = torch.cat([to_state, torch.eye(4 * layer.channels, dtype=x.dtype)], 1), torch.cat([x, shown])
    else:
        both, seen = to_state, x
    right = diagonal_direction(both, layer.right.bias.detach(), weight[1], seen.flip(2)).flip(2)
    return left + torch.cat([torch.zeros_like(right[:, :1]), right[:, :-1]], 1)


@pytest.mark.parametrize("colours", [1, 3])
def test_a_row_lstm_is_section_3_1(colours):
    torch.manual_seed(colours)
    layer = RowLSTM(4, 5, 5, num_groups=colours, told=ConditionSize()).double()
    x = torch.randn(2, 4, 4, 6, dtype=torch.float64)
    expected = torch.stack([row_lstm(layer, one, colours) for one in x])
    torch.testing.assert_close(layer(x, UNTOLD, x), expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("image_channels", [0, 3])
@pytest.mark.parametrize("colours", [1, 3])
def test_a_diagonal_bilstm_is_section_3_2(colours, image_channels):
    torch.manual_seed(colours)
    layer = DiagonalBiLSTM(4, 5, num_groups=colours, told=ConditionSize(), image_channels=image_channels).double()
    x, image = torch.randn(2, 4, 5, 3, dtype=torch.float64), torch.randn(2, 3, 5, 3, dtype=torch.float64)
    expected = torch.stack([diagonal_bilstm(layer, *both, colours) for both in zip(x, image, strict=True)])
    torch.testing.assert_close(layer(x, UNTOLD, image), expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("side", [0, 1, 2])
def test_a_row_lstm_sees_a_triangle(side):
    height, width, j = 4, 11, 5
    layer = RowLSTM(1, 1, 2 * side + 1, told=ConditionSize())
    seen = layer.dependence((1, height, width)).view(height, width, height, width)[3, j]
    for up in range(4):
        # State-to-state convolutions climb `up` rows; the input-to-state one adds its own columns, to the left alone.
        reach = range(max(0, j - side * (up + 1)), min(width, j + side * up + 1))
        assert seen[3 - up].nonzero().flatten().tolist() == list(reach)


def test_a_diagonal_bilstm_sees_all_rows_above_and_its_own_to_the_left():
    layer = DiagonalBiLSTM(1, 1, told=ConditionSize())
    seen = layer.dependence((1, 4, 9))
    assert torch.equal(seen, torch.tril(torch.ones_like(seen)))


def test_the_image_is_seen_in_the_rows_above():
    layer = DiagonalBiLSTM(1, 1, told=ConditionSize(), image_channels=1)
    seen = layer.image_dependence((1, 3, 4)).view(3, 4, 3, 4)
    # The direction from the right brings what lies above, and to the right of it or straight.
    assert seen[2, 1].tolist() == [[False, True, True, True], [False, True, True, True], [False] * 4]


def test_an_even_kernel_is_refused():
    with pytest.raises(arzoo.ConfigError, match=r"must be odd to have a centre, got \(1, 4\)"):
        RowLSTM(2, 2, 4, told=ConditionSize())


def test_fewer_channels_than_colours_are_refused():
    with pytest.raises(arzoo.ConfigError, match=r"at least one channel a colour: 3, got 2"):
        DiagonalBiLSTM(4, 2, num_groups=3, told=ConditionSize())
