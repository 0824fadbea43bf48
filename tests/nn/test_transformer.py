"""Self-attention of a sequence to itself so far, held against its equation written out as loops."""

import math

import pytest
import torch

import arzoo
from arzoo.nn import CausalSelfAttention

SIZES = [(1, 4, 1), (2, 6, 3), (5, 6, 6), (7, 8, 2)]  # positions, channels, heads


def drawn(positions, channels, heads):
    torch.manual_seed(positions)
    attend = CausalSelfAttention(channels, heads).double()
    attend.requires_grad_(False)
    return attend, torch.randn(2, positions, channels, dtype=torch.float64)


def by_loops(attend, x):
    """W_o [sum over m <= n of exp(q_n . k_m / sqrt D) v_m / sum of exp] + b_o, the heads side by side."""
    width = attend.output.in_features // attend.num_heads
    q, k, v = (x @ attend.input.weight.T + attend.input.bias).chunk(3, -1)
    y = torch.zeros_like(x)
    for event in range(len(x)):
        for n in range(x.shape[1]):
            for first in range(0, x.shape[2], width):
                own = slice(first, first + width)
                odds = [math.exp(q[event, n, own] @ k[event, m, own] / math.sqrt(width)) for m in range(n + 1)]
                for m, odd in enumerate(odds):
                    y[event, n, own] += odd / sum(odds) * v[event, m, own]
    return y @ attend.output.weight.T + attend.output.bias


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_each_position_averages_the_values_up_to_its_own(size):
    attend, x = drawn(*size)
    assert torch.allclose(attend(x), by_loops(attend, x), rtol=0, atol=1e-12)


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_the_incremental_form_is_the_whole_one_in_memory_that_stays(size):
    attend, x = drawn(*size)
    state = attend.state(2, size[0])
    memory = state.keys.data_ptr(), state.values.data_ptr()
    for n in range(size[0]):
        assert torch.allclose(attend.at(state, n, x[:, n]), attend(x)[:, n], rtol=0, atol=1e-12)
    assert memory == (state.keys.data_ptr(), state.values.data_ptr())


def test_a_position_moves_itself_and_all_later_ones():
    attend, x = drawn(5, 6, 3)
    for n in range(5):
        other = x.clone()
        other[:, n] += 1
        moved = ((attend(other) - attend(x)).abs() > 1e-9).any(2).any(0)
        assert moved.tolist() == [m >= n for m in range(5)]


@pytest.mark.parametrize(("heads", "fits"), [(4, 3), (0, 1), (7, 6)])
def test_heads_that_do_not_divide_the_channels_are_refused(heads, fits):
    with pytest.raises(
        arzoo.ConfigError, match=rf"must divide the channels of attention, 6, got {heads}\. Use {fits}\."
    ):
        CausalSelfAttention(6, heads)
