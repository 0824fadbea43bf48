"""Attention over the past, held against its equation written out as loops."""

import math

import pytest
import torch

from arzoo.nn import PastAttention
from arzoo.orderings import Raster, Snake, Zigzag

ORDERINGS = [Raster((1, 3, 4)), Zigzag((1, 3, 4)), Zigzag((1, 4, 2)), Snake((1, 3, 3))]
SIZES = [(2, 5), (4, 4), (5, 2)]  # keys shorter than values, as long, and longer


def drawn(ordering, keys, values):
    generator = torch.Generator().manual_seed(keys)
    shapes = ((2, channels, *ordering.grid[-2:]) for channels in (keys, keys, values))
    return [torch.randn(shape, generator=generator, dtype=torch.float64) for shape in shapes]


def by_loops(ordering, query, key, value):
    """o_n = sum over m < n of exp(q_n . k_m / sqrt K) v_m / sum over m < n of exp(q_n . k_m / sqrt K)."""
    places, y = ordering.coordinates[:, -2:].tolist(), torch.zeros_like(value)
    for event in range(len(query)):
        for n, (i, j) in enumerate(places):
            dots = [query[event, :, i, j] @ key[event, :, a, b] for a, b in places[:n]]
            weights = [math.exp(dot / math.sqrt(query.shape[1])) for dot in dots]
            for weight, (a, b) in zip(weights, places, strict=False):
                y[event, :, i, j] += weight / sum(weights) * value[event, :, a, b]
    return y


@pytest.mark.parametrize("ordering", ORDERINGS, ids=str)
@pytest.mark.parametrize("sizes", SIZES, ids=str)
def test_each_position_averages_the_values_of_those_before_it(ordering, sizes):
    inputs = drawn(ordering, *sizes)
    assert torch.allclose(PastAttention(ordering)(*inputs), by_loops(ordering, *inputs), rtol=0, atol=1e-12)


@pytest.mark.parametrize("ordering", ORDERINGS, ids=str)
def test_the_incremental_form_is_the_whole_one(ordering):
    query, key, value = drawn(ordering, 3, 4)
    attend = PastAttention(ordering)
    whole, state = attend(query, key, value), attend.state(2, 3, 4, like=query)
    memory = state.keys.data_ptr(), state.values.data_ptr()
    for n, (i, j) in enumerate(ordering.coordinates[:, -2:].tolist()):
        assert torch.allclose(attend.read(state, n, query[:, :, i, j]), whole[:, :, i, j], rtol=0, atol=1e-12)
        attend.write(state, n, torch.cat([key[:, :, i, j], value[:, :, i, j]], 1))
    assert memory == (state.keys.data_ptr(), state.values.data_ptr())


@pytest.mark.parametrize("ordering", ORDERINGS, ids=str)
def test_a_position_moves_all_later_ones_and_no_other(ordering):
    query, key, value = drawn(ordering, 3, 4)
    attend, places = PastAttention(ordering), ordering.coordinates[:, -2:].tolist()
    before = attend(query, key, value)
    for n, (i, j) in enumerate(places[:-1]):
        other = value.clone()
        other[:, :, i, j] += 1
        moved = (attend(query, key, other) != before).all(1).all(0)
        assert [bool(moved[a, b]) for a, b in places] == [False] * (n + 1) + [True] * (len(places) - n - 1)


def test_nothing_precedes_the_first_position_and_its_gradient_is_finite():
    inputs = [x.requires_grad_() for x in drawn(ORDERINGS[1], 3, 4)]
    y = PastAttention(ORDERINGS[1])(*inputs)
    assert not y[:, :, 0, 0].any()
    y.sum().backward()
    assert all(x.grad.isfinite().all() for x in inputs)


def test_an_image_of_one_pixel_has_no_past():
    pixel = torch.ones(2, 3, 1, 1)
    assert PastAttention(Raster((1, 1, 1)))(pixel, pixel, pixel).tolist() == torch.zeros(2, 3, 1, 1).tolist()


def test_raster_gathers_nothing_and_no_table_is_saved():
    assert PastAttention(ORDERINGS[0]).path is None
    assert not PastAttention(ORDERINGS[1]).state_dict()
