import re

import numpy as np
import pytest
import torch
from PIL import Image

import arzoo

pytestmark = pytest.mark.usefixtures("farm")


@pytest.fixture
def crop(here):
    """Function that writes a random image of a size and mode, and returns its name."""

    def crop(size=(6, 4), mode="RGB", name="crop.png"):
        pixels = np.random.default_rng(0).integers(0, 256, (size[1], size[0], len(mode)), np.uint8).squeeze()
        if mode == "RGB":  # 17 levels of 256
            pixels = (pixels // 15 * 15).clip(max=255)
        Image.fromarray(pixels).save(here / name)
        return name

    return crop


def test_an_image_is_grown(run, here, crop):
    code, out, _ = run("grow", "farm-colour", crop(), "--size", "13x9", "-o", "grown.png", "--seed", 3)
    assert code == 0
    assert re.fullmatch(r"Wrote grown.png: crop.png grown to 13x9 by farm-colour, seed 3, in [\d.]+ s\.\n", out)
    grown, model = Image.open(here / "grown.png"), arzoo.load("farm-colour")
    assert (grown.size, grown.mode) == ((13, 9), "RGB")
    raw = torch.from_numpy(np.array(Image.open(here / "crop.png"))).movedim(-1, 0)[None]
    levels = arzoo.sampling.grow(model, model.data.encode(raw), (9, 13), seed=3, progress=False)
    np.testing.assert_array_equal(np.array(grown).transpose(2, 0, 1), model.data.decode(levels)[0].numpy())


def test_steps_and_labels(run, here, crop):
    words = ["grow", "farm-digits-class", crop((5, 7), "L"), "--size", "9x9", "--step", 3, "--label", 2]
    assert run(*words).code == 0
    with Image.open(here / "crop-grown.png") as grown:
        assert grown.size == (9, 9)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--size", "96"], r"`--size` must read WIDTHxHEIGHT, got '96'. Use --size 96x96"),
        (["--size", "5x9"], r"`size` must be at least \(4, 6\), .* got \(9, 5\)"),
        (["--size", "13x9", "--step", "5"], r"`step` must be less than the 4 pixels of a window, got 5"),
        (["--size", "13x9", "-o", "grown.jpg"], r"`--out` must end in .png, got 'grown.jpg'"),
        (["--size", "13x9", "--label", "3"], r"Unknown option --label: farm-colour takes no context"),
    ],
)
def test_bad_options_are_one_sentence(refused, crop, words, sentence):
    assert re.search(sentence, refused("grow", "farm-colour", crop(), *words))


def test_images_that_do_not_fit(refused, crop):
    grey = crop(mode="L")
    assert re.search(
        r"crop.png must be an image of mode RGB .*, got mode L", refused("grow", "farm-colour", grey, "--size", "9x9")
    )
    assert re.search(r"There is no file none.png", refused("grow", "farm-colour", "none.png", "--size", "9x9"))
    assert re.search(
        r"A sheet must show images, farm-bare .*Nobody said how its 17 levels decode; where they are codes of a VQ-VAE",
        refused("grow", "farm-bare", grey, "--size", "9x9"),
    )
