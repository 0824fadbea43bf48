import json

import pytest

from arzoo.benchmark import Measuring, Plan
from arzoo.benchmark.measures import PARTS, measure_likelihood, recorded_likelihood
from arzoo.checkpoints import config_of
from arzoo.data import load_dataset

NAME = "fvbn-digits"


@pytest.fixture
def plan(tmp_path):
    return Plan(tmp_path, tuple(PARTS), sampling=Measuring((1, 2), 16, 1))


def test_a_likelihood_is_of_the_whole_split_and_its_record_that_of_eval(plan):
    found = measure_likelihood(NAME, plan)
    record = json.loads((plan.folder / f"{NAME}.likelihood.json").read_text())
    assert {key: found[key] for key in record["likelihood"]} == record["likelihood"]
    assert (found["count"], found["digest"]) == (360, load_dataset("digits", "test").digest)
    assert (record["format"], record["exact"], record["ensemble"]) == (1, True, None)
    assert record["weights_sha256"] == config_of(NAME).weights.sha256
    assert record["command"] == f"arzoo eval {NAME}"
    assert record["subset"]["count"] == 16


def test_a_recorded_likelihood_is_taken_where_weights_items_and_version_agree(plan, monkeypatch):
    measure_likelihood(NAME, plan)
    path = plan.folder / f"{NAME}.likelihood.json"
    record = json.loads(path.read_text())
    measured = []
    monkeypatch.setattr("arzoo.benchmark.measures._measured_likelihood", lambda *_: measured.append(1) or record)

    def again(**changes):
        path.write_text(json.dumps({**record, **changes}))
        measured.clear()
        measure_likelihood(NAME, plan)
        return bool(measured)

    assert not again()
    assert again(weights_sha256="0" * 64)
    assert again(checkpoint="made-digits")
    assert again(format=2)
    assert again(likelihood={**record["likelihood"], "digest": "0" * 64})
    path.write_text("{")
    assert recorded_likelihood(path, NAME) is None


def test_a_record_stands_where_its_data_are_not_here(plan, monkeypatch):
    from arzoo.errors import DataError

    found = measure_likelihood(NAME, plan)

    def nothing(*_, **__):
        raise DataError("digits is not here.")

    monkeypatch.setattr("arzoo.benchmark.measures.load_for", nothing)
    assert measure_likelihood(NAME, plan) == found


@pytest.mark.parametrize("part", ["sampling", "training", "field"])
def test_the_other_parts_are_json(plan, part):
    found = PARTS[part](NAME, plan)
    assert json.loads(json.dumps(found)) and found
