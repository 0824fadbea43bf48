"""What is recorded of checkpoints is of the weights that are here."""

import json
import os
import runpy
from pathlib import Path

import pytest

import arzoo
from arzoo.data import load_dataset
from arzoo.data.sources import DATA_ROOT
from arzoo.evaluation import evaluate

RESULTS = Path(__file__).parent.parent / "docs/benchmark/results"
RECORDS = {path.name.removesuffix(".likelihood.json"): path for path in sorted(RESULTS.glob("*.likelihood.json"))}

if not arzoo.list_models(pretrained=True):
    pytest.skip("no plugin with weights is installed", allow_module_level=True)


def read(checkpoint):
    return json.loads(RECORDS[checkpoint].read_text(encoding="utf-8"))


def whole_split(record):
    measured, spec = record["likelihood"], arzoo.load(record["checkpoint"]).data
    if measured["dataset"] != "digits" and DATA_ROOT not in os.environ:
        pytest.skip(f"{measured['dataset']} needs {DATA_ROOT}; the tests ask no Hub")
    return load_dataset(measured["dataset"].partition(" as ")[0], measured["split"], spec=spec)


def test_every_bundled_checkpoint_has_a_record_and_every_record_a_checkpoint():
    bundled = [name for name in arzoo.list_models(pretrained=True) if arzoo.info(name).bundle]
    assert sorted(RECORDS) == bundled


def test_no_record_of_any_kind_is_of_weights_that_were_replaced():
    records = {path.name: json.loads(path.read_text(encoding="utf-8")) for path in sorted(RESULTS.glob("*.json"))}
    of_weights = {name: record for name, record in records.items() if {"checkpoint", "weights_sha256"} <= set(record)}
    pins = {record["checkpoint"]: arzoo.info(record["checkpoint"]).files for record in of_weights.values()}
    assert {name.split(".")[-2] for name in of_weights} >= {"likelihood", "probe", "compression", "outliers"}
    assert [
        name
        for name, record in of_weights.items()
        if record["weights_sha256"] != pins[record["checkpoint"]]["model.safetensors"].sha256
    ] == []


@pytest.mark.parametrize("checkpoint", RECORDS)
def test_a_record_is_of_the_whole_split_of_these_weights(checkpoint):
    record, pin = read(checkpoint), arzoo.info(checkpoint).files["model.safetensors"]
    assert record["weights_sha256"] == pin.sha256
    data = whole_split(record)
    assert (record["likelihood"]["digest"], record["likelihood"]["count"]) == (data.digest, len(data))


@pytest.mark.parametrize(
    "checkpoint", [pytest.param(c, marks=() if "digits" in c else pytest.mark.slow) for c in RECORDS]
)
def test_a_recorded_likelihood_is_measured_again(checkpoint):
    measured = read(checkpoint)["likelihood"]
    again = evaluate(arzoo.load(checkpoint), whole_split(read(checkpoint)), progress=False)
    assert again.bits_per_dim == pytest.approx(measured["bits_per_dim"], abs=1e-4)
    error = measured["nats_se"]  # None where the split is one text, of which nobody knows it
    assert again.nats_se == pytest.approx(float("nan") if error is None else error, rel=1e-2, nan_ok=True)


def test_what_independent_pixels_reach_is_measured_again():
    measure = runpy.run_path(str(RESULTS.parents[2] / "benchmarks/independent.py"))["measure"]
    recorded = json.loads((RESULTS / "digits.independent.json").read_text(encoding="utf-8"))
    assert measure("digits")["likelihood"]["nats"] == pytest.approx(recorded["likelihood"]["nats"], abs=1e-6)


@pytest.mark.parametrize("checkpoint", [name for name in RECORDS if "-digits" in name])
def test_digits_are_said_far_better_than_pixel_by_pixel(checkpoint):
    independent = json.loads((RESULTS / "digits.independent.json").read_text(encoding="utf-8"))["likelihood"]
    measured, share = read(checkpoint)["likelihood"], 0.90 if checkpoint.startswith("fvbn-") else 0.85
    assert measured["digest"] == independent["digest"]
    assert measured["nats"] < share * independent["nats"]
