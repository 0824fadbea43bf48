"""The code on the cards runs, and the commands name what the model is told."""

import re
from importlib.metadata import metadata, version
from pathlib import Path

import pytest

import arzoo
from arzoo.cards.usage import install_code, python_code, shell_code

CARDS = sorted((Path(__file__).parents[2] / "model_cards").glob("*.md"), key=lambda path: path.stem)
LABELS = {
    "label": {"kind": "labels", "num_classes": 3, "names": None},
    "speaker": {"kind": "labels", "num_classes": 2, "names": ["ann", "bob"]},
}
FARM = """
import arzoo


@arzoo.hookimpl
def register_models():
    return [arzoo.ModelEntry("farm", "arzoo_farm:build", {"tiny": {}})]
"""
LATENT = {"thumbnail": {"kind": "latent", "shape": [1, 2, 2]}}
SOUND = {"kind": "mulaw", "num_levels": 256, "sample_rate": 8000}


@pytest.mark.parametrize("path", CARDS, ids=lambda path: path.stem)
def test_the_python_of_a_card_runs(path, capsys):
    (block,) = re.findall(r"^```python\n(.*?)^```", path.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    names = {}
    exec(compile(block, path.name, "exec"), names)
    model, x = names["model"], names["x"]
    assert model.name == path.stem
    assert tuple(x.shape) == tuple(map(int, re.search(r"integer levels, \((.*?)\)", block)[1].split(",")))
    assert "tensor" in capsys.readouterr().out


def test_every_pinned_checkpoint_has_a_card():
    if not (pinned := [id for id in arzoo.list_models(pretrained=True) if arzoo.info(id).files]):
        pytest.skip("no plugin with weights is installed")
    assert [path.stem for path in CARDS] == pinned


def test_what_is_to_be_installed_is_what_the_commands_need(subject):
    assert install_code(subject()) == 'pip install "arzoo[data]" arzoo-made'
    assert install_code(subject(dataset=None)) == "pip install arzoo arzoo-made"
    clips = subject("wavenet", dataset="fsdd", data=SOUND, event_shape=(None,))
    assert install_code(clips) == 'pip install "arzoo[audio,data]" arzoo-wavenet'


def test_what_is_to_be_installed_exists():
    assert version("arzoo-made")
    assert {"audio", "data"} <= set(metadata("arzoo").get_all("Provides-Extra"))


def test_a_plugin_goes_by_the_name_of_its_distribution(subject, install):
    install("farm-of-mine", "farm", FARM)
    assert install_code(subject("farm", dataset=None)) == "pip install arzoo farm-of-mine"


def test_labels_are_told_by_name_where_they_have_one(subject):
    assert 'context = {"label": 2, "speaker": "bob"}' in python_code(subject(context=LABELS))
    assert "arzoo sample made-mine --label 0,1,2 --speaker 0,1 -n 20" in shell_code(subject(context=LABELS))
    clips = subject(context=LABELS, data=SOUND, event_shape=(None,))
    assert "x = model.sample(1, context, length=800, seed=0)  # integer levels, (1, 800)" in python_code(clips)
    assert "arzoo sample made-mine --label 2 --speaker bob --seconds 1 -o made-mine.wav" in shell_code(clips)


def test_what_no_word_can_say_is_taken_from_the_data_set(subject):
    latent = subject(context=LATENT)
    assert 'load_dataset("digits", "test").with_context(["thumbnail"])' in python_code(latent)
    assert "arzoo sample" not in shell_code(latent)
    assert "arzoo complete made-mine --dataset digits" in shell_code(latent)


def test_a_data_set_of_ones_own_cannot_be_named(subject):
    assert shell_code(subject(dataset="folder:mine")) == "arzoo sample made-mine -n 20 -o made-mine.png"
