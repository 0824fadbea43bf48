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
    lowest, highest, some = (rows.flatten(1).diagonal(dim1=0, dim2=1) for rows in changed.split(4))
    assert lowest.tolist() == [1, 0, 0, 0] and highest.tolist() == [4, 3, 4, 4]
    assert some.min() >= 0 and some.max() <= 4


def test_of_few_levels_every_other_is_tried():
    assert one_symbol_changed(torch.tensor([0, 1]), 2, seed=0).tolist() == [[1, 1], [0, 0]]
    triples = one_symbol_changed(torch.tensor([0, 1, 2]), 3, seed=0)
    assert [sorted({row[k].item() for row in triples[k::3]}) for k in range(3)] == [[1, 2], [0, 2], [0, 1]]


@pytest.mark.parametrize("backbone", [Dense, Recurrent])
def test_influence_is_the_dependence(backbone):
    subject = Subject(lambda: toy(backbone, (2, 2, 2)))
    earlier = subject.ordering.earlier()
    assert torch.equal(influence(subject, earlier) > 0, earlier)
