"""The shipped weights against the best that can be said of digits pixel by pixel."""

import pytest

import arzoo
from arzoo.data import load_dataset
from arzoo.evaluation import evaluate

pytest.importorskip("sklearn", reason="the digits need scikit-learn")

INDEPENDENT = 107.99  # nats, `python benchmarks/independent.py digits`


def test_the_weights_are_fifteen_percent_better_than_independent_pixels():
    found = evaluate(arzoo.load("imagetransformer-digits"), load_dataset("digits", "test"), progress=False)
    assert found.nats < 0.85 * INDEPENDENT
