import time

import pytest
import torch

from arzoo.errors import TrainingError
from arzoo.training.meter import Meter


def test_a_reading_is_the_mean_since_the_restart():
    meter = Meter(items_per_step=8)
    meter.add(torch.tensor([1.0, 10.0]))
    meter.add(torch.tensor([2.0, 30.0]))
    assert (meter.look(2).nats_per_dim, meter.look(2).gradient_norm) == (1.5, 20.0)
    meter.add(torch.tensor([6.0, 20.0]))
    assert meter.look(3).nats_per_dim == 3.0
    meter.restart()
    meter.add(torch.tensor([7.0, 1.0]))
    assert meter.look(4).nats_per_dim == 7.0


def test_speed_leaves_out_what_was_paused():
    meter = Meter(items_per_step=10)
    meter.add(torch.tensor([1.0, 1.0]))
    with meter.paused():
        time.sleep(0.2)
    assert meter.look(1).items_per_second > 10 / 0.1


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
@pytest.mark.parametrize(("place", "what"), [(0, "The loss"), (1, "The norm of the gradient")])
def test_the_first_step_that_is_no_number_is_named(value, place, what):
    meter = Meter(items_per_step=8)
    for step in range(5):
        figures = torch.ones(2)
        figures[place] = value if step >= 2 else 1.0
        meter.add(figures)
    with pytest.raises(
        TrainingError, match=f"^{what} must be finite, got {value} at step 13; .* Lower training.learning"
    ):
        meter.look(15)


def test_pauses_do_not_count(monkeypatch):
    now = 0.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    timer = Meter(items_per_step=4)
    for _ in range(3):
        now += 2.0
        timer.add(torch.tensor([1.0, 1.0]))
    with timer.paused():
        now += 100.0
        assert timer.timed == (12, 6.0)
    now += 1.0
    assert timer.timed == (12, 7.0)
    assert timer.look(3).items_per_second == pytest.approx(12 / 7)
