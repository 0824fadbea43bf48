import json

import pytest

import arzoo
from arzoo import CheckpointError, UnknownModelError
from arzoo.checkpoints import locate

RULE = "This version of arzoo reads the checkpoints that plugins bundle, by id, and local-dir:path"


@pytest.mark.parametrize("name", ["runs/mnist", "./mnist", "a\\b", "/"])
def test_a_path_is_refused_with_the_spelling_to_copy(name):
    with pytest.raises(UnknownModelError, match=f"^{RULE}, got") as raised:
        arzoo.load(name)
    assert f"got {name!r}. A folder is read by arzoo.load({'local-dir:' + name!r})." in str(raised.value)


@pytest.mark.parametrize("name", ["hf-hub:farm/gated", "https://farm/gated", "local:runs/mnist"])
def test_another_scheme_is_refused(name):
    with pytest.raises(UnknownModelError, match=f"^{RULE}, got '{name}'. `arzoo list` shows the checkpoints.$"):
        arzoo.load(name)


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


def test_a_checkpoint_that_is_not_bundled(bundled):
    bundled.rename(bundled.with_name("elsewhere"))
    arzoo.plugins.reload()
    with pytest.raises(CheckpointError, match=f"^{RULE}, and the package of farmgated-mnist bundles no weights"):
        arzoo.load("farmgated-mnist")


def test_an_architecture_is_no_checkpoint(bundled):
    with pytest.raises(UnknownModelError, match="'farmgated' is an architecture, not a checkpoint"):
        arzoo.load("farmgated")
