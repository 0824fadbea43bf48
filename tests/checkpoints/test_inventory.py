"""What is on this machine, by `arzoo pull` and `arzoo cache`, against a loopback Hub."""

import json

import pytest
from loopback import Fault

import arzoo
from arzoo.cli import main
from arzoo.hub import Repository, cached

ID, REPO = "farmgated-mnist", "farm/gated-mnist"


@pytest.fixture
def run(capsys):
    """Function from words to exit code, standard output and standard error."""

    def run(*words):
        with pytest.raises(SystemExit) as left:
            main(words)
        return left.value.code, *capsys.readouterr()

    return run


@pytest.fixture
def listed(run):
    """Function that gives the exit code of `arzoo cache`, and what it says of this checkpoint."""

    def listed(*words):
        code, out, _ = run("cache", "--json", *words)
        return code, [row for row in json.loads(out) if "farm" in row["name"]]

    return listed


def alter(path):
    content = bytearray(path.read_bytes())
    content[-2] ^= 1
    path.write_bytes(content)


def test_what_is_pulled_loads_offline(run, hub, published, offline, listed):
    code, out, _ = run("pull", ID)
    assert (code, out.startswith(f"{ID}: "), out.endswith(f"{published}, verified\n")) == (0, True, True)
    offline()
    assert arzoo.load(ID).name == ID
    assert run("pull", ID)[0] == 0
    code, [row] = listed()
    assert (code, row["place"], row["status"], row["repair"]) == (0, "cached", "here", "")
    assert row["bytes"] == sum(len(content) for content in hub.files(REPO).values())
    assert row["verified"].startswith("20")


def test_a_repository_is_pulled_by_name(run, hub, published, listed, monkeypatch):
    assert run("pull", f"hf-hub:{REPO}@{published}")[0] == 0
    assert [row["name"] for row in listed("--verify")[1]] == [ID]  # it is the same folder
    monkeypatch.setattr(arzoo.registry, "checkpoints", dict)
    assert [row["name"] for row in listed("--verify")[1]] == [f"hf-hub:{REPO}@{published}"]


def test_all_means_every_checkpoint_and_one_failure_keeps_none_back(run, hub, published, monkeypatch):
    there, lost = arzoo.registry.checkpoints()[ID], arzoo.Checkpoint("farmgated-lost", files={})
    monkeypatch.setattr(arzoo.registry, "checkpoints", lambda: {"farmgated-lost": lost, ID: there})
    code, out, err = run("pull", "--all")
    assert code == 1
    assert out.startswith(f"{ID}: ")
    assert err.splitlines() == [
        "Error: farmgated-lost must be bundled with its plugin or published, got neither. "
        "Set ARZOO_HUB_ORG to the organisation on the Hub that publishes it.",
        "1 of 2 are not here: farmgated-lost",
    ]


def test_what_is_pulled_must_be_said(run):
    for words, got in (((), "got none"), (("a", "b", "--all"), "got both a b and --all")):
        code, _, err = run("pull", *words)
        assert (code, got in err, "`arzoo pull` takes names or --all" in err) == (2, True, True)


def test_a_fault_on_the_way_is_one_sentence(run, hub, published):
    hub.faults.append(Fault("flip", "model.safetensors"))
    code, out, err = run("pull", ID)
    assert (code, out) == (1, "")
    assert err.startswith(f"Error: model.safetensors of {ID} must be what is pinned (")


@pytest.mark.parametrize("file", ["config.json", "model.safetensors"])
def test_a_damaged_file_in_the_cache_is_found_and_repaired_by_what_is_said(run, hub, published, listed, file):
    run("pull", ID)
    alter(cached(Repository(ID, REPO, published), file))
    assert listed()[0] == 0  # only --verify hashes
    code, [row] = listed("--verify")
    assert (code, row["status"], row["repair"]) == (1, "damaged", f"`arzoo pull {ID}`")
    assert f"{file} must have sha256 " in row["faults"][0]
    code, _, err = run("cache", "--verify")
    assert (code, err.endswith(f"Repair: `arzoo pull {ID}`\n")) == (1, True)
    assert run(*row["repair"].strip("`").split()[1:])[0] == 0
    code, [row] = listed("--verify")
    assert (code, row["status"]) == (0, "verified")


def test_a_checkpoint_of_which_a_file_is_not_fetched_yet(hub, published, listed):
    arzoo.checkpoints.config_of(ID)
    code, [row] = listed("--verify")
    assert (code, row["status"], row["faults"]) == (0, "incomplete", ["model.safetensors missing"])


def test_bundled_checkpoints(bundled, listed, run):
    code, [row] = listed()
    assert (code, row["place"], row["verified"], row["status"]) == (0, "bundled", "at every load", "here")
    code, [row] = listed("--verify")
    assert (code, row["verified"], row["status"]) == (0, "now", "verified")
    assert ID in run("cache")[1]
    alter(bundled / "model.safetensors")
    code, [row] = listed("--verify")
    repair = "`pip install --force-reinstall --no-deps arzoo-farm`"
    assert (code, row["status"], row["repair"]) == (1, "damaged", repair)
    (bundled / "config.json").unlink()
    code, [row] = listed()
    assert (code, row["faults"]) == (1, ["config.json missing"])


def test_other_libraries_keep_their_part_of_the_cache(hub, published, run, listed):
    run("pull", ID)
    snapshots = arzoo.hub.cache_folder() / "models--they--bert" / "snapshots" / "0" / "config.json"
    for content in ('{"architecture": "bert"}', "[1]", "{", "[" * 100_000):
        snapshots.parent.mkdir(parents=True, exist_ok=True)
        snapshots.write_text(content)
        assert [row["name"] for row in listed()[1]] == [ID]
        assert "they/bert" not in run("cache")[1]
