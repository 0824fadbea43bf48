import re

import pytest

from arzoo.errors import ConfigError
from arzoo.training import load_recipe, parse_recipe, recipe_from_config
from arzoo.training.recipes import TrainingPart

SHORTEST = '[model]\narchitecture = "made"\n[data]\ndataset = "digits"\n[training]\nsteps = 100\n'


def parse(*overrides):
    return parse_recipe(SHORTEST, overrides, name="made-digits")


def test_the_shortest_recipe_takes_every_default():
    recipe = parse()
    assert (recipe.name, recipe.model.architecture, recipe.data.dataset) == ("made-digits", "made", "digits")
    assert recipe.training == TrainingPart(steps=100)


def test_a_recipe_is_found_by_name_and_by_path(toyfarm, tmp_path):
    assert load_recipe("toyfarm-digits", ["training.steps=5"]).training.steps == 5
    path = tmp_path / "mine.toml"
    path.write_text(SHORTEST)
    assert load_recipe(path).name == "mine"
    assert load_recipe(str(path)).model.architecture == "made"


def test_an_unknown_name_gets_the_nearest(toyfarm):
    with pytest.raises(ConfigError, match=r"^Unknown recipe 'toyfarm-digit'\. Did you mean 'toyfarm-digits'"):
        load_recipe("toyfarm-digit")


def test_a_file_that_is_not_there_is_named(tmp_path):
    path = tmp_path / "gone.toml"
    with pytest.raises(
        ConfigError, match=f"^A recipe must be a file, got '{re.escape(str(path))}', which is not there"
    ):
        load_recipe(path)


def test_what_is_no_toml_is_refused():
    with pytest.raises(ConfigError, match=r"^The recipe 'x' must be TOML, but it does not parse: .+"):
        parse_recipe("[model", name="x")


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["trainig.steps=3"], "recipe 'made-digits': unknown key `trainig`. Did you mean 'training'?"),
        (["training.learning_rat=3"], "unknown key `training.learning_rat`. Did you mean 'learning_rate'"),
        (["training.steps=many"], "`training.steps` must be an integer, got 'many'."),
        (["training.decay=linear"], "`training.decay` must be one of 'cosine', 'none', got 'linear'."),
        (["training.precision=fp16"], "`training.precision` must be one of 'float32', 'bf16', 'float64', got 'fp16'."),
        ([f"training.seed={2**64}"], f"`training.seed` must be < {2**64}, got {2**64}."),
        (
            ['data.context="label"'],
            "`data.context` must be a list of strings, got 'label'. Write context = [\"label\"].",
        ),
        (["training.ema_decay=1"], "`training.ema_decay` must be < 1, got 1.0."),
        (["training.betas=[0.9, 1.0]"], "`training.betas` must be < 1, got 1.0."),
        (["model.arguments=3"], "`model.arguments` must be a table, got 3."),
        (["training.warmup_steps=200"], "`training.warmup_steps` must be at most training.steps = 100, got 200."),
        (
            ["training.final_learning_rate=1"],
            "`training.final_learning_rate` must be at most training.learning_rate = 0.001, got 1.0.",
        ),
        (["training.orderings=0"], "`training.orderings` must be >= 1, got 0."),
        (["training.connectivities=0"], "`training.connectivities` must be >= 1, got 0."),
        (
            ["training.compile=true", "training.orderings=8"],
            "`training.compile` must be false where masks change from update to update, got true with 8 of them. "
            "Write compile = false.",
        ),
        (
            ["training.patience=3"],
            "`training.patience` = 3 needs items to evaluate on, got data.validation = 0 and "
            "training.evaluate_every = 500. Write data.validation = 500.",
        ),
    ],
)
def test_faults_are_named(overrides, message):
    with pytest.raises(ConfigError, match=re.escape(message)):
        parse(*overrides)


def test_the_config_is_json_that_spells_out_every_default():
    config = parse("model.arguments.width=[1, 2]").to_config()
    assert config["model"] == {"architecture": "made", "config": "", "arguments": {"width": [1, 2]}}
    assert config["training"]["betas"] == [0.9, 0.999]


def test_a_recipe_comes_back_from_its_config_even_from_before_a_key_was_known():
    recipe = parse("training.betas=[0.5, 0.9]", 'data.context=["label"]', "training.clip_norm=1.0")
    config = recipe.to_config()
    assert recipe_from_config(config) == recipe
    del config["training"]["clip_norm"]
    assert recipe_from_config(config) == recipe
    with pytest.raises(ConfigError, match=r"^recipe 'made-digits': unknown key `training\.colour`"):
        recipe_from_config({**config, "training": {**config["training"], "colour": 1}})


def test_every_key_says_what_it_means():
    assert all(field.metadata["says"] for field in TrainingPart.__dataclass_fields__.values())
