import json
import shutil

import pytest

from arzoo.benchmark.page import read_zoo, rendered


def shown(found, name):
    return next(each for each in found.models if each.subject.id == name)


def test_every_pinned_checkpoint_is_there_with_what_was_measured_of_it(found, kit):
    assert [each.subject.id for each in found.models] == kit.names
    assert found.warnings == []
    made = shown(found, "made-digits-orderings")
    assert set(made.subject.records) == {"likelihood", "ensemble"} and len(made.results) == 1
    assert len(shown(found, "fvbn-digits").results) == 2
    assert shown(found, "wavenet-fsdd").results == () and shown(found, "wavenet-fsdd").subject.records == {}


@pytest.fixture
def left_out(results, kit):
    """Function to assert that one warning names a file and says why, without this machine's folders, on a page."""

    def left_out(path, *words):
        found = read_zoo(results, kit.samples)
        (warning,) = found.warnings
        assert warning.startswith(f"{path.name} is left out: ") and all(word in warning for word in words)
        assert str(results) not in warning
        page = rendered(found)
        assert path.name in page and "Left out" in page
        return found

    return left_out


@pytest.fixture(params=["likelihood", "ensemble", "benchmark"])
def path(request, results):
    """A record of each kind that has figures."""
    return sorted(results.glob(f"made-digits*.{request.param}.json"))[0]


def test_a_truncated_file_is_left_out(path, left_out):
    path.write_text(path.read_text()[:-20])
    left_out(path, "must be whole JSON")


def test_an_empty_file_is_left_out(path, left_out):
    path.write_bytes(b"")
    left_out(path, "must be whole JSON")


def test_a_file_of_another_version_is_left_out(path, change, left_out):
    left_out(change(path, format=2), "must be a record of format 1, got 2")


def test_a_file_of_weights_that_nobody_registers_is_left_out(path, change, left_out):
    left_out(change(path, weights_sha256="0" * 64), "sha256", "0" * 64, "Measure it anew")


def test_a_file_of_a_checkpoint_that_nobody_registers_is_left_out(path, change, left_out):
    key = "model" if path.name.endswith("benchmark.json") else "checkpoint"
    left_out(change(path, **{key: "made-elsewhere"}), "must be of a pinned checkpoint, got 'made-elsewhere'")


def test_a_file_with_keys_of_its_own_is_left_out(results, change, left_out):
    path = next(results.glob("fvbn-digits.2-*.benchmark.json"))
    left_out(change(path, mine=1), "got others in mine")


def test_a_result_that_contradicts_the_recorded_likelihood_is_left_out(results, kit, left_out):
    record = json.loads((results / "made-digits.likelihood.json").read_text())["likelihood"]
    agreeing = kit.result("made-digits", 1.0, kit.here, likelihood={**record, "command": "c"})
    agreeing.write(results)
    assert read_zoo(results, kit.samples).warnings == []
    for change in ({"bits_per_dim": 1.0}, {"digest": "0" * 64}):
        path = kit.result("made-digits", 1.0, kit.here, likelihood={**record, **change}).write(results)
        found = left_out(path, "must agree with made-digits.likelihood.json")
        assert shown(found, "made-digits").results == ()


@pytest.mark.parametrize("missing", ["likelihood", "parts"])
def test_a_record_without_its_figures_is_left_out(results, change, missing, left_out):
    kind = {"likelihood": "made-digits.likelihood.json"}.get(missing)
    path = results / kind if kind else next(results.glob("made-digits.*.benchmark.json"))
    change(path, **{missing: {}} if kind else {missing: {"sampling": {}}})
    left_out(path, "must have")


def test_a_sample_of_other_weights_is_left_out(results, tmp_path, kit):
    samples = tmp_path / "pictures"
    samples.mkdir()
    shutil.copy(kit.samples / "fvbn-digits.png", samples / "made-digits.png")
    found = read_zoo(results, samples)
    (warning,) = found.warnings
    assert warning.startswith("The sample of made-digits is left out: ")
    assert "Draw it anew" in warning
    assert 'Samples drawn by made-digits"' not in rendered(found)
