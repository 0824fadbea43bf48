import numpy as np
import pytest
import torch

from arzoo.codec.digits import BASE, digits_of

LEVELS, ROWS = [2, 17, 200, 256, 1000, 65536], 5


class Asked:
    """A coder that keeps what it is asked, and writes nothing."""

    def __init__(self):
        self.masses = []

    def __call__(self, masses, symbols):
        self.masses.append(masses[np.arange(len(symbols)), symbols])
        return symbols


def uniform(num_levels):
    """The CDF of levels that are equally probable, at places in half bins from the middle of the support."""
    return lambda places: ((places + num_levels) / (2 * num_levels)).clamp(0, 1).expand(ROWS, -1, -1)


@pytest.mark.parametrize("num_levels", LEVELS)
def test_the_digits_of_a_level_are_worth_its_probability(num_levels):
    level = np.array([0, 1, num_levels // 2, num_levels - 2, num_levels - 1])
    asked = Asked()
    place = digits_of(num_levels, torch.device("cpu")).place(uniform(num_levels), asked, level)
    assert torch.equal(place.flatten(), 2.0 * torch.from_numpy(level) - (num_levels - 1))
    # Each digit is asked by the mass that is left to its group: the last one by that of the level itself.
    assert asked.masses[-1] == pytest.approx(1 / num_levels, rel=1e-9)
    assert all((before >= after - 1e-12).all() for before, after in zip(asked.masses, asked.masses[1:], strict=False))


@pytest.mark.parametrize(("num_levels", "digits"), [(2, 1), (16, 1), (17, 1), (256, 2), (1000, 2), (65536, 4)])
def test_256_levels_are_two_digits_to_the_base_16_and_65536_four(num_levels, digits):
    found = digits_of(num_levels, torch.device("cpu"))
    assert 1 + len(found.others) == digits
    assert found.base**digits >= num_levels > (found.base - 1) ** digits
    assert found.base <= 2 * BASE
