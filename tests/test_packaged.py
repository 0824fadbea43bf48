import json

import pytest

import arzoo
from arzoo import CheckpointError, File

PIN = {"sha256": "0" * 64, "size": 3}


@pytest.fixture
def package(tmp_path, monkeypatch):
    """An importable, empty package."""
    folder = tmp_path / "arzoo_barn"
    folder.mkdir()
    (folder / "__init__.py").touch()
    monkeypatch.syspath_prepend(str(tmp_path))
    yield folder
    for name in ("arzoo_barn", "arzoo_barn.recipes"):
        __import__("sys").modules.pop(name, None)


def lock(package, content):
    (package / "weights").mkdir(exist_ok=True)
    (package / "weights" / "lock.json").write_text(content if isinstance(content, str) else json.dumps(content))


def test_recipes_are_found_by_name(package):
    (package / "recipes").mkdir()
    for name in ("barn-b.toml", "barn-a.toml", "notes.txt"):
        (package / "recipes" / name).touch()
    assert arzoo.packaged_recipes("arzoo_barn") == {
        "barn-a": "arzoo_barn:recipes/barn-a.toml",
        "barn-b": "arzoo_barn:recipes/barn-b.toml",
    }


def test_a_package_may_have_neither_recipes_nor_weights(package):
    assert arzoo.packaged_recipes("arzoo_barn") == {}
    assert arzoo.locked_checkpoints("arzoo_barn") == ()


def test_checkpoints_are_read_from_the_lock_file(package):
    published = {"repo_id": "farm/barn-b", "revision": "1" * 40, "files": {}}
    lock(package, {"barn-a": {"files": {"config.json": PIN}, "summary": "A barn."}, "barn-b": published})
    (package / "weights" / "barn-a").mkdir()
    bundled, remote = arzoo.locked_checkpoints("arzoo_barn")
    assert bundled == arzoo.Checkpoint(
        "barn-a", files={"config.json": File("0" * 64, 3)}, bundle="arzoo_barn:weights/barn-a", summary="A barn."
    )
    assert (remote.repo_id, remote.revision, remote.bundle) == ("farm/barn-b", "1" * 40, None)


@pytest.mark.parametrize(
    "content",
    [
        "{",
        "[]",
        '{"barn-a": []}',
        '{"barn-a": {}}',
        '{"barn-a": {"files": {"config.json": {"md5": ""}}}}',
        '{"Barn": {"files": {}}}',
    ],
)
def test_a_bad_lock_file_is_named(package, content):
    lock(package, content)
    with pytest.raises(CheckpointError, match=r"lock.json is not a lock file of weights: ") as raised:
        arzoo.locked_checkpoints("arzoo_barn")
    assert raised.value.file.name == "lock.json"
