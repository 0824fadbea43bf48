"""Steps beside whole passes."""

import pytest
import torch
from planted.steps import Stretching
from planted.toys import Dense, toy

from arzoo.orderings import Snake
from arzoo.testing.failures import NotApplicable
from arzoo.testing.subject import Subject
from arzoo.testing.walk import Walk, whole_pass


def test_a_walk_gives_the_params_of_the_whole_pass_in_the_order_of_the_steps():
    subject = Subject(lambda: toy(ordering=Snake((1, 2, 3))))
    x, model = subject.events(2), subject.model
    expected = whole_pass(model, subject.ordering, x, None)
    torch.testing.assert_close(Walk(model, subject.ordering, x, None).params(), expected)
    torch.testing.assert_close(expected[3], model(x).flatten(2)[:, :, 5])


class StretchingDense(Stretching, Dense):
    """Takes positions at once."""


def test_a_walk_may_take_positions_at_once():
    subject = Subject(lambda: toy(StretchingDense, ordering=Snake((1, 2, 3))))
    x, model = subject.events(2), subject.model
    walk = Walk(model, subject.ordering, x, None)
    seen = torch.cat([walk.stretch(range(2)), walk.step(2)[None], walk.stretch(range(3, 6))])
    torch.testing.assert_close(seen, whole_pass(model, subject.ordering, x, None))


def test_a_backbone_without_steps_is_not_stretched():
    subject = Subject(lambda: toy())
    with pytest.raises(NotApplicable, match=r"^the backbone has no steps\(\)"):
        Walk(subject.model, subject.ordering, subject.events(2), None).stretch(range(2))
