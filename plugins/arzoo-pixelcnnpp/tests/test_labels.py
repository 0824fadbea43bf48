"""The class-conditional weights draw the digit they are told to draw, and the label is worth nats."""

import pytest
import torch

import arzoo
from arzoo.data import load_dataset

svm = pytest.importorskip("sklearn.svm", reason="the classifier needs scikit-learn")


def digits(split):
    data = load_dataset("digits", split)
    return data.batch(range(len(data)))


def test_most_samples_are_recognised_as_their_class():
    x, context, *_ = digits("train")
    classifier = svm.SVC(gamma=0.001, C=10).fit(x.flatten(1).numpy(), context["label"].numpy())
    labels = torch.arange(10).repeat(10)
    drawn = arzoo.load("pixelcnnpp-digits-class").sample(100, {"label": labels}, seed=0, progress=False)
    assert (torch.from_numpy(classifier.predict(drawn.flatten(1).numpy())) == labels).sum() >= 85


def test_the_wrong_label_costs_likelihood_and_the_right_one_saves_some():
    x, context, *_ = digits("test")
    told, plain = arzoo.load("pixelcnnpp-digits-class"), arzoo.load("pixelcnnpp-digits")
    right, wrong = (told.log_prob(x, {"label": label}) for label in (context["label"], (context["label"] + 1) % 10))
    gain = right - plain.log_prob(x)
    assert (right > wrong).float().mean() > 0.9
    assert gain.mean() > 5 * gain.std() / len(x) ** 0.5
