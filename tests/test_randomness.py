import numpy as np
import pytest
import torch

from arzoo.errors import ConfigError
from arzoo.randomness import SampleUniforms, item_uniforms, shuffled


def test_an_item_has_its_own_numbers_in_any_batch():
    whole = item_uniforms(5, 2, range(20), 7)
    assert np.array_equal(item_uniforms(5, 2, [11, 3], 7), whole[[11, 3]])
    assert np.array_equal(item_uniforms(5, 2, [11], 3)[0], whole[11, :3])


def test_seed_epoch_and_index_each_change_the_numbers():
    draws = [item_uniforms(seed, epoch, [index], 4) for seed in (0, 1) for epoch in (0, 1) for index in (0, 1)]
    assert len({draw.tobytes() for draw in draws}) == 8


def test_numbers_are_uniform_on_the_unit_interval():
    drawn = item_uniforms(0, 0, range(100), 1000).ravel()
    assert drawn.min() >= 0
    assert drawn.max() < 1
    histogram = np.histogram(drawn, bins=20, range=(0, 1))[0]
    assert ((histogram - 5000) ** 2 / 5000).sum() < 43.8  # chi-squared, 19 degrees of freedom, p = 0.001


def test_numbers_are_those_of_philox_whatever_the_numpy_version():
    raw = np.random.Philox(key=np.array([3, 4], np.uint64), counter=np.array([0, 0, 5, 1], np.uint64)).random_raw(2)
    assert np.array_equal(item_uniforms(3, 4, [5], 2)[0], [float(word >> 11) / 2**53 for word in raw.tolist()])
    assert item_uniforms(0, 0, [0], 3)[0] == pytest.approx(FIRST_THREE, abs=1e-15)


def test_no_items_draw_nothing():
    assert item_uniforms(0, 0, [], 3).shape == (0, 3)


@pytest.mark.parametrize("count", [0, 1, 100])
def test_shuffled_is_a_permutation(count):
    assert sorted(shuffled(count, 0).tolist()) == list(range(count))


def test_shuffled_follows_seed_and_epoch():
    orders = {tuple(shuffled(50, seed, epoch)) for seed in (0, 1) for epoch in (0, 1)}
    assert len(orders) == 4
    assert tuple(shuffled(50, 1, 1)) in orders
    assert shuffled(10, 0).tolist() == FIRST_ORDER


@pytest.mark.parametrize(
    ("seed", "epoch", "message"),
    [(-1, 0, "`seed` must be a whole number from 0 to 2.64 - 1, got -1"), (0, 2**64, "`epoch` .* got 184")],
)
def test_keys_out_of_range_are_refused(seed, epoch, message):
    with pytest.raises(ConfigError, match=message):
        item_uniforms(seed, epoch, [0], 1)
    with pytest.raises(ConfigError, match=message):
        shuffled(3, seed, epoch)


FIRST_THREE = [0.34218278474233466, 0.5765144536585864, 0.08665198221933101]
FIRST_ORDER = [6, 7, 9, 5, 1, 4, 8, 3, 0, 2]


def test_uniforms_are_numbered_by_position_and_symbol():
    words = np.random.Philox(key=np.array([3, 8], dtype=np.uint64)).random_raw(2 * 1500)
    uniforms = SampleUniforms(3, range(7, 9), 2)
    drawn = torch.stack([uniforms.at(position)[1] for position in range(1500)])
    assert drawn.dtype == torch.float64
    assert torch.equal(drawn.flatten(), torch.from_numpy((words >> np.uint64(11)) * 2.0**-53))
    assert drawn.min() >= 0 and drawn.max() < 1


def test_positions_may_be_left_out():
    whole, some = SampleUniforms(3, range(7, 9), 2), SampleUniforms(3, range(7, 9), 2)
    every = [whole.at(position) for position in range(4000)]
    for position in (1500, 1501, 1502, 2047, 2048, 3999):
        assert torch.equal(some.at(position), every[position])
