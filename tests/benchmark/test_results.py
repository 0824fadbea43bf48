import dataclasses
import json

import pytest

from arzoo.benchmark.results import Result, machine_slug, read_record
from arzoo.errors import CheckpointError, ConfigError

RESULT = Result(
    model="made-digits",
    weights_sha256="ab" * 32,
    weights_bytes=1000,
    parameters=99,
    machine="2 threads of A (R) B on Linux",
    torch="2.13",
    python="3.11",
    allocator={"MALLOC_TRIM_THRESHOLD_": "1"},
    parts={"field": {"seen": 3, "command": "c", "commit": None}, "training": {"failed": "no recipe"}},
)


def test_a_result_comes_back_from_the_file_named_after_model_and_machine(tmp_path):
    path = RESULT.write(tmp_path)
    assert path.name == "made-digits.2-threads-of-a-r-b-on-linux.benchmark.json"
    assert json.loads(path.read_text())["format"] == 1
    assert Result.read(path) == RESULT


def test_a_part_that_failed_is_none_and_says_why():
    assert RESULT.part("field") == RESULT.parts["field"]
    assert RESULT.part("training") is None and RESULT.part("sampling") is None
    assert RESULT.failures() == {"training": "no recipe"}
    long = dataclasses.replace(RESULT, parts={"field": {"failed": f"size\n  mismatch {'x' * 10_000}"}})
    assert long.failures()["field"] == f"size mismatch {'x' * 486}..."


@pytest.mark.parametrize("change", [{"weights_sha256": "cd" * 32}, {"torch": "3"}, {"machine": "m"}, {"allocator": {}}])
def test_parts_stand_together_of_one_setting_and_the_same_weights_alone(change):
    assert RESULT.continues(dataclasses.replace(RESULT, parts={}, python="3.12", parameters=None))
    assert not RESULT.continues(dataclasses.replace(RESULT, **change))


def test_what_is_no_such_record_is_refused_by_name(tmp_path):
    path = RESULT.write(tmp_path)
    text = path.read_text()
    for broken, message in {
        text[: len(text) // 2]: "must be whole JSON, got",
        "[1]": "must be a JSON object, got list",
        text.replace('"format": 1', '"format": 7'): "must be a record of format 1, got 7",
        text.replace('"torch"', '"tortch"'): "got others in torch, tortch",
        json.dumps({**json.loads(text), "parts": 3}): "got others in parts",
    }.items():
        path.write_text(broken)
        with pytest.raises(CheckpointError, match="Measure it anew") as raised:
            Result.read(path)
        assert message in str(raised.value) and raised.value.file == path
    with pytest.raises(CheckpointError, match=r"absent\.json must be whole JSON"):
        read_record(tmp_path / "absent.json", 1)


def test_a_record_from_before_there_were_versions_is_of_the_first(tmp_path):
    (tmp_path / "old.json").write_text('{"checkpoint": "made-digits"}')
    assert read_record(tmp_path / "old.json", 1) == {"checkpoint": "made-digits"}
    with pytest.raises(CheckpointError, match="format 2, got 1"):
        read_record(tmp_path / "old.json", 2)


def test_a_machine_without_a_name_is_refused():
    with pytest.raises(ConfigError, match=r"letters or digits, got '—'"):
        machine_slug("—")
