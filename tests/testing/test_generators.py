"""Global generators, lent and watched."""

import random

import numpy as np
import pytest
import torch

from arzoo.testing.generators import seeded, states


def test_generators_are_lent_and_given_back():
    before = states()
    with seeded(3):
        first = torch.rand(2).tolist(), random.random(), np.random.rand()
        assert all(state != before[name] for name, state in states().items())
    assert states() == before
    with pytest.raises(ValueError, match="inside"), seeded(3):
        assert first == (torch.rand(2).tolist(), random.random(), np.random.rand())
        raise ValueError("inside")
    assert states() == before
