"""The class-conditional weights draw the digit they are told to draw."""

import pytest
import torch

import arzoo
from arzoo.data import load_dataset

svm = pytest.importorskip("sklearn.svm", reason="the classifier needs scikit-learn")


def pixels_and_labels(split):
    data = load_dataset("digits", split)
    x, context, *_ = data.batch(range(len(data)))
    return x.flatten(1).numpy(), context["label"].numpy()


@pytest.fixture(scope="module")
def classifier():
    (x, y), (test_x, test_y) = (pixels_and_labels(split) for split in ("train", "test"))
    fitted = svm.SVC(gamma=0.001, C=10).fit(x, y)
    assert fitted.score(test_x, test_y) > 0.97
    return fitted


def test_ninety_of_a_hundred_samples_are_recognised_as_their_class(classifier):
    model, labels = arzoo.load("gatedpixelcnn-digits-class"), torch.arange(10).repeat(10)
    x = model.sample(100, {"label": labels}, seed=0, progress=False)
    recognised = (torch.from_numpy(classifier.predict(x.flatten(1).numpy())) == labels).sum().item()
    assert recognised >= 90


def test_the_wrong_label_costs_likelihood():
    model, test = arzoo.load("gatedpixelcnn-digits-class"), load_dataset("digits", "test")
    x, context, *_ = test.batch(range(len(test)))
    right = model.log_prob(x, context)
    wrong = model.log_prob(x, {"label": (context["label"] + 1) % 10})
    assert (right > wrong).float().mean() > 0.9
