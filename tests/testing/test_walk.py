"""Steps beside whole passes."""

import torch
from planted.toys import toy

from arzoo.orderings import Snake
from arzoo.testing.subject import Subject
from arzoo.testing.walk import Walk, whole_pass


def test_a_walk_gives_the_params_of_the_whole_pass_in_the_order_of_the_steps():
    subject = Subject(lambda: toy(ordering=Snake((1, 2, 3))))
    x, model = subject.events(2), subject.model
    expected = whole_pass(model, subject.ordering, x, None)
    torch.testing.assert_close(Walk(model, subject.ordering, x, None).params(), expected)
    torch.testing.assert_close(expected[3], model(x).flatten(2)[:, :, 5])
