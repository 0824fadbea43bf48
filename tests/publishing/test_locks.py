import json
from pathlib import Path

import pytest

import arzoo
from arzoo.entries import Checkpoint
from arzoo.errors import PublishError
from arzoo.publishing.locks import publishable_folder, writable_lock, write_place

COMMIT = "c" * 40


def test_a_place_is_written_and_all_else_stays(farm):
    lock = writable_lock("farm-one", publishable_folder(arzoo.info("farm-one")))
    before = json.loads(lock.read_text())
    write_place(lock, "farm-one", "acres/farm-one", COMMIT)
    after = json.loads(lock.read_text())
    assert after["farm-one"] == before["farm-one"] | {"repo_id": "acres/farm-one", "revision": COMMIT}
    assert after["farm-two"] == before["farm-two"]
    assert arzoo.checkpoints.write_lock(lock.parent).read_text() == lock.read_text()


def test_a_lock_file_that_cannot_be_written_stays_whole(farm, monkeypatch):
    lock = farm / "lock.json"
    before = lock.read_bytes()

    def full(self, target):
        raise OSError(28, "No space left on device", str(self))

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(PublishError, match=rf"farm-one lies at acres/farm-one@{COMMIT}, but .*No space left"):
        write_place(lock, "farm-one", "acres/farm-one", COMMIT)
    assert lock.read_bytes() == before


def test_a_plugin_that_is_no_checkout_is_refused(farm):
    (farm.parent.parent / "pyproject.toml").unlink()
    with pytest.raises(PublishError, match=r"farm-one must be published from a source checkout .*lock\.json"):
        writable_lock("farm-one", farm / "farm-one")


def test_a_lock_file_that_may_not_be_written_is_refused(farm, monkeypatch):
    monkeypatch.setattr("os.access", lambda path, mode: False)
    with pytest.raises(PublishError, match=r"must be one that you may write, got .*lock\.json"):
        writable_lock("farm-one", farm / "farm-one")


def test_what_is_not_bundled_or_of_others_is_refused():
    with pytest.raises(PublishError, match=r"farm-far must be bundled with its plugin .* got a plugin without"):
        publishable_folder(Checkpoint("farm-far"))
    with pytest.raises(PublishError, match=r"farm-far is published already, by openai"):
        publishable_folder(Checkpoint("farm-far", repo_id="openai/far", format="torch"))
