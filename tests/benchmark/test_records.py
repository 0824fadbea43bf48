import dataclasses
import json

import pytest

from arzoo.benchmark import SamplingRecord, SamplingRow
from arzoo.errors import ConfigError

ROW = SamplingRow(1, 8, 8, 3, 0.002, 0.001, 31.2, 500.0, 4e6, 1e6, 0.001, "weights", 2.0, 0.1, 50.0, 100, 20, 10**8)
MACHINE = {"machine": "2 threads", "threads": 2, "torch": "2.6", "commit": None, "allocator": {"MALLOC_X": "1"}}
RATES = {"bandwidth": 1e10, "bandwidth_how": "a sum", "peak": 1e11, "peak_how": "a product"}
MODEL = {"architecture": "made", "arguments": {"hidden": [1, 2]}, "parameters": 10, "dtype": "float32"}
RECORD = SamplingRecord(
    model="made-digits", event_shape=(1, 4, 4), positions=16, rows=(ROW,), command="arzoo", **MODEL, **RATES, **MACHINE
)


def test_a_record_is_read_as_it_was_written(tmp_path):
    path = RECORD.write(tmp_path)
    assert path == tmp_path / "made-digits.sampling.json"
    assert SamplingRecord.read(path) == RECORD
    assert json.loads(path.read_text())["format"] == 1


def test_a_part_of_a_result_is_a_record(tmp_path):
    part = json.loads(RECORD.write(tmp_path).read_text())
    assert part.pop("format") == 1
    assert SamplingRecord.of({**part, "command": "arzoo benchmark run"}) == dataclasses.replace(
        RECORD, command="arzoo benchmark run"
    )


@pytest.mark.parametrize(
    ("model", "filename"),
    [
        ("made:paper", "made-paper.sampling.json"),
        ("local-dir:/runs/mine", "mine.sampling.json"),
        ("hf-hub:owner/made-x", "made-x.sampling.json"),
    ],
)
def test_a_file_is_named_after_the_model(model, filename):
    assert dataclasses.replace(RECORD, model=model).filename == filename


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text[: len(text) // 2],
        lambda text: text.replace('"format": 1', '"format": 2'),
        lambda text: text.replace('"positions"', '"places"'),
        lambda text: text.replace('"batch"', '"images"'),
        lambda text: "[]",
    ],
)
def test_what_is_no_record_is_refused(tmp_path, spoil):
    path = RECORD.write(tmp_path)
    path.write_text(spoil(path.read_text()))
    with pytest.raises(
        ConfigError, match=r"must be JSON of format 1, got '.*made-digits.sampling.json'. Write it with"
    ):
        SamplingRecord.read(path)
