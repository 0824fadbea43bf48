import re

import pytest
from loopback import Fault

NAMES = ["farm-digits", "farm-digits-class"]


@pytest.fixture
def shop(hub, farm, monkeypatch):
    """The plugin in a source checkout, and a token."""
    (farm / "pyproject.toml").touch()
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    return farm


def test_checkpoints_are_published_once(run, shop, hub):
    code, out, err = run("publish", *NAMES, "--org", "acres")
    assert (code, err) == (0, "")
    first, second = out.splitlines()
    assert re.fullmatch(
        r"farm-digits: acres/farm-digits was made, config\.json, model\.safetensors, README\.md were uploaded to "
        r"acres/farm-digits, at [0-9a-f]{40}\.",
        first,
    )
    assert second.startswith("farm-digits-class: acres/farm-digits-class was made, ")
    commit = hub.commits("acres/farm-digits")[0]
    again = run("publish", *NAMES, "--org", "acres").out.splitlines()
    assert again[0] == f"farm-digits: acres/farm-digits@{commit} is up to date."
    assert len(hub.commits("acres/farm-digits")) == 1


def test_a_dry_run_says_what_would_be_done(run, shop, hub, monkeypatch):
    monkeypatch.setenv("ARZOO_HUB_ORG", "acres")
    code, out, _ = run("publish", "farm-digits", "--dry-run")
    assert code == 0
    assert out == (
        "farm-digits: acres/farm-digits would be made, config.json, model.safetensors, README.md would be uploaded to "
        "acres/farm-digits.\n"
    )
    assert hub.repositories == {}


def test_a_failure_half_way_says_what_was_done(run, shop, hub):
    hub.faults.append(Fault("refuse", "class/commit/", with_=403))
    code, out, err = run("publish", *NAMES, "--org", "acres")
    assert code == 2
    assert out.startswith("farm-digits: acres/farm-digits was made")
    assert err.count("\n") == 1
    assert err.endswith("Published before it: farm-digits. Not published: farm-digits-class.\n")


def test_what_cannot_be_done_is_a_sentence(refused, shop, monkeypatch):
    assert refused("publish", "--org", "acres") == "Give either names of checkpoints or --all, got neither."
    assert refused("publish", "farm-digits").startswith("Missing option '--org'")
    monkeypatch.delenv("HF_TOKEN")
    assert refused("publish", "farm-digits", "--org", "acres").startswith(
        "Publishing needs a token of the Hub, got none"
    )
