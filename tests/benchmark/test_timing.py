import ctypes

import pytest
import torch

import arzoo
from arzoo.benchmark import Subject, Window, step_seconds, timing, window_of
from arzoo.orderings import LeftToRight, Raster


@pytest.fixture
def counted(regression):
    """A subject, and the list of the positions at which its network was asked."""
    model, asked = regression(Raster((1, 16, 4))), []
    step = model.backbone.step

    def note(state, previous, position):
        asked.append(position)
        return step(state, previous, position)

    model.backbone.step = note
    return Subject("regression", model, model.ordering), asked


@pytest.mark.parametrize(
    ("ordering", "steps", "positions", "period"),
    [
        (Raster((1, 28, 28)), 1024, range(112, 784), 112),  # whole but for the rows that warm up
        (Raster((3, 8, 8)), 1024, range(96, 192), 96),
        (Raster((3, 8, 8), channels_as_positions=False), 1024, range(32, 64), 32),
        (Raster((1, 32, 32)), 200, range(448, 576), 128),  # one period, in the middle
        (Raster((1, 32, 32)), 1, range(448, 576), 128),
        (Raster((1, 4, 4)), 1024, range(1, 16), 16),
        (Raster((1, 1, 1)), 1024, range(1), 1),
        (LeftToRight((2048,)), 1024, range(512, 1536), 512),
    ],
)
def test_a_window_is_made_of_whole_periods(ordering, steps, positions, period):
    assert window_of(ordering, steps) == (positions, period)


@pytest.mark.parametrize("steps", [1, 100, 1000, 5000])
@pytest.mark.parametrize("ordering", [Raster((1, 4, 4)), Raster((3, 32, 32)), LeftToRight((2048,)), Raster((1, 9, 7))])
def test_the_middle_is_a_period_of_the_window(ordering, steps):
    window = window_of(ordering, steps)
    assert set(window.middle) <= set(window.positions) <= set(range(ordering.num_positions))
    assert 0 < len(window.middle) <= window.period


def test_each_step_of_the_window_is_timed_once_and_none_beyond_it_is_done(counted):
    subject, asked = counted
    window = window_of(subject.ordering, 16)
    assert window == Window(range(24, 40), 16)
    taken = list(step_seconds(subject, 2, window))
    assert len(taken) == 16
    assert min(taken) > 0
    assert asked == list(range(40))


def test_rounds_end_with_their_number_or_with_the_time(counted):
    subject, asked = counted
    window = window_of(subject.ordering, 1024)
    assert timing.time_steps(subject, 1, window, rounds=3, seconds=100).rounds == 3
    assert len(asked) == 3 * 64
    assert timing.time_steps(subject, 1, window, rounds=3, seconds=0).rounds == 1


def test_the_mean_is_that_of_the_median_round(counted, monkeypatch):
    rounds = iter([[5.0, 5.0], [1.0, 3.0], [9.0, 9.0]])
    monkeypatch.setattr(timing, "step_seconds", lambda *_: iter(next(rounds)))
    assert timing.time_steps(counted[0], 1, Window(range(2), 2), rounds=3, seconds=100) == (5.0, 5.0, 3)


def test_a_pass_is_of_the_whole_event(counted, monkeypatch):
    subject, _ = counted
    shapes = []
    monkeypatch.setattr(
        arzoo.AutoregressiveModel, "params", lambda model, x, context: shapes.append(tuple(x.shape)) or x
    )
    assert timing.time_pass(subject, 3) > 0
    assert set(shapes) == {(3, 1, 16, 4)}
    assert len(shapes) == timing.PASSES + 1


def test_peak_memory_is_that_of_the_block():
    cpu, size = torch.device("cpu"), 2**26
    with timing.peak_memory(cpu) as small:
        pass
    with timing.peak_memory(cpu) as large:
        torch.ones(size // 4).sum()
    assert large[0] >= small[0] + 0.9 * size


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "malloc_trim"), reason="the allocator is not glibc's")
def test_peak_memory_has_nothing_of_what_was_let_go_before():
    cpu = torch.device("cpu")
    with timing.peak_memory(cpu) as before:
        pass
    held = [bytearray(64_000) for _ in range(2000)]  # small enough not to be mapped one by one, so that free() keeps it
    del held
    with timing.peak_memory(cpu) as after:
        pass
    assert after[0] < before[0] + 6e7
