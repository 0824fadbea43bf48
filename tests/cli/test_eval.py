import json
import re

import numpy as np
import pytest

import arzoo
from arzoo.evaluation import evaluate

pytestmark = pytest.mark.usefixtures("farm")


@pytest.fixture
def measured():
    """What Python measures on the digits."""
    return evaluate(arzoo.load("farm-digits"), arzoo.data.load_dataset("digits", "test"), progress=False)


def test_the_figures_are_those_of_python(run, measured):
    code, out, err = run("eval", "farm-digits")
    assert (code, err) == (0, "")
    assert out.startswith(f"farm-digits: {measured}\n")
    assert measured.digest in out


def test_a_record_says_how_the_figure_came_about(run, here, measured):
    assert run("eval", "farm-digits", "--json", "a b.json", "--batch-size", 50).code == 0
    record = json.loads((here / "a b.json").read_text())
    assert record["likelihood"]["bits_per_dim"] == pytest.approx(measured.bits_per_dim)
    assert record["likelihood"]["digest"] == measured.digest
    assert record["checkpoint"] == "farm-digits"
    assert record["command"] == "arzoo eval farm-digits --json 'a b.json' --batch-size 50"
    assert record["weights_sha256"] == arzoo.info("farm-digits").files["model.safetensors"].sha256
    assert record["parameters"] == 17 * 64
    assert record["augmented"] is False
    assert record["context"] == []
    assert (record["ordering"], record["ensemble"]) == ("raster", None)
    assert {"ordering", "seconds", "dtype", "torch"} <= record.keys()


def test_a_part_of_the_split_is_measured(run):
    assert "36 items)" in run("eval", "farm-digits", "--limit", 36).out
    assert "(digits train, 10 items)" in run("eval", "farm-digits", "--split", "train", "--limit", 10).out


def test_labels_come_from_the_data_set(run):
    assert "360 items" in run("eval", "farm-digits-class", "--dataset", "digits").out


def test_an_array_has_the_levels_of_the_model(run, here):
    np.save(here / "levels.npy", np.full((5, 1, 8, 8), 16, np.uint8))
    assert "5 items" in run("eval", "farm-digits", "--dataset", "levels.npy").out


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["farm-digit"], r"Unknown model 'farm-digit'\. Did you mean 'farm-digits'"),
        (["farm-bare"], r"farm-bare must say what it was trained on, and has no recipe.* Use --dataset"),
        (["farm-digits", "--dataset", "digitz"], r"Unknown data set 'digitz'\. Did you mean 'digits'"),
        (["farm-digits", "--split", "valid"], r"must be 'train' or 'test', got 'valid'"),
        (["farm-digits", "--limit", "0"], r"Invalid value for '--limit'"),
        (["farm-digits", "--orderings", "0"], r"Invalid value for '--orderings'"),
        (["farm-digits", "--orderings", "2"], r"farm-digits can follow Raster\(.* alone, got RandomOrder\("),
        (["farm-digits", "--connectivities", "2"], r"farm-digits must have hidden units that are masked at will"),
        (["farm-digits", "--batch-size", "0"], r"Invalid value for '--batch-size'"),
        (["farm-colour"], r"shape \(3, 4, 6\) and 17 levels, got \(1, 8, 8\) and 17 from digits"),
        (["farm-digits-class", "--dataset", "levels.npy"], r"farm-digits-class needs the context label"),
        (["farm-digits", "--dataset", "missing.npy"], r"missing\.npy"),
        (["farm-digits", "--json", "nowhere/record.json"], r"needs a folder 'nowhere'"),
        (["farm-digits", "--json", "."], r"must be a file, got the folder '\.'"),
        (["farm-digits", "--json", "/dev/null"], r"must be a file, got the device '/dev/null'"),
        (["farm-digits", "--device", "cud"], r"Device 'cud' is not here"),
        (["farm-digits", "--label", "3"], r"No such option: --label"),
    ],
)
def test_bad_input_is_one_sentence(refused, here, words, sentence):
    np.save(here / "levels.npy", np.zeros((5, 1, 8, 8), np.uint8))
    assert re.search(sentence, refused("eval", *words))


def test_a_data_root_that_lacks_the_data_set_is_named(refused, here):
    said = refused("eval", "farm-digits", "--dataset", "mnist", "--data-root", here)
    assert re.search(rf"The data root {here} must hold ylecun/mnist/mnist/test-\*\.parquet.* --data-root", said)


def test_offline_a_data_set_that_is_not_here_is_one_sentence(start, farm, here, tmp_path):
    pytest.importorskip("datasets")
    hub = {"HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path / "hub"), "ARZOO_DATA_ROOT": ""}
    process = start("eval", "farm-digits", "--dataset", "mnist", "--json", "record.json", site=farm, **hub)
    out, err = process.communicate(timeout=120)
    assert (process.returncode, out) == (2, "")
    sentence = r"Error: The Hub's ylecun/mnist is not in the local cache .*--data-root .*HF_HUB_OFFLINE[^\n]*\n"
    assert re.fullmatch(sentence, err)
    assert not list(here.iterdir())
