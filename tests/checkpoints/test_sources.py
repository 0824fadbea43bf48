import json
from pathlib import Path

import pytest

import arzoo
from arzoo import CheckpointError, UnknownModelError
from arzoo.checkpoints import locate

RULE = "A checkpoint must be named by its id, as hf-hub:owner/repo or as local-dir:path"


@pytest.mark.parametrize("name", ["./mnist", "a\\b", "/", "a/b/c", "../mnist", "x" * 300 + "/y"])
def test_a_path_is_refused_with_the_spelling_to_copy(name):
    with pytest.raises(UnknownModelError, match=f"^{RULE}, got") as raised:
        arzoo.load(name)
    assert f"got {name!r}. A folder is read by arzoo.load({'local-dir:' + name!r})." in str(raised.value)


@pytest.mark.parametrize("exists", [False, True])
def test_what_may_be_a_repository_or_a_path_is_refused_with_both_spellings(tmp_path, monkeypatch, exists):
    if exists:
        (tmp_path / "farm" / "gated").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UnknownModelError) as raised:
        arzoo.load("farm/gated")
    spellings = (
        "A repository of the Hub is read by arzoo.load('hf-hub:farm/gated'), a folder by arzoo.load('local-dir:fa"
    )
    assert str(raised.value) == f"{RULE}, got 'farm/gated'. {spellings}rm/gated')."


@pytest.mark.parametrize("name", ["https://farm/gated", "local:runs/mnist", "hf:farm/gated"])
def test_another_scheme_is_refused(name):
    with pytest.raises(UnknownModelError, match=f"^{RULE}, got '{name}'. `arzoo list` shows the checkpoints.$"):
        arzoo.load(name)


@pytest.mark.parametrize(
    "name",
    ["", "farm", "farm/", "/gated", "farm/gated/x", "../gated", "farm/..", "farm/a--b", "farm/g\0", "fårm/gated"],
)
@pytest.mark.parametrize("revision", ["", "@", "@../main", "@a b", "@/x"])
def test_a_repository_that_is_spelt_otherwise(name, revision):
    name = name if not revision else f"{name or 'farm/gated'}{revision}"
    rule = r"^A repository must be named hf-hub:owner/repo or hf-hub:owner/repo@revision, got 'hf-hub:"
    with pytest.raises(UnknownModelError, match=rule):
        arzoo.load(f"hf-hub:{name}")


@pytest.mark.parametrize("name", [Path("runs/mnist"), 3, None, ["a"]])
def test_what_is_no_name(name):
    with pytest.raises(UnknownModelError, match=f"^{RULE}, got .*local-dir:"):
        arzoo.load(name)


@pytest.mark.parametrize("path", ["a\0b", "x" * 5000, "~nobody-at-all/x", ""])
def test_a_local_folder_that_cannot_be(path):
    with pytest.raises(CheckpointError, match=r"must be the JSON of a checkpoint, got"):
        arzoo.load(f"local-dir:{path}")


def test_a_folder_that_is_here_is_refused_with_the_spelling_to_copy(tmp_path, monkeypatch):
    (tmp_path / "mnist").mkdir()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UnknownModelError, match=r"got 'mnist'. A folder is read by arzoo.load\('local-dir:mnist'\)"):
        arzoo.load("mnist")


@pytest.mark.parametrize("name", ["my weights.pt", "./my weights.pt", "local-dir:my weights.pt"])
@pytest.mark.usefixtures("farm")
def test_a_file_is_refused_with_the_line_that_converts_it(tmp_path, monkeypatch, name):
    (tmp_path / "my weights.pt").touch()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(arzoo.ArzooError, match=r"got the file '?(\./)?my weights\.pt'?\. Convert it") as raised:
        arzoo.load(name)
    assert "`arzoo convert FORMAT 'my weights.pt' OUT`; `arzoo convert --help` lists the formats." in str(raised.value)


def test_a_local_folder_may_be_named_from_home(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert locate("local-dir:~/run").folder == tmp_path / "run"


def test_a_local_folder_that_is_not_there(tmp_path):
    with pytest.raises(
        CheckpointError, match=r"nowhere/config.json must be the JSON of a checkpoint, got: .*No such file"
    ):
        arzoo.load(f"local-dir:{tmp_path}/nowhere")


def rewrite(bundled, **changes):
    lock = bundled.parent / "lock.json"
    pins = json.loads(lock.read_text())
    pins["farmgated-mnist"].update(changes)
    lock.write_text(json.dumps(pins))
    arzoo.plugins.reload()


def test_a_bundled_file_that_is_not_pinned_is_not_trusted(bundled):
    rewrite(bundled, files={})
    with pytest.raises(
        CheckpointError, match=r"config.json of farmgated-mnist must be pinned by sha256 and size, got pins of \[\]"
    ):
        arzoo.load("farmgated-mnist")


def test_a_checkpoint_that_is_nowhere(bundled, monkeypatch):
    monkeypatch.delenv("ARZOO_HUB_ORG", raising=False)
    bundled.rename(bundled.with_name("elsewhere"))
    arzoo.plugins.reload()
    with pytest.raises(
        CheckpointError, match=r"^farmgated-mnist must be bundled .* or published, got neither\. Set ARZOO_HUB"
    ):
        arzoo.load("farmgated-mnist")


def test_an_architecture_is_no_checkpoint(bundled):
    with pytest.raises(UnknownModelError, match="'farmgated' is an architecture, not a checkpoint"):
        arzoo.load("farmgated")


ZOO = {
    "charrnn": ["shakespeare"],
    "fvbn": ["digits", "mnist"],
    "gatedpixelcnn": ["cifar10-class", "digits", "digits-class", "digits-thumbnail", "mnist", "mnist-class"],
    "imagegpt": ["digits", "large-imagenet", "medium-imagenet", "mnist", "small-imagenet"],
    "imagetransformer": ["cifar10", "digits", "digits-class", "mnist"],
    "made": ["digits", "digits-orderings", "mnist"],
    "pixelcnn": ["cifar10", "digits", "digits-class", "mnist"],
    "pixelcnnpp": ["cifar10", "digits", "digits-class"],
    "pixelrnn": ["digits", "mnist-diagonal", "mnist-row"],
    "pixelsnail": ["cifar10", "digits", "mnist"],
    "wavenet": ["fsdd"],
}


@pytest.mark.parametrize(
    ("meant", "typed"),
    [
        ("pixelcnnpp-cifar10", "pixelcnn++-cifar10 PixelCNNpp-CIFAR10 pixelcnn_pp-cifar10 pixelcnpp-cifar10"),
        ("pixelcnnpp-cifar10", "pixelcnnpp_cifar10 pixelcnnpp-cifar pixelcnnpp"),
        ("gatedpixelcnn-mnist", "gated-pixelcnn-mnist gatedpixelcn-mnist gated_pixelcnn-mnist"),
        ("pixelsnail-cifar10", "pixelsnale-cifar10 pixel-snail-cifar10"),
        ("wavenet-fsdd", "wavnet-fsdd"),
        ("imagegpt-small-imagenet", "image-gpt-small-imagenet imagegpt-small"),
        ("charrnn-shakespeare", "charrnn-shakespear char-rnn-shakespeare"),
        ("made-mnist", "made-minst"),
    ],
)
def test_a_misspelt_checkpoint_of_the_whole_zoo_is_answered_with_the_one_that_was_meant(monkeypatch, meant, typed):
    entries = {
        id: arzoo.ModelEntry(
            id, "farm:build", {"tiny": {}}, checkpoints=[arzoo.Checkpoint(f"{id}-{tag}") for tag in tags]
        )
        for id, tags in ZOO.items()
    }
    monkeypatch.setattr(arzoo.registry, "models", lambda: entries)
    for name in typed.split():
        with pytest.raises(UnknownModelError, match=rf"Did you mean .*'{meant}'.*\?"):
            arzoo.load(name)
