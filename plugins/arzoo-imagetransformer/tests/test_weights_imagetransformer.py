"""The shipped weights against the best that can be said of digits pixel by pixel."""

import pytest
import torch

import arzoo
from arzoo.data import load_dataset
from arzoo.evaluation import evaluate

pytest.importorskip("sklearn", reason="the digits need scikit-learn")

INDEPENDENT = 107.99  # nats, `python benchmarks/independent.py digits`


def test_the_weights_are_fifteen_percent_better_than_independent_pixels():
    found = evaluate(arzoo.load("imagetransformer-digits"), load_dataset("digits", "test"), progress=False)
    assert found.nats < 0.85 * INDEPENDENT


@torch.inference_mode()
def test_the_class_that_explains_an_image_best_is_nearly_always_its_own():
    model, test = arzoo.load("imagetransformer-digits-class"), load_dataset("digits", "test")
    batch = test.batch(range(len(test)))
    every = [model.log_prob(batch.x, {"label": [label] * len(test)}) for label in range(10)]
    found = torch.stack(every).argmax(0)
    assert (found == torch.as_tensor(batch.context["label"])).double().mean() > 0.9
