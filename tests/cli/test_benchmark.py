import errno
import json
from pathlib import Path

import pytest

import arzoo
from arzoo.benchmark import Result, SamplingRecord
from arzoo.checkpoints import config_of

QUICK = ("--rounds", 1, "--batch", 1, "--batch", 3)


@pytest.mark.usefixtures("farm")
def test_a_table_a_model(run, here):
    code, out, err = run("benchmark", "sampling", "farm-digits", "farm:tiny", *QUICK)
    assert (code, err) == (0, "")
    assert "farm-digits: 1,088 parameters, float32, 32 of 64 positions timed, from 32 on" in out
    assert "farm:tiny: 8 parameters" in out
    for line in ("batch 1", "batch 3", "│ a step, ms", "times the floor", "whole pass, ms", "peak memory, MB"):
        assert out.count(line) == 2
    assert list(here.iterdir()) == []


@pytest.mark.usefixtures("farm")
def test_a_record_of_fresh_weights(run, here):
    assert run("benchmark", "sampling", "farm:tiny", *QUICK, "--json", ".").code == 0
    record = SamplingRecord.read(here / "farm-tiny.sampling.json")
    assert [row.batch for row in record.rows] == [1, 3]
    assert record.command.startswith("arzoo benchmark sampling farm:tiny --rounds 1")


@pytest.mark.usefixtures("farm")
def test_checkpoints_have_one_record_of_their_speed(refused, here):
    message = refused("benchmark", "sampling", "farm:tiny", "farm-digits", "--json", ".")
    assert message.startswith("`--json` must be of fresh weights, such as made:paper, got farm-digits.")
    assert "Use arzoo benchmark run farm-digits --part sampling --out ." in message
    message = refused("benchmark", "sampling", "--json", ".")
    assert "got every bundled checkpoint. Use arzoo benchmark run --part sampling" in message
    assert list(here.iterdir()) == []


@pytest.mark.usefixtures("farm")
def test_every_bundled_checkpoint_where_none_is_named(run, monkeypatch):
    monkeypatch.setattr("arzoo.benchmark.bundled", lambda: ["farm-digits-class", "farm-colour"])
    code, out, _ = run("benchmark", "sampling", *QUICK, "--dtype", "float64")
    assert code == 0
    assert out.index("farm-digits-class: ") < out.index("farm-colour: ")
    assert out.count(", float64, ") == 2


@pytest.mark.usefixtures("sequences")
def test_sequences_of_free_length_are_told_by_symbols_alone(run):
    code, out, _ = run("benchmark", "sampling", "chain:tiny", "--rounds", 1, "--batch", 2, "--steps", 512)
    assert code == 0
    assert "512 of 2048 positions timed, from 768 on" in out
    (events,) = [line for line in out.splitlines() if "events a second" in line]
    assert not any(letter.isdigit() for letter in events)


@pytest.mark.usefixtures("farm")
def test_what_cannot_be_measured_is_refused_in_a_sentence(refused):
    assert refused("benchmark", "sampling", "farm-digit").startswith("Unknown model 'farm-digit'. Did you mean")
    assert refused("benchmark", "sampling", "farm-digits", "--batch", 0).startswith("`batch` must be a whole number")
    assert refused("benchmark", "sampling", "farm-digits", "--json", "no/where").startswith("The output")
    assert refused("benchmark", "sampling", "farm").endswith("Use farm:small.")
    assert refused("benchmark", "sample").startswith("No such command 'sample'")


@pytest.mark.usefixtures("farm")
def test_run_measures_a_checkpoint_of_anybody_and_page_shows_it(run, here, monkeypatch):
    monkeypatch.setattr("arzoo.benchmark.page.reading.carded", lambda: ["farm-digits"])
    code, out, err = run("benchmark", "run", "farm-digits", "--out", ".", "--rounds", 1)
    assert (code, err) == (0, "")
    (result,) = [Result.read(path) for path in here.glob("farm-digits.*.benchmark.json")]
    assert result.failures() == {"training": result.failures()["training"]}  # a recipe without steps is no recipe
    assert "farm-digits: training failed: " in out and "failed │" in out
    assert result.part("likelihood")["record"] == "farm-digits.likelihood.json"
    assert result.part("sampling")["command"] == "arzoo benchmark run farm-digits --part sampling --again --rounds 1"
    assert result.part("field")["seen"] == 0 and set("".join(result.part("field")["picture"])) == set("#-.")
    assert run("eval", "farm-digits", "--check", "--results", ".").code == 0

    code, out, err = run("benchmark", "page", "--out", "page", "--results", ".", "--samples", ".")
    assert (code, err) == (0, "")
    page = (here / "page/index.html").read_text()
    assert out.startswith("Wrote page/index.html: ") and 'id="m-farm-digits"' in page
    assert "farm-digits.likelihood.json" not in page.split("Left out")[-1]


@pytest.mark.usefixtures("farm")
def test_a_checkpoint_that_says_nothing_of_its_data_is_measured_by_eval(run, here, monkeypatch):
    monkeypatch.setattr("arzoo.benchmark.page.reading.carded", lambda: ["farm-bare"])
    words = ("benchmark", "run", "farm-bare", "--part", "likelihood", "-o", ".")
    said = run(*words).out
    assert "likelihood failed: farm-bare must say what it was trained on, and has no recipe in its config." in said
    assert "Use arzoo eval farm-bare --dataset ID; what it writes with --json farm-bare.likelihood.json stands" in said
    assert run("eval", "farm-bare", "--dataset", "digits", "--json", "farm-bare.likelihood.json").code == 0
    code, out, _ = run(*words)
    assert code == 0 and "failed" not in out
    assert run("benchmark", "page", "--out", "page", "--results", ".", "--samples", ".")[:1] == (0,)
    page = (here / "page/index.html").read_text()
    assert ">digits</h3>" in page and 'id="m-farm-bare"' in page and "not stated" in page


BROKEN = """
import arzoo


def build(**arguments):
    raise RuntimeError("no such layer")


@arzoo.hookimpl
def register_models():
    files = {name: arzoo.File("0" * 64, 10) for name in ("model.safetensors", "config.json")}
    elsewhere = arzoo.Checkpoint("broken-elsewhere", repo_id="owner/name", revision="0" * 40, files=files)
    gone = arzoo.Checkpoint("broken-gone", bundle="arzoo_broken:weights", files=files, summary="<script>alert(1)</script>")
    return [arzoo.ModelEntry("broken", "arzoo_broken:build", {"tiny": {}}, checkpoints=[elsewhere, gone])]
"""


def test_a_broken_plugin_costs_its_own_models_alone(run, here, install, monkeypatch):
    install("arzoo-broken", "broken", BROKEN)
    arzoo.plugins.reload()
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    names = ["broken-elsewhere", "broken-gone", "fvbn-digits"]
    monkeypatch.setattr("arzoo.benchmark.page.reading.carded", lambda: names)
    code, out, _ = run("benchmark", "run", *names[:2], "--part", "sampling", "--part", "field", "-o", ".")
    assert code == 0 and out.count("sampling failed: ") == out.count("field failed: ") == 2
    code, out, err = run("benchmark", "page", "--out", "page", "--results", ".", "--samples", ".")
    assert code == 0 and "1 model," in out
    assert [line.partition(":")[0] for line in err.splitlines()] == [f"{name} is left out" for name in names[:2]]
    page = (here / "page/index.html").read_text()
    assert "<script>alert" not in page and page.count('class="model"') == 1


@pytest.mark.usefixtures("farm")
def test_a_full_disk_is_one_sentence_and_leaves_no_half_of_a_file(run, here, monkeypatch):
    def write_text(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_text", write_text)
    code, _, err = run("benchmark", "run", "farm-digits", "--part", "field", "-o", ".")
    assert code == 2 and err.endswith("benchmark.json: No space left on device.\n")
    assert list(here.iterdir()) == []


@pytest.mark.usefixtures("farm")
def test_what_is_left_out_of_the_page_is_named(run, here, monkeypatch):
    monkeypatch.setattr("arzoo.benchmark.page.reading.carded", lambda: ["farm-digits"])
    (here / "farm-digits.likelihood.json").write_text('{"checkpoint": "farm-')
    code, out, err = run("benchmark", "page", "--out", "page", "--results", ".", "--samples", ".")
    assert code == 0 and out.startswith("Wrote page/index.html")
    assert err.startswith("farm-digits.likelihood.json is left out: it must be whole JSON")


@pytest.mark.usefixtures("farm")
def test_without_names_every_pinned_checkpoint_is_measured(run, here, monkeypatch):
    monkeypatch.setattr("arzoo.cards.carded", lambda: ["farm-colour", "farm-digits-class"])
    assert run("benchmark", "run", "--part", "field", "-o", ".").code == 0
    assert sorted(path.name.partition(".")[0] for path in here.iterdir()) == ["farm-colour", "farm-digits-class"]


@pytest.mark.usefixtures("farm")
def test_a_curve_is_recorded_with_its_checkpoint(run, here):
    training = config_of("farm-digits").training
    arzoo.save(arzoo.load("farm-digits"), here / "trained", training=training)
    (here / "trained/log.jsonl").write_text('{"event": "step", "step": 50, "train_bits_per_dim": 3.1}\n')
    code, out, _ = run("benchmark", "curve", "farm-digits", "trained", "--out", ".")
    assert (code, out) == (0, "Wrote farm-digits.curve.json: 1 of training.\n")
    record = json.loads((here / "farm-digits.curve.json").read_text())
    assert record["points"] == {"training": [[50, 3.1]]}


@pytest.mark.usefixtures("farm")
def test_what_cannot_be_run_or_shown_is_refused_in_a_sentence(refused):
    assert refused("benchmark", "run", "farm-digit", "-o", ".").startswith("Unknown model 'farm-digit'. Did you mean")
    message = refused("benchmark", "run", "farm-digits", "-o", ".", "--part", "samping")
    assert message.startswith("`--part` must be one of likelihood, sampling, training, field, got 'samping'.")
    assert "Did you mean 'sampling'?" in message
    assert refused("benchmark", "run", "farm-digits", "-o", "no/where").startswith("The output")
    assert refused("benchmark", "page", "-o", "page", "--results", "none").startswith(
        "`--results` must be a folder of records, got 'none'. Make it with mkdir -p none"
    )
