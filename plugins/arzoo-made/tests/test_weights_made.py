"""The shipped weights against the best that can be said of digits pixel by pixel."""

import json

import pytest
import torch

import arzoo
from arzoo.cli import main
from arzoo.data import load_dataset
from arzoo.ensemble import variant
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


def test_the_weights_are_fifteen_percent_better_than_independent_pixels(independent):
    found = evaluate(arzoo.load("made-digits"), load_dataset("digits", "test"), progress=False)
    assert found.nats < 0.85 * independent


def test_eight_orderings_together_are_better_than_each(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as ending:
        main(["eval", "made-digits-orderings", "--orderings", "8", "--json", "record.json"])
    assert ending.value.code == 0
    assert capsys.readouterr().out.startswith("made-digits-orderings, ensemble of 8 orderings: ")
    record = json.loads((tmp_path / "record.json").read_text())
    assert record["ensemble"] == record["ordering"] == "ensemble of 8 orderings"
    model, test = arzoo.load("made-digits-orderings"), load_dataset("digits", "test")
    members = [evaluate(variant(model, number, 8), test, progress=False).nats for number in range(8)]
    assert record["likelihood"]["nats"] < min(members) - 1


def test_an_ordering_that_was_not_trained_is_worse():
    model, test = arzoo.load("made-digits-orderings"), load_dataset("digits", "test")
    trained, other = (evaluate(variant(model, number, 100), test, progress=False).nats for number in (3, 50))
    assert other > trained + 2
