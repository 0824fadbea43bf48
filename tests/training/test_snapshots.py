import dataclasses
import os
import re

import pytest
import torch

import arzoo
from arzoo.errors import CheckpointError, ConfigError
from arzoo.training.snapshots import FILE, read_snapshot, remove_leftovers, snapshot_to_resume, write_snapshot


def content(recipe, step=3, **more):
    start = {"state": {"step": step}, "recipe": recipe.to_config(), "init_from": None, "processes": 1}
    return {**start, "weights": torch.arange(4.0), **more}


def test_what_is_written_is_read(tmp_path):
    write_snapshot(tmp_path, {"weights": torch.arange(4.0), "state": {"step": 3}, "best": None})
    found = read_snapshot(tmp_path)
    assert torch.equal(found["weights"], torch.arange(4.0))
    assert (found["state"], found["best"]) == ({"step": 3}, None)
    assert [file.name for file in tmp_path.iterdir()] == [FILE]


def test_no_snapshot_is_none(tmp_path):
    assert read_snapshot(tmp_path) is None


def test_a_full_disk_leaves_the_snapshot_before_it_whole(tmp_path, monkeypatch):
    write_snapshot(tmp_path, {"state": {"step": 3}})

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left on device"):
        write_snapshot(tmp_path, {"state": {"step": 4}})
    assert read_snapshot(tmp_path)["state"] == {"step": 3}
    assert [file.name for file in tmp_path.iterdir()] == [FILE]


def test_a_damaged_snapshot_is_named(tmp_path):
    write_snapshot(tmp_path, {"weights": torch.arange(1000.0)})
    path = tmp_path / FILE
    path.write_bytes(path.read_bytes()[:-500])
    with pytest.raises(CheckpointError, match=f"^The snapshot {re.escape(str(path))} cannot be read: .* to start anew"):
        read_snapshot(tmp_path)


@pytest.mark.parametrize(("stored", "found"), [({"format": 99}, "99"), ([1], "None")])
def test_a_snapshot_of_another_version_is_refused(tmp_path, stored, found):
    torch.save(stored, tmp_path / FILE)
    with pytest.raises(CheckpointError, match=f"must have format 1, got {found}. Resume with the arzoo that wrote it"):
        read_snapshot(tmp_path)


def test_a_run_that_stands_there_is_not_overwritten(recipe, tmp_path):
    write_snapshot(tmp_path, content(recipe()))
    with pytest.raises(ConfigError, match=r"holds a run at step 3\. Go on with --resume, or name another --out"):
        snapshot_to_resume(tmp_path, recipe(), resume=False)


def test_a_run_is_resumed_with_its_own_recipe_whatever_its_name(recipe, tmp_path):
    write_snapshot(tmp_path, content(recipe()))
    same = dataclasses.replace(recipe(), name="renamed")
    assert snapshot_to_resume(tmp_path, same, resume=True)["state"]["step"] == 3


def test_a_run_from_before_a_key_was_known_is_resumed(recipe, tmp_path):
    old = content(recipe())
    del old["recipe"]["training"]["patience"]
    write_snapshot(tmp_path, old)
    assert snapshot_to_resume(tmp_path, recipe(), resume=True)["state"]["step"] == 3


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("training.learning_rate=0.5", "`training.learning_rate` was 0.01 there and is 0.5 now"),
        ("model.arguments.width=7", "`model.arguments.width` was 6 there and is 7 now"),
        ("model.arguments.dropout=0.2", "`model.arguments.dropout` was None there and is 0.2 now"),
        ('data.context=["label"]', "`data.context` was [] there and is ['label'] now"),
    ],
)
def test_a_resume_with_another_recipe_names_the_key(recipe, tmp_path, override, message):
    write_snapshot(tmp_path, content(recipe()))
    with pytest.raises(ConfigError, match="can only be resumed with its own recipe; " + re.escape(message)):
        snapshot_to_resume(tmp_path, recipe(override), resume=True)


def test_a_resume_with_another_start_or_process_count_names_it(recipe, tmp_path):
    write_snapshot(tmp_path, content(recipe(), init_from="made-mnist"))
    assert snapshot_to_resume(tmp_path, recipe(), resume=True)["init_from"] == "made-mnist"
    with pytest.raises(ConfigError, match="`init_from` was 'made-mnist' there and is 'fvbn-mnist' now"):
        snapshot_to_resume(tmp_path, recipe(), resume=True, init_from="fvbn-mnist")
    with pytest.raises(ConfigError, match="`processes` was 1 there and is 2 now"):
        snapshot_to_resume(tmp_path, recipe(), resume=True, processes=2)


def test_leftovers_of_a_kill_are_removed_and_nothing_else(tmp_path):
    for name in (".snapshot.pt.123.part", "log.jsonl", ".hidden"):
        (tmp_path / name).touch()
    remove_leftovers(tmp_path)
    assert sorted(file.name for file in tmp_path.iterdir()) == [".hidden", "log.jsonl"]


def test_a_config_that_a_kill_kept_waiting_takes_its_place(trained):
    out = trained("run")
    (out / "config.json").rename(out / ".config.json.99.part")
    (out / ".config.json.98.part").write_text("{")
    remove_leftovers(out)
    assert arzoo.load(f"local-dir:{out}")
    assert not list(out.glob(".*"))
