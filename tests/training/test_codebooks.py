"""A VQ-VAE learns: its folder, its codebook, and a prior trained on its codes."""

import json

import numpy as np
import pytest
import torch

import arzoo
from arzoo import ConfigError, DataError, ShapeError, UnknownModelError
from arzoo.data import VQVAE, load_dataset, load_spec
from arzoo.training import SpecRecipe, load_recipe, parse_recipe, train, train_spec
from arzoo.training.codebooks import CodebookLearner, spec_of
from arzoo.training.spec_recipes import SpecTraining

TEXT = """
[spec]
kind = "vqvae"
num_levels = 16
hidden_channels = 8
code_channels = 4
halvings = 1
[data]
dataset = "digits"
[training]
steps = 120
batch_size = 32
learning_rate = 4e-3
log_every = 40
"""


def of_codes(*overrides):
    return parse_recipe(TEXT, overrides, name="codes")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return train_spec(of_codes(), out=tmp_path_factory.mktemp("vqvae") / "run", progress=False)


def journal(folder):
    return [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]


def test_codes_come_to_explain_images(folder):
    steps = [line for line in journal(folder) if line["event"] == "step"]
    assert [line["step"] for line in steps] == [40, 80, 120]
    assert steps[-1]["unexplained"] < 0.35 and steps[-1]["codes_in_use"] > 6
    spec, digits = load_spec(folder), load_dataset("digits", "test")
    raw = digits.spec.decode(digits.batch(range(100)).x)
    error, spread = ((spec.decode(spec.encode(raw)).float() - raw).square().mean(), raw.float().var())
    assert error / spread < 0.35


def test_the_folder_says_how_it_was_trained(folder):
    origin = load_spec(folder).training_of
    assert origin["recipe"] == of_codes().to_config() and origin["train_items"] == 1437
    assert {"machine", "torch", "commit"} <= origin.keys()
    assert (folder / "reconstructions.png").stat().st_size > 1000


def test_the_same_recipe_ends_in_the_same_codebook(folder, tmp_path):
    again = load_spec(train_spec(of_codes(), out=tmp_path, progress=False))
    for name, tensor in load_spec(folder).state_dict().items():
        assert torch.equal(again.state_dict()[name], tensor), name


def test_a_prior_learns_the_codes_and_its_checkpoint_decodes(folder, recipe_of_prior, tmp_path):
    model = arzoo.load(f"local-dir:{train(recipe_of_prior, out=tmp_path / 'prior', progress=False)}")
    assert (model.event_shape, model.num_levels) == ((1, 4, 4), 16)
    assert model.data.decode(model.sample(3, cached=False, progress=False)).shape == (3, 1, 8, 8)
    spec = load_spec(folder)
    for name, tensor in spec.state_dict().items():
        assert torch.equal(model.data.state_dict()[name], tensor), name
    assert model.data.training_of == spec.training_of


@pytest.fixture
def recipe_of_prior(toyfarm, folder):
    return load_recipe("toyfarm-digits", [f'data.spec="{folder}"', "training.steps=3"])


def test_a_spec_is_taken_from_a_checkpoint(folder, recipe_of_prior, tmp_path):
    train(recipe_of_prior, out=tmp_path, progress=False)
    assert spec_of(f"local-dir:{tmp_path}").to_config() == spec_of(str(folder)).to_config()


def test_a_spec_that_is_nowhere(tmp_path):
    with pytest.raises(UnknownModelError, match=r"nowhere"):
        spec_of("nowhere")


def test_a_checkpoint_without_a_spec(recipe, tmp_path):
    np.save(tmp_path / "codes.npy", np.random.default_rng(0).integers(0, 300, (64, 3, 4)))
    codes = recipe(f"data.dataset={tmp_path / 'codes.npy'}", "training.steps=3", "data.validation=0")
    train(codes, out=tmp_path / "run", progress=False)
    with pytest.raises(
        ConfigError, match=r"`data.spec` must name what has a data spec, got 'local-dir:.*'.*Leave it out"
    ):
        spec_of(f"local-dir:{tmp_path / 'run'}")


def test_entries_are_averages_of_what_they_stand_for():
    """At decay 0 an entry is the mean of its vectors; one that gets none is set to a vector of the batch."""
    torch.manual_seed(0)
    spec, images = VQVAE(8, hidden_channels=4, code_channels=2), torch.randint(0, 256, (16, 1, 8, 8)).to(torch.uint8)
    learner = CodebookLearner(spec, SpecTraining(steps=5, codebook_decay=0.0), images)
    vectors = torch.randn(50, 2)
    codes = torch.arange(50) % 7  # none for entry 7
    learner._move(vectors, codes)
    for code in range(7):
        torch.testing.assert_close(spec.codebook[code], vectors[codes == code].mean(0))
    assert (spec.codebook[7] == vectors).all(1).any()


def test_the_gradient_goes_straight_through_to_the_encoder():
    torch.manual_seed(0)
    spec, images = VQVAE(8, hidden_channels=4, code_channels=2), torch.randint(0, 256, (16, 1, 8, 8)).to(torch.uint8)
    before = {name: weight.clone() for name, weight in spec.named_parameters()}
    CodebookLearner(spec, SpecTraining(steps=5), images).update(images)
    for name, weight in spec.named_parameters():
        assert not torch.equal(weight, before[name]), name


def test_a_recipe_of_a_spec_is_told_by_its_section():
    assert isinstance(of_codes(), SpecRecipe) and of_codes("training.steps=7").training.steps == 7


@pytest.mark.parametrize(
    ("overrides", "sentence"),
    [
        (["training.stepz=7"], r"recipe 'codes': unknown key `training.stepz`. Did you mean 'steps'"),
        (["training.commitment=0"], r"`training.commitment` must be > 0, got 0"),
        (["model.architecture=made"], r"unknown key `model`"),
    ],
)
def test_recipes_are_read_strictly(overrides, sentence):
    with pytest.raises(ConfigError, match=sentence):
        of_codes(*overrides)


@pytest.mark.parametrize(
    ("overrides", "error", "sentence"),
    [
        (["spec.kind=palette"], ConfigError, r"`spec.kind` must be 'vqvae', which alone is trained, got 'palette'"),
        (["spec.colours=3"], ConfigError, r"The data spec 'vqvae' cannot be built from .*colours"),
        (["spec.halvings=4"], ShapeError, r"sides multiples of 16, got torch.uint8 of shape \(40, 1, 8, 8\)"),
    ],
)
def test_what_cannot_be_trained(tmp_path, overrides, error, sentence):
    with pytest.raises(error, match=sentence):
        train_spec(of_codes(*overrides), out=tmp_path / "run", progress=False)
    assert not (tmp_path / "run").exists()


def test_what_is_no_image(tmp_path):
    np.save(tmp_path / "codes.npy", np.full((3, 8, 8), 999))
    with pytest.raises(DataError, match=r"A VQ-VAE is trained on images, got Dataset\('npy:.*1000 levels\)"):
        train_spec(of_codes(f"data.dataset=npy:{tmp_path}/codes.npy"), out=tmp_path / "run", progress=False)


def test_a_spec_is_not_trained_over(folder):
    with pytest.raises(ConfigError, match=rf"{folder} must hold no data spec yet.*Use another --out"):
        train_spec(of_codes(), out=folder, progress=False)
