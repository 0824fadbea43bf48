import json
import math
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


@pytest.fixture
def warning_of(results, kit):
    """Function that returns the only warning of a folder, which is of one file."""

    def warning_of(path):
        (warning,) = read_zoo(results, kit.samples).warnings
        assert warning.startswith(f"{path.name} is left out: ") and str(results) not in warning
        return warning

    return warning_of


@pytest.fixture(params=["likelihood", "ensemble", "benchmark"])
def path(request, results):
    """A record of each kind that has figures."""
    return sorted(results.glob(f"made-digits*.{request.param}.json"))[0]


def test_a_truncated_file_is_left_out(path, left_out):
    path.write_text(path.read_text()[:-20])
    left_out(path, "must be whole JSON")


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"[" * 100_000, b"[1]", b"null"])
def test_a_file_that_is_no_object_is_left_out(results, content, warning_of):
    path = results / "made-digits.likelihood.json"
    path.write_bytes(content)
    assert "must be whole JSON" in warning_of(path) or "must be a JSON object" in warning_of(path)


def test_what_is_no_file_is_left_out(results, warning_of):
    path = results / "made-digits.likelihood.json"
    path.unlink()
    path.mkdir()
    assert "must be whole JSON" in warning_of(path)


def test_a_copy_counts_once(path, warning_of):
    kind = path.name.split(".", 1)[1]
    copy = shutil.copy(path, path.with_name(f"copy.{kind}"))
    assert f"it must be called {path.name}" in warning_of(copy)


# Every value that the page reads, by the kind of the record, and one that cannot be.
IMPOSSIBLE = {
    "made-digits-orderings.likelihood.json": {
        ("likelihood", "bits_per_dim"): math.nan,
        ("likelihood", "nats"): -1.0,
        ("likelihood", "bits_per_dim_se"): None,
        ("likelihood", "count"): 0,
        ("likelihood", "dims"): "64",
        ("likelihood", "symbols"): 1.5,
        ("likelihood", "dataset"): "digits\u202e",
        ("likelihood", "digest"): "0" * 63,
        ("likelihood",): [1],
        ("context",): "label",
        ("augmented",): "false",
        ("exact",): "no",
        ("ensemble",): "ensemble of 8 orderings",  # whose record is of another kind
        ("ordering",): ["raster"],
        ("averaged",): 1,
        ("parameters",): True,
        ("command",): "x" * 100_000,
        ("commit",): 7,
        ("dtype",): None,
        ("machine",): {},
    },
    "made-digits-orderings.ensemble.json": {("ensemble",): None},
    "made-digits-orderings.curve.json": {
        ("points",): [],
        ("points", "training"): [],
        ("points", "training", 0): [10, math.inf],
        ("points", "training", 1): [0, 1.0],
        ("points", "mine"): "text",
    },
    "fvbn-digits.2-threads-of-one-machine.benchmark.json": {
        ("torch",): 2.13,
        ("machine",): "\u202e",
        ("allocator",): {"MALLOC_": 1},
        ("parameters",): -3,
        ("parts", "sampling"): 3,
        ("parts", "sampling", "rows"): [],
        ("parts", "sampling", "rows", 0): 7,
        ("parts", "sampling", "rows", 0, "batch"): "1",
        ("parts", "sampling", "rows", 0, "events_per_second"): math.inf,
        ("parts", "sampling", "rows", 1, "symbols_per_second"): 0,
        ("parts", "sampling", "rows", 1, "peak_bytes"): 10**4000,
        ("parts", "sampling", "dtype"): "bfloat16",
        ("parts", "sampling", "command"): None,
        ("parts", "training", "update_seconds"): [],
        ("parts", "training", "training_flops"): 1e300,
        ("parts", "field", "position"): [],
        ("parts", "field", "picture"): ["99", "9"],
        ("parts", "field", "picture", 0): "<script>",
        ("parts", "field", "distances"): [[1, 1.0, 1]],
        ("parts", "field", "seen"): None,
        ("parts", "mine"): "text",
        ("parts", "training"): {"failed": 7},
    },
}
CHANGES = [(name, place) for name, changes in IMPOSSIBLE.items() for place in changes]


def named(value):
    return ".".join(map(str, value)) if isinstance(value, tuple) else value.split(".")[-2]


@pytest.mark.parametrize(("name", "place"), CHANGES, ids=named)
def test_a_value_that_cannot_be_is_named(results, name, place, warning_of):
    path = results / name
    record = value = json.loads(path.read_text())
    for key in place[:-1]:
        value = value[key]
    value[place[-1]] = IMPOSSIBLE[name][place]
    path.write_text(json.dumps(record))
    warning = warning_of(path)
    assert "must have" in warning and "Measure it anew." in warning and len(warning) < 400


def test_a_plugin_of_which_nothing_can_be_shown_costs_its_own_model_alone(results, kit, monkeypatch):
    def card(subject):
        if subject.id == "made-digits":
            raise KeyError("video")
        return "# A card"

    monkeypatch.setattr("arzoo.benchmark.page.reading.card", card)
    found = read_zoo(results, kit.samples)
    assert found.warnings == ["made-digits is left out: KeyError: 'video'"]
    assert "made-digits is left out" in rendered(found) and len(found.models) == len(kit.names) - 1


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


def test_a_sample_of_other_weights_is_left_out(results, tmp_path, kit):
    samples = tmp_path / "pictures"
    samples.mkdir()
    shutil.copy(kit.samples / "fvbn-digits.png", samples / "made-digits.png")
    found = read_zoo(results, samples)
    (warning,) = found.warnings
    assert warning.startswith("The sample of made-digits is left out: ")
    assert "Draw it anew" in warning
    assert 'Samples drawn by made-digits"' not in rendered(found)


def test_a_sample_that_is_no_picture_is_left_out(results, tmp_path, kit):
    samples = tmp_path / "pictures"
    samples.mkdir()
    (samples / "made-digits.png").write_bytes(b"<svg onload=alert(1)>")
    (samples / "fvbn-digits.txt").write_bytes(b"\xff")
    found = read_zoo(results, samples)
    assert [warning.partition(":")[0] for warning in found.warnings] == [
        f"The sample of {name} is left out" for name in ("fvbn-digits", "made-digits")
    ]
    assert str(tmp_path) not in "".join(found.warnings)
    assert "<svg onload" not in rendered(found)
