"""A model of codes in the shell: images come in and go out, codes lie between."""

import re

import numpy as np
import pytest
import torch
from PIL import Image

import arzoo
from arzoo.data import VQVAE

pytestmark = pytest.mark.usefixtures("farm")


@pytest.fixture
def codes(here):
    """A model of 4 x 5 codes that stand for 8 x 10 pixels each two by two, and an image for it."""
    torch.manual_seed(0)
    spec = VQVAE(17, hidden_channels=4, code_channels=2, halvings=1)
    arzoo.save(arzoo.create("farm", event_shape=(1, 4, 5), data=spec), here / "codes")
    pixels = np.random.default_rng(0).integers(0, 256, (8, 10), np.uint8)
    Image.fromarray(pixels).save(here / "one.png")
    return "local-dir:codes"


def size_of(path):
    with Image.open(path) as image:
        return image.size


def test_samples_are_decoded(run, here, codes):
    assert run("sample", codes, "-n", 2, "--columns", 2, "-o", "sheet.png", "--animate", "film.gif").code == 0
    assert size_of(here / "sheet.png") == (2 + 2 * (70 + 2), 2 + 56 + 2)


def test_images_are_completed_code_by_code(run, here, codes):
    """The mask is shown as large as the image: the upper two rows of four codes are its upper half."""
    assert run("complete", codes, "one.png", "--known", "top", "-o", "sheet.png").code == 0
    with Image.open(here / "sheet.png") as sheet:
        tiles = np.array(sheet.convert("RGB"))[-58:-2, -6 * 72 :]  # given, known, three completions, truth
    known = tiles[:, 72 : 72 + 70]
    assert set(np.unique(known[:28])) == {255} and set(np.unique(known[28:])) == {0}


def test_an_image_grows_by_codes(run, here, codes, refused):
    assert run("grow", codes, "one.png", "--size", "14x12", "-o", "grown.png").code == 0
    assert size_of(here / "grown.png") == (14, 12)
    assert re.search(
        r"`--size` must be multiples of 2 pixels, got '15x12'. Use --size 14x12",
        refused("grow", codes, "one.png", "--size", "15x12"),
    )


def test_what_codes_lose_is_not_called_lossless(codes, refused):
    assert re.search(
        r"Lossless means that every value of one.png has a level of local-dir:codes",
        refused("compress", "one.png", "-m", codes, "-o", "out.arz"),
    )


def test_images_of_another_size_are_refused(here, codes, refused):
    Image.fromarray(np.zeros((4, 5), np.uint8)).save(here / "small.png")
    assert re.search(r"small.png must be a 10x8 image of mode L", refused("complete", codes, "small.png"))


def test_a_data_set_and_its_levels_are_named_on_the_command_line(run, here):
    np.save(here / "codes.npy", np.random.default_rng(0).integers(0, 300, (40, 4, 5)))
    words = ["train", "farm-digits", "--data", "codes.npy", "--num-levels", 512, "-o", "prior"]
    assert run(*words).code == 0
    config = arzoo.checkpoints.config_of("local-dir:prior")
    assert (
        config.training["recipe"]["data"] | {"dataset": "codes.npy", "num_levels": 512}
        == config.training["recipe"]["data"]
    )
    assert arzoo.load("local-dir:prior").num_levels == 512


def test_a_spec_is_trained_before_the_model_of_its_codes(run, here, refused):
    (here / "spec.toml").write_text(
        '[spec]\nkind = "vqvae"\nnum_levels = 8\nhidden_channels = 4\ncode_channels = 2\nhalvings = 1\n'
        '[data]\ndataset = "digits"\n[training]\nsteps = 2\nbatch_size = 8\n'
    )
    code, out, _ = run("train", "spec.toml", "-o", "spec")
    assert (code, out) == (0, "Wrote spec: train a model of its levels with --set data.spec=spec.\n")
    assert run("train", "farm-digits", "--set", "data.spec=spec", "-o", "prior").code == 0
    assert arzoo.load("local-dir:prior").data.training_of["recipe"]["name"] == "spec"
    assert re.search(
        r"--resume is for recipes of models, got it for spec", refused("train", "spec.toml", "-o", "a", "--resume")
    )
