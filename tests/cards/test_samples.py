import numpy as np
import pytest
from PIL import Image

from arzoo.cards.samples import LARGEST, sample_in, save_picture, save_text
from arzoo.errors import CheckpointError

WEIGHTS, OTHERS = "0" * 64, "1" * 64


def test_what_was_saved_is_found_with_the_weights_that_drew_it(tmp_path):
    assert sample_in(tmp_path, "mine", WEIGHTS) is None
    passage = save_text("two\nlines", WEIGHTS, tmp_path / "mine.txt")
    assert sample_in(tmp_path, "mine", WEIGHTS) == passage
    assert passage.text == "two\nlines"
    with pytest.raises(CheckpointError, match=rf"mine\.txt must be drawn by the weights {OTHERS}, got {WEIGHTS}"):
        sample_in(tmp_path, "mine", OTHERS)


def test_a_picture_has_fewer_colours_where_it_would_be_large(tmp_path):
    noise = np.random.default_rng(0).integers(0, 256, (180, 180, 3), np.uint8)
    flat = np.repeat(np.arange(100, dtype=np.uint8)[:, None, None], 3, 2).repeat(100, 1)
    colours = {}
    for name, pixels in {"noise": noise, "flat": flat}.items():
        sample = save_picture(Image.fromarray(pixels), WEIGHTS, tmp_path / f"{name}.png")
        assert sample_in(tmp_path, name, WEIGHTS) == sample
        assert sample.path.stat().st_size <= LARGEST
        with Image.open(sample.path) as image:
            colours[name] = len(image.convert("RGB").getcolors())
    assert colours["noise"] <= 64 < colours["flat"]
