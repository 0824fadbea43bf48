import pytest

from arzoo.benchmark import SamplingRecord

QUICK = ("--rounds", 1, "--batch", 1, "--batch", 3)


@pytest.mark.usefixtures("farm")
def test_a_table_a_model_and_a_record_of_it(run, here):
    code, out, err = run("benchmark", "sampling", "farm-digits", "farm:tiny", *QUICK, "--json", ".")
    assert (code, err) == (0, "")
    assert "farm-digits: 1,088 parameters, float32, 32 of 64 positions timed, from 32 on" in out
    assert "farm:tiny: 8 parameters" in out
    for line in ("batch 1", "batch 3", "│ a step, ms", "times the floor", "whole pass, ms", "peak memory, MB"):
        assert out.count(line) == 2
    record = SamplingRecord.read(here / "farm-digits.sampling.json")
    assert [row.batch for row in record.rows] == [1, 3]
    assert record.command.startswith("arzoo benchmark sampling farm-digits farm:tiny --rounds 1")
    assert sorted(path.name for path in here.iterdir()) == ["farm-digits.sampling.json", "farm-tiny.sampling.json"]


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
