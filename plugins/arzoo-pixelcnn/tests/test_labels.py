"""The class-conditional weights draw the digit they are told to draw, and the label is worth what the table says."""

import json
from pathlib import Path

import pytest
import torch

import arzoo
from arzoo.data import load_dataset

svm = pytest.importorskip("sklearn.svm", reason="the classifier needs scikit-learn")

RESULTS = Path(__file__).parents[3] / "docs/benchmark/results"


def pixels_and_labels(split):
    data = load_dataset("digits", split)
    x, context, *_ = data.batch(range(len(data)))
    return x.flatten(1).numpy(), context["label"].numpy()


def test_most_samples_are_recognised_as_their_class():
    classifier = svm.SVC(gamma=0.001, C=10).fit(*pixels_and_labels("train"))
    assert classifier.score(*pixels_and_labels("test")) > 0.97
    labels = torch.arange(10).repeat(10)
    drawn = arzoo.load("pixelcnn-digits-class").sample(100, {"label": labels}, seed=0, progress=False)
    assert (torch.from_numpy(classifier.predict(drawn.flatten(1).numpy())) == labels).sum() >= 85


def test_the_wrong_label_costs_likelihood():
    model, (x, context, *_) = arzoo.load("pixelcnn-digits-class"), load_dataset("digits", "test").batch(range(360))
    right, wrong = (model.log_prob(x, {"label": label}) for label in (context["label"], (context["label"] + 1) % 10))
    assert (right > wrong).float().mean() > 0.9


def test_the_recorded_likelihood_is_better_than_that_of_the_network_told_nothing():
    records = (RESULTS / f"{name}.likelihood.json" for name in ("pixelcnn-digits", "pixelcnn-digits-class"))
    plain, told = (json.loads(record.read_text(encoding="utf-8"))["likelihood"] for record in records)
    assert plain["nats"] - told["nats"] > 2 * max(plain["nats_se"], told["nats_se"])
