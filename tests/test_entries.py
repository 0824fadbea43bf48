import dataclasses

import pytest

from arzoo import (
    Checkpoint,
    ConfigError,
    DatasetEntry,
    File,
    HeadEntry,
    ModelEntry,
    OrderingEntry,
    Paper,
    PublishedResult,
)

CONFIGS = {"tiny": {}}
PIN = File("0" * 64, 3)


def test_entries_are_written_as_the_guide_writes_them():
    entry = ModelEntry(
        id="farmgated",
        build="arzoo_farm:build",
        configs={"tiny": {"event_shape": (1, 4, 4)}},
        paper=Paper("A title", 2016, "arXiv:1606.05328", results=(PublishedResult("CIFAR-10", 3.03, "bits/dim"),)),
        checkpoints=[
            Checkpoint("farmgated-mnist", repo_id="farm/gated", revision="0" * 40, files={"config.json": PIN})
        ],
    )
    assert entry.checkpoints[0].architecture == "farmgated"
    assert entry.paper.results[0].value == 3.03


def test_entries_are_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        DatasetEntry("digits", "a:b").id = "other"


@pytest.mark.parametrize("id", ["Farm", "farm-gated", "farm_gated", "", None, "farm\n"])
def test_an_architecture_is_lower_case_letters_and_digits(id):
    with pytest.raises(ConfigError, match="must be lower-case letters and digits, no dash, got") as raised:
        ModelEntry(id, "a:b", CONFIGS)
    assert repr(id) in str(raised.value)


@pytest.mark.parametrize("reference", ["a.b", "a:", ":b", "a:b:c", "a b:c", "a/b:c"])
@pytest.mark.parametrize(
    "entry",
    [
        lambda reference: ModelEntry("farm", reference, CONFIGS),
        lambda reference: ModelEntry("farm", "a:b", CONFIGS, converters={"other": reference}),
        lambda reference: DatasetEntry("fields", reference),
        lambda reference: OrderingEntry("furrow", reference),
        lambda reference: HeadEntry("cow", reference),
    ],
)
def test_a_function_is_named_module_and_function(entry, reference):
    with pytest.raises(ConfigError, match='must be written "module:function", got') as raised:
        entry(reference)
    assert repr(reference) in str(raised.value)


def test_a_model_has_a_config():
    with pytest.raises(ConfigError, match=r"farm must have at least one config, got \{\}\. Add one named 'tiny'"):
        ModelEntry("farm", "a:b", {})


@pytest.mark.parametrize("id", ["farm", "barn-mnist", "farmgated-mnist"])
def test_a_checkpoint_bears_the_name_of_its_architecture(id):
    with pytest.raises(ConfigError, match=f"A checkpoint of farm must be named 'farm-<tag>', got '{id}'"):
        ModelEntry("farm", "a:b", CONFIGS, checkpoints=[Checkpoint(id)])


@pytest.mark.parametrize("entry", [Checkpoint, lambda id: DatasetEntry(id, "a:b"), lambda id: OrderingEntry(id, "a:b")])
@pytest.mark.parametrize("id", ["Farm", "-farm", "farm--mnist", "farm/mnist", ""])
def test_other_ids_are_words_joined_by_dashes(entry, id):
    with pytest.raises(ConfigError, match=f"must be lower-case words joined by dashes, got '{id}'"):
        entry(id)


def test_a_head_is_named_so_too():
    with pytest.raises(ConfigError, match="The id of a HeadEntry must be lower-case words joined by dashes, got 'A b'"):
        HeadEntry("A b", "a:b")


@pytest.mark.parametrize("name", ["../model", "a/b", "", ".hidden", "a\\b"])
def test_a_pinned_file_cannot_leave_its_folder(name):
    with pytest.raises(ConfigError, match="A file of farm-mnist must be a plain name without folders, got") as raised:
        Checkpoint("farm-mnist", files={name: PIN})
    assert repr(name) in str(raised.value)


def test_a_revision_is_a_commit_and_not_a_branch_that_moves():
    with pytest.raises(ConfigError, match="The revision of farm-mnist must be a commit of 40 hex digits, got 'main'"):
        Checkpoint("farm-mnist", revision="main")


def test_a_pin_is_a_digest_and_a_size():
    with pytest.raises(ConfigError, match="The sha256 of a File must be 64 lower-case hex digits, got 'abc'"):
        File("abc", 3)
    with pytest.raises(ConfigError, match="The size of a File must be a number of bytes, got -1"):
        File("0" * 64, -1)


def test_weights_of_others_have_a_place_and_may_follow_a_branch():
    entry = Checkpoint("made-theirs", repo_id="they/made", revision="refs/pr/2", format="made-torch")
    assert (entry.revision, dict(entry.files)) == ("refs/pr/2", {})
    with pytest.raises(ConfigError, match=r"^made-theirs of the format 'made-torch' must have a repo_id, got None"):
        Checkpoint("made-theirs", format="made-torch")


def test_the_format_of_weights_is_one_that_the_architecture_converts():
    theirs = Checkpoint("made-theirs", repo_id="they/made", format="made-torch")
    with pytest.raises(ConfigError, match=r"of made-theirs must be one of none, got 'made-torch'\."):
        ModelEntry("made", "arzoo_made:build", {"tiny": {}}, checkpoints=[theirs])
    ModelEntry("made", "arzoo_made:build", {"tiny": {}}, converters={"made-torch": "a:b"}, checkpoints=[theirs])
