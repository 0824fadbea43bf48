"""The shipped weights in the orderings they were trained for, and in others."""

import json

import pytest
import torch

import arzoo
from arzoo.cli import main
from arzoo.data import load_dataset
from arzoo.ensemble import variant
from arzoo.evaluation import evaluate
from arzoo.sampling import known_first

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


KNOWN = {
    "bottom": (slice(4, 8), slice(None)),
    "left": (slice(None), slice(0, 4)),
    "right": (slice(None), slice(4, 8)),
    "every other row": (slice(0, 8, 2), slice(None)),
}


@pytest.mark.parametrize("where", KNOWN)
def test_what_is_known_pays_when_it_comes_first_wherever_it_is(where):
    """The truth costs fewer nats given all that is known than given what of it comes earlier in the model's own order."""
    model, x = arzoo.load("made-digits-orderings"), load_dataset("digits", "test").batch(range(360)).x
    known = torch.zeros(1, 8, 8, dtype=torch.bool)
    known[0, *KNOWN[where]] = True
    first = model.with_ordering(known_first(model.ordering, known))
    nats, own = (-each.position_log_prob(x)[:, ~known].sum(1).mean().item() for each in (first, model))
    assert nats < own - 0.4
