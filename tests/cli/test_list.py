import json
import re

import pytest

import arzoo
from arzoo.cli.list import place_of, size_of


def test_every_architecture_and_checkpoint_is_listed(run, farm):
    code, out, err = run("list")
    assert (code, err) == (0, "")
    for name in (*arzoo.list_models(), *arzoo.list_models(pretrained=True)):
        assert re.search(rf"(?m)^\W*{name}\b", out)
    assert re.search(r"│ farm +│ 2024 +│ Tables, \[one\] a place\.", out)


def test_a_table_fits_80_columns_and_never_cuts_a_name(run, farm):
    out = run("list").out
    assert max(map(len, out.splitlines())) <= 80
    assert "farm-digits-class" in out


def test_a_pattern_chooses(run, farm):
    out = run("list", "farm-*").out
    assert "farm-colour" in out
    assert "Architectures" not in out


def test_pretrained_leaves_architectures_out(run, farm):
    out = run("list", "farm*", "--pretrained").out
    assert "farm-digits" in out
    assert "Tables, [one]" not in out


def test_json_is_for_programs(run, farm):
    found = json.loads(run("list", "farm*", "--json").out)
    assert [entry["id"] for entry in found["architectures"]] == ["farm"]
    assert found["architectures"][0]["paper"] == "On [Tables], 2024, arXiv:0000.00000"
    assert [entry["id"] for entry in found["checkpoints"]] == arzoo.list_models("farm*", pretrained=True)
    assert all(entry["bytes"] > 100 and entry["weights"] == "bundled" for entry in found["checkpoints"])


def test_what_matches_nothing_is_refused_with_the_nearest(refused, farm):
    said = refused("list", "fram-digits")
    assert re.match(r"Nothing in the zoo is named 'fram-digits'\. Did you mean 'farm-digits'", said)


def test_an_empty_zoo_says_how_to_fill_it(refused, monkeypatch):
    monkeypatch.setattr(arzoo.registry, "models", dict)
    assert re.search(r"No installed plugin brings any: `pip install", refused("list"))


@pytest.mark.parametrize(
    ("checkpoint", "place"),
    [
        (arzoo.Checkpoint("farm-a", bundle="farm:a", repo_id="o/n"), "bundled"),
        (arzoo.Checkpoint("farm-a", repo_id="owner/name"), "owner/name"),
        (arzoo.Checkpoint("farm-a"), "not published"),
    ],
)
def test_weights_are_bundled_or_on_the_hub_or_nowhere(checkpoint, place):
    assert place_of(checkpoint) == place


def test_weights_without_pins_are_marked():
    assert size_of(arzoo.Checkpoint("farm-a", repo_id="owner/name", format="farm-torch")) == "unpinned"
