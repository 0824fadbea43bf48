"""The shipped weights in the orderings they were trained for, and in others."""

import json

import pytest

import arzoo
from arzoo.cli import main
from arzoo.data import load_dataset
from arzoo.ensemble import variant
from arzoo.evaluation import evaluate

pytest.importorskip("sklearn", reason="the digits need scikit-learn")


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
