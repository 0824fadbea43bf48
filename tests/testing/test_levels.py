"""Heads asked about every level."""

import torch
from planted.toys import toy

from arzoo.heads import Bernoulli, Categorical, DiscretizedLogisticMixture
from arzoo.testing.levels import log_masses, with_levels
from arzoo.testing.subject import Subject


def test_masses_of_a_level_are_those_of_log_prob():
    subject, params = Subject(toy), torch.randn(3, 4, dtype=torch.float64)
    masses = log_masses(subject, Categorical(4), params, torch.empty(3, 0, dtype=torch.long))
    torch.testing.assert_close(masses, params.log_softmax(1).T)


def test_heads_are_remade_with_other_levels_where_they_can():
    levels = [head.num_levels for head in with_levels(Categorical(256), (2, 256, 65_536))]
    assert levels == [256, 2, 65_536]
    assert [head.num_levels for head in with_levels(Bernoulli(), (2, 256))] == [2]
    remade = list(with_levels(DiscretizedLogisticMixture(17, 3, 3, min_log_scale=-5.0), (2,)))[1]
    assert (remade.num_levels, remade.num_mixtures, remade.min_log_scale) == (2, 3, -5.0)
