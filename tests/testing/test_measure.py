"""Dependence by perturbation."""

import pytest
import torch
from planted.toys import Dense, Recurrent, toy

from arzoo.testing.measure import influence, one_symbol_changed
from arzoo.testing.subject import Subject


def test_one_symbol_is_changed_at_a_time_to_other_levels():
    x = torch.tensor([[0, 4], [2, 1]])
    changed = one_symbol_changed(x, 5, seed=0)
    assert changed.shape == (12, 2, 2)
    assert ((changed != x).flatten(1).sum(1) == 1).all()
    assert [int(row.flatten().ne(x.flatten()).nonzero()) for row in changed] == [0, 1, 2, 3] * 3
    assert len({tuple(row.flatten().tolist()) for row in changed}) == 12
    assert changed.min() == 0 and changed.max() == 4


@pytest.mark.parametrize("backbone", [Dense, Recurrent])
def test_influence_is_the_dependence(backbone):
    subject = Subject(lambda: toy(backbone, (2, 2, 2)))
    earlier = subject.ordering.earlier()
    assert torch.equal(influence(subject, earlier) > 0, earlier)
