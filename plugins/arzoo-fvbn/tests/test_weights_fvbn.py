"""The shipped weights against the best that can be said of digits pixel by pixel."""

import pytest
import torch

import arzoo
from arzoo.data import load_dataset
from arzoo.evaluation import evaluate

pytest.importorskip("sklearn", reason="the digits need scikit-learn")


def pixels(data):
    return data.batch(range(len(data))).x.flatten(1).long()


def nats(train, test, smoothing):
    """Mean negative log-likelihood of images under a histogram of the levels of each pixel."""
    counts = torch.nn.functional.one_hot(train, 17).sum(0).double() + smoothing
    log_prob = (counts / counts.sum(1, keepdim=True)).log()
    return -log_prob[torch.arange(64), test].sum(1).mean().item()


@pytest.fixture(scope="module")
def independent():
    """The best position-wise independent model, its smoothing chosen on images held out of train."""
    train = load_dataset("digits", "train")
    fitted, held_out = map(pixels, train.hold_out(137))
    chosen = min((0.01, 0.03, 0.1, 0.3, 1.0, 3.0), key=lambda smoothing: nats(fitted, held_out, smoothing))
    return nats(pixels(train), pixels(load_dataset("digits", "test")), chosen)


def test_the_weights_are_ten_percent_better_than_independent_pixels(independent):
    found = evaluate(arzoo.load("fvbn-digits"), load_dataset("digits", "test"), progress=False)
    assert found.nats < 0.9 * independent
