"""Gated dilated convolutions against equation 3 as a loop over taps, and their two phases against the whole."""

import pytest
import torch

import arzoo
from arzoo.nn import Condition, ConditionSize, DilatedGate

DOUBLE = torch.float64
SIZES = [(2, 1), (2, 6), (3, 4), (4, 2), (2, 64), (3, 37)]  # taps, dilation
LENGTH, BATCH = 150, 2


def drawn(taps, dilation):
    torch.manual_seed(taps * dilation)
    layer = DilatedGate(3, 4, taps, dilation, ConditionSize(vector=5, map=2)).double().requires_grad_(False)
    told = Condition(torch.randn(BATCH, 5, dtype=DOUBLE), torch.randn(LENGTH, BATCH, 2, dtype=DOUBLE))
    return layer, torch.randn(LENGTH, BATCH, 3, dtype=DOUBLE), told


def by_loops(layer, x, told):
    """tanh(W_f * x + V_f h + V_f y) . sigmoid(W_g * x + V_g h + V_g y), a position and a tap at a time."""
    out = []
    for t in range(len(x)):
        units = layer.bias + told.vector @ layer.told.weight.T + told.map[t] @ layer.told.map_weight[:, :, 0, 0].T
        for tap in range(layer.weight.shape[2]):
            before = (layer.weight.shape[2] - 1 - tap) * layer.dilation
            if t >= before:
                units = units + x[t - before] @ layer.weight[:, :, tap].T
        out.append(torch.tanh(units[:, :4]) / (1 + torch.exp(-units[:, 4:])))
    return torch.stack(out)


def walked(layer, state, x, positions):
    """The gates at some positions, one after another, with their sign."""
    out = []
    for t in positions:
        if t % layer.block == 0:
            layer.begin(state, t)
        layer.slot(state, t).copy_(x[t])
        out.append(-layer.at(state, t, torch.empty(BATCH, 4, dtype=DOUBLE)))
    return torch.stack(out) if out else x.new_empty(0, BATCH, 4)


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_the_layer_is_that_of_the_equation(size):
    layer, x, told = drawn(*size)
    torch.testing.assert_close(layer(x, told), by_loops(layer, x, told), rtol=0, atol=1e-12)


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_the_two_phases_are_the_whole(size):
    layer, x, told = drawn(*size)
    found = walked(layer, layer.state(BATCH, told), x, range(LENGTH))
    torch.testing.assert_close(found, layer(x, told), rtol=0, atol=1e-12)


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("cut", [(1, 2), (7, 40), (32, 96), (63, 64), (5, 149), (0, 150)], ids=str)
def test_a_stretch_leaves_the_state_as_single_positions_do(size, cut):
    """Whole blocks, parts of one and the far side of several: before, along and behind the stretch."""
    layer, x, told = drawn(*size)
    state, (first, last) = layer.state(BATCH, told), cut
    parts = [walked(layer, state, x, range(first))]
    parts.append(layer.stretch(state, first, x[first:last], told.between(first, last)))
    parts.append(walked(layer, state, x, range(last, LENGTH)))
    torch.testing.assert_close(torch.cat(parts), layer(x, told), rtol=0, atol=1e-12)


def test_a_state_holds_exactly_as_much_past_as_the_layer_reaches_back():
    layer = DilatedGate(3, 4, kernel_size=3, dilation=40)
    state = layer.state(BATCH)
    assert (layer.reach, layer.block) == (80, 10)
    assert (state.ring.shape, state.known.shape) == ((80, 2, 3), (10, 2, 8))


@pytest.mark.parametrize(("dilation", "block"), [(1, 1), (2, 1), (16, 4), (512, 32), (48, 12), (37, 1)])
def test_a_block_is_the_largest_divisor_of_the_dilation_up_to_32_that_half_of_the_ring_has_room_for(dilation, block):
    layer = DilatedGate(1, 1, 2, dilation)
    state = layer.state(BATCH)
    assert layer.block == block
    assert block == 1 or 2 * state.known.numel() <= state.ring.numel()


def test_nothing_is_moved_but_the_positions_that_a_tap_reaches():
    layer, x, told = drawn(3, 4)
    other = x.clone()
    other[10] += 1
    moved = ((layer(other, told) - layer(x, told)).abs() > 1e-9).any(2).any(1)
    assert moved.nonzero()[:, 0].tolist() == [10, 14, 18]


def test_weights_are_within_one_over_the_root_of_their_inputs():
    layer = DilatedGate(8, 100, kernel_size=2, dilation=1)
    assert 0.24 < layer.weight.abs().max() <= 1 / 4
    assert 0.2 < layer.bias.abs().max() <= 1 / 4


@pytest.mark.parametrize(("name", "sizes"), [("kernel_size", (1, 1)), ("dilation", (2, 0))])
def test_sizes_out_of_range_are_refused(name, sizes):
    least, value = {"kernel_size": (2, 1), "dilation": (1, 0)}[name]
    with pytest.raises(arzoo.ConfigError, match=rf"`{name}` must be a whole number of at least {least}, got {value}"):
        DilatedGate(1, 1, *sizes)
