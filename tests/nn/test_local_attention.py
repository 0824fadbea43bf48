"""Local attention, held against its equation and against the paper's words for who sees whom, written out as loops."""

import math

import pytest
import torch

from arzoo.errors import ConfigError
from arzoo.nn import LocalAttention, blocks_1d, blocks_2d
from arzoo.orderings import BlockRaster

ONE = [(12, 4, 4), (12, 3, 7), (12, 1, 2), (12, 12, 5), (6, 2, 0), (5, 5, 0), (8, 2, 100)]  # positions, l_q, l_m
TWO = [  # event, whether colours are positions, (h_q, w_q), (h_m, w_m)
    ((1, 4, 6), True, (2, 2), (1, 1)),
    ((1, 4, 6), True, (2, 3), (0, 1)),
    ((1, 6, 4), False, (2, 2), (3, 0)),
    ((3, 4, 4), True, (2, 2), (1, 2)),
    ((3, 4, 4), False, (4, 1), (2, 3)),
    ((1, 3, 3), True, (3, 3), (1, 1)),
]
WIDTH = 3


def line(case):
    """The blocks, and for each position the ones it sees, in one dimension."""
    count, query, memory = case
    starts = [n - n % query for n in range(count)]
    seen = [[m for m in range(n + 1) if m >= start - memory] for n, start in enumerate(starts)]
    return blocks_1d(count, query, memory), seen


def plane(case):
    """The same in two."""
    event_shape, own, (rows, columns), memory = case
    ordering = BlockRaster(event_shape, channels_as_positions=own, block=(rows, columns))
    pixels, seen = [tuple(at) for at in ordering.coordinates[:, -2:].tolist()], []
    for n, (i, j) in enumerate(pixels):
        top, left = i - i % rows, j - j % columns
        inside = [
            top - memory[0] <= a < top + rows and left - memory[1] <= b < left + columns + memory[1]
            for a, b in pixels[: n + 1]
        ]
        seen.append([m for m, there in enumerate(inside) if there])
    return blocks_2d(ordering, memory), seen


CASES = [pytest.param(*line(case), id=f"1d-{case}") for case in ONE]
CASES += [pytest.param(*plane(case), id=f"2d-{case}") for case in TWO]


def drawn(blocks, heads=2):
    generator = torch.Generator().manual_seed(0)
    shapes = ((blocks.num_positions, 2, heads, width) for width in (WIDTH, 2 * WIDTH))
    return [torch.randn(shape, generator=generator, dtype=torch.float64) for shape in shapes]


def by_loops(seen, query, memory):
    """o_n = sum over m of exp(q_n . k_m / sqrt D) v_m / sum over m of exp(q_n . k_m / sqrt D), m those that n sees."""
    y = torch.zeros_like(query)
    for event in range(query.shape[1]):
        for head in range(query.shape[2]):
            for n, those in enumerate(seen):
                asked, told = query[n, event, head], memory[:, event, head]
                odds = [math.exp(asked @ told[m, :WIDTH] / math.sqrt(WIDTH)) for m in those]
                for odd, m in zip(odds, those, strict=True):
                    y[n, event, head] += odd / sum(odds) * told[m, WIDTH:]
    return y


@pytest.mark.parametrize(("blocks", "seen"), CASES)
def test_each_position_averages_the_values_that_the_paper_lets_it_see(blocks, seen):
    inputs = drawn(blocks)
    assert torch.allclose(LocalAttention(blocks)(*inputs), by_loops(seen, *inputs), rtol=0, atol=1e-12)


@pytest.mark.parametrize(("blocks", "seen"), CASES)
def test_the_incremental_form_is_the_whole_one(blocks, seen):
    query, memory = drawn(blocks)
    attend = LocalAttention(blocks)
    whole, state = attend(query, memory), attend.state(2, 2, WIDTH, like=query)
    kept = state.past.data_ptr(), state.near.data_ptr()
    for n in range(blocks.num_positions):
        assert torch.allclose(attend.at(state, n, query[n], memory[n]), whole[n], rtol=0, atol=1e-12)
    assert kept == (state.past.data_ptr(), state.near.data_ptr())


@pytest.mark.parametrize(("blocks", "seen"), CASES)
def test_what_is_declared_to_be_seen_is_what_moves_the_output(blocks, seen):
    query, memory = drawn(blocks)
    attend = LocalAttention(blocks)
    before, declared = attend(query, memory), blocks.seen()
    for m in range(blocks.num_positions):
        other = memory.clone()
        other[m] += 1
        assert torch.equal((attend(query, other) != before).flatten(1).any(1), declared[:, m])
    assert [row.nonzero().flatten().tolist() for row in declared] == seen


def test_a_step_looks_at_a_block_and_its_memory_however_long_the_past():
    for count in (64, 4096):
        state = LocalAttention(blocks_1d(count, 16, 32)).state(1, 1, WIDTH, like=torch.zeros(1))
        assert len(state.near) == 16 + 32


@pytest.mark.parametrize(("blocks", "seen"), CASES[:2] + CASES[-3:])
def test_gradients_reach_what_is_seen_alone_and_are_finite(blocks, seen):
    query, memory = (x.requires_grad_() for x in drawn(blocks))
    LocalAttention(blocks)(query, memory)[-1].sum().backward()
    assert memory.grad.isfinite().all()
    assert memory.grad.flatten(1).any(1).nonzero().flatten().tolist() == seen[-1]


def test_no_table_is_saved():
    assert not LocalAttention(blocks_1d(4, 2, 2)).state_dict()


@pytest.mark.parametrize(("count", "length", "repair"), [(12, 5, 1), (12, 8, 4), (64, 24, 8)])
def test_runs_that_do_not_divide_the_positions_are_refused(count, length, repair):
    rule = rf"Query blocks must divide the positions of an event, {count}, got blocks of {length}\. Use {repair}\."
    with pytest.raises(ConfigError, match=rule):
        blocks_1d(count, length, 4)


def test_rectangles_that_do_not_divide_the_image_are_refused():
    ordering = BlockRaster((1, 28, 30), block=(8, 15))
    rule = r"divide the height and width of an image, \(28, 30\), got blocks of \(8, 15\)\. Use \(4, 15\)\."
    with pytest.raises(ConfigError, match=rule):
        blocks_2d(ordering, (4, 4))
