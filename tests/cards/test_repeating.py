import itertools
import shlex

import pytest

import arzoo
from arzoo.cards import checkpoint_subject
from arzoo.cards.repeating import command
from arzoo.training.recipes import load_recipe, recipe_from_config

BUNDLED = [name for name in arzoo.list_models(pretrained=True) if arzoo.info(name).bundle]


def overrides(words):
    parts = shlex.split(words.replace("\\\n", " "))
    return [after for word, after in itertools.pairwise(parts) if word == "--set"]


@pytest.mark.parametrize("name", BUNDLED)
def test_the_command_of_a_checkpoint_sets_the_very_recipe_that_it_was_trained_by(name):
    subject = checkpoint_subject(name)
    again = load_recipe(subject.recipe["name"], overrides(command(subject)))
    assert again == recipe_from_config(subject.recipe)


@pytest.fixture
def ours(subject):
    """A subject of the recipe `made-digits`, by a training that said this of itself."""

    def build(recipe=(), **training):
        found = subject()
        found.recipe.update({"name": "made-digits", **dict(recipe)})
        found.training.update(training)
        return found

    return build


def test_what_was_set_then_is_set_again(ours):
    said = command(ours({"training": {"steps": 9, "betas": [0.5, 0.9], "decay": "none", "threads": 0}}))
    assert said.startswith("arzoo train made-digits --out runs/made-digits \\\n  --set ")
    assert {"training.steps=9", "training.betas=[0.5, 0.9]", "training.decay=none"} <= set(overrides(said))
    assert "--init-from" not in said


@pytest.mark.parametrize("text", ["3", "[1]", "two\nlines", "```", "it's", "plain"])
def test_a_text_stays_a_text_on_one_line(ours, text):
    found = ours({"model": {"architecture": "made", "config": text}})
    assert sum("model.config" in line for line in command(found).splitlines()) == 1
    assert load_recipe("made-digits", overrides(command(found))).model.config == text


def test_processes_and_a_start_are_said(ours):
    said = command(ours(processes=2, init_from="made-mnist, its average"))
    assert said.startswith("torchrun --nproc-per-node 2 -m arzoo train made-digits ")
    assert "--init-from made-mnist \\\n" in said
    assert "--init-from local-dir:EARLIER \\\n" in command(ours(init_from="an earlier run, its average"))


def test_a_recipe_of_nobody_or_of_a_later_arzoo_has_no_command(ours):
    assert command(ours({"name": "mine"})) is None
    assert command(ours({"training": {"steps": 9, "not_yet_known": 1}})) is None
