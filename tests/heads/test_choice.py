"""The head that levels ask for."""

import pytest

from arzoo.errors import ConfigError
from arzoo.heads import Bernoulli, Categorical, DiscretizedLogisticMixture, for_levels


def test_two_levels_need_one_param_and_more_a_softmax():
    assert for_levels(2) == Bernoulli()
    assert for_levels(17) == Categorical(17)


def test_a_mixture_owns_as_many_channels_as_are_said():
    assert for_levels(256, 10) == DiscretizedLogisticMixture(256, 10, num_channels=1)
    assert for_levels(256, 10, 3) == DiscretizedLogisticMixture(256, 10, num_channels=3)


@pytest.mark.parametrize("number", [-1, 2.0, True])
def test_a_number_of_logistics_that_is_none_is_refused(number):
    with pytest.raises(ConfigError, match=rf"`num_mixtures` must be a whole number of at least 0, got {number}"):
        for_levels(256, number)
