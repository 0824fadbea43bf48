import json

import pytest

from arzoo import CheckpointError
from arzoo.checkpoints.config import CheckpointConfig, Weights, read

WEIGHTS = {"file": "model.safetensors", "sha256": "0" * 64, "size": 9, "dtype": "float32"}
CONFIG = {
    "format_version": 1,
    "architecture": "farmgated",
    "arguments": {"width": 3},
    "ordering": {"name": "raster"},
    "context": {},
    "data": None,
    "weights": WEIGHTS,
    "training": None,
}
GONE = object()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "config.json"


def changed(config, **changes):
    return {name: value for name, value in {**config, **changes}.items() if value is not GONE}


def test_what_is_written_is_read(path):
    config = CheckpointConfig(**changed(CONFIG, weights=Weights(**WEIGHTS), training={"data": "mnist, größer"}))
    config.write(path)
    assert read(path) == config
    assert "größer" in path.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"extra": 1}, "must hold the keys format_version, .*, got 'extra'"),
        ({"architectur": "x"}, "got 'architectur'. Did you mean 'architecture'"),
        ({"ordering": GONE}, "must hold the key 'ordering', got "),
        ({"architecture": 3}, "must hold 'architecture' of type str, got 3"),
        ({"arguments": []}, r"must hold 'arguments' of type dict, got \[\]"),
        ({"data": "pixels"}, "must hold 'data' of type dict | None, got 'pixels'"),
        ({"format_version": 2}, "must hold a format_version up to 1, got 2. It was written by a later arzoo: `pip"),
        ({"format_version": 0}, "must hold a format_version from 1 on, got 0"),
        ({"format_version": True}, "must hold a format_version from 1 on, got True"),
        ({"format_version": GONE}, 'must hold an object with a "format_version", got'),
        ({"weights": {}}, "must hold the key 'file', got"),
        ({"weights": {**WEIGHTS, "size": "9"}}, "must hold 'size' of type int, got '9'"),
        ({"weights": {**WEIGHTS, "size": -9}}, "The size of a File must be a number of bytes, got -9"),
        ({"weights": {**WEIGHTS, "sha256": "x"}}, "The sha256 of a File must be 64 lower-case hex digits, got 'x'"),
        ({"weights": {**WEIGHTS, "file": "../../x"}}, "must be called 'model.safetensors', got '../../x'"),
        ({"weights": {**WEIGHTS, "mode": 1}}, "must hold the keys file, sha256, size, dtype, got 'mode'"),
    ],
)
def test_a_config_with_a_fault(path, changes, rule):
    path.write_text(json.dumps(changed(CONFIG, **changes)))
    with pytest.raises(CheckpointError, match=rule) as raised:
        read(path)
    assert raised.value.file == path
    assert str(raised.value).startswith(str(path))


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"[" * 100_000], ids=["empty", "cut", "no text", "deep"])
def test_what_is_no_json(path, content):
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match=r"config.json must be the JSON of a checkpoint, got: "):
        read(path)


@pytest.mark.parametrize("content", ["[]", "3", '"x"', "null"])
def test_what_is_no_object(path, content):
    path.write_text(content)
    with pytest.raises(CheckpointError, match=r'config.json must hold an object with a "format_version", got'):
        read(path)
