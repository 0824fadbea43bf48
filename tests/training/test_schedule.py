import math

import pytest

from arzoo.training.recipes import TrainingPart
from arzoo.training.schedule import learning_rate


def test_warm_up_is_a_line_from_nothing_to_the_peak():
    settings = TrainingPart(steps=100, learning_rate=0.5, warmup_steps=10)
    assert [learning_rate(step, settings) for step in range(10)] == pytest.approx([0.05 * k for k in range(1, 11)])


def test_cosine_starts_at_the_peak_halves_in_the_middle_and_ends_at_the_final_rate():
    settings = TrainingPart(steps=111, learning_rate=1.0, warmup_steps=10, final_learning_rate=0.2)
    assert learning_rate(10, settings) == 1.0
    assert learning_rate(60, settings) == pytest.approx(0.6)
    assert learning_rate(35, settings) == pytest.approx(0.2 + 0.8 * (1 + math.sqrt(0.5)) / 2)
    assert learning_rate(110, settings) == pytest.approx(0.2)


def test_without_decay_the_peak_stays():
    settings = TrainingPart(steps=100, learning_rate=0.5, warmup_steps=10, decay="none")
    assert {learning_rate(step, settings) for step in range(10, 100)} == {0.5}


@pytest.mark.parametrize("warmup", [0, 1])
def test_one_step_is_enough(warmup):
    assert learning_rate(0, TrainingPart(steps=1, learning_rate=0.5, warmup_steps=warmup)) == 0.5
