import pytest
import torch
from torch import nn

from arzoo.training.ema import AveragedModel, decay_at


def weights(value):
    model = nn.Linear(2, 1)
    return model.requires_grad_(False).apply(lambda m: (m.weight.fill_(value), m.bias.fill_(-value)))


def test_the_decay_grows_to_its_limit():
    assert decay_at(0, 0.999) == 0.1
    assert decay_at(90, 0.999) == 0.91
    assert decay_at(10**5, 0.999) == 0.999
    assert decay_at(10**5, 0.0) == 0.0


def test_the_average_is_the_weighted_sum_of_its_past():
    average = AveragedModel(weights(5.0), 0.5)
    expected, past = 5.0, [1.0, -2.0, 4.0, 8.0, 3.0, -1.0]
    for update, value in enumerate(past):
        average.update(weights(value), update)
        decay = min(0.5, (1 + update) / (10 + update))
        expected = decay * expected + (1 - decay) * value
    assert average.model.weight.tolist() == [pytest.approx([expected] * 2, rel=1e-6)]
    assert average.model.bias.tolist() == pytest.approx([-expected], rel=1e-6)


def test_a_short_run_forgets_where_it_started():
    """The initial weights keep the product of the decays: 20! 9! / 29!, 1e-7 after 20 updates."""
    average = AveragedModel(weights(1.0), 0.999)
    for update in range(20):
        average.update(weights(0.0), update)
    assert 0 < average.model.weight.max() < 2e-7


def test_without_decay_the_copy_follows_and_the_model_is_left_alone():
    model = nn.Linear(2, 1)
    average = AveragedModel(model, 0.0)
    with torch.no_grad():
        model.weight.add_(1.0)
    average.update(model, 0)
    assert torch.equal(average.model.weight, model.weight)
    assert average.model.weight is not model.weight
    assert model.weight.requires_grad and not average.model.weight.requires_grad
