"""Sheets that fill in the order of a model, as GIFs that every frame of can be read back."""

import itertools

import numpy as np
import pytest
from PIL import Image

import arzoo
from arzoo import animations, pictures
from arzoo.orderings import Hilbert, RandomOrder, Raster, Snake, Zigzag

ORDERINGS = [
    Raster((1, 4, 6)),
    Raster((3, 4, 6)),
    Raster((3, 4, 6), channels_as_positions=False),
    Snake((1, 4, 6)),
    Zigzag((3, 4, 6)),
    Hilbert((1, 4, 6)),
    RandomOrder((3, 4, 6), seed=3),
]


def images(count=3, channels=3):
    return np.random.default_rng(0).integers(0, 60, (count, channels, 4, 6)).astype(np.uint8)


@pytest.mark.parametrize("ordering", ORDERINGS, ids=repr)
def test_a_pixel_comes_when_its_last_colour_is_drawn(ordering):
    found = animations.arrivals(ordering)
    assert found.shape == (4, 6)
    for position, symbols in enumerate(ordering.symbols.tolist()):
        for symbol in symbols:
            later = [found.flat[symbol % 24] > position, found.flat[symbol % 24] == position]
            assert any(later)
    assert len(np.unique(found)) == 24


@pytest.mark.parametrize("ordering", ORDERINGS, ids=repr)
def test_pixels_come_in_the_order_of_the_model_until_all_are_there(ordering):
    shown = [np.asarray(frame) for frame in animations.frames(images(1), animations.arrivals(ordering), 1)]
    whole = np.asarray(pictures.sheet(images(1), 1))
    assert np.array_equal(shown[-1], whole)
    scale = (whole.shape[0] - 4) // 4
    drawn = [(frame == whole).all(-1)[2:-2:scale, 2:-2:scale] for frame in shown]
    assert not drawn[0].any()
    order = animations.arrivals(ordering)
    for before, after in itertools.pairwise(drawn):
        assert (after | ~before).all()
        assert not after.any() or order[after].max() < order[~after].min(initial=999)


def test_there_are_a_hundred_frames_at_most_and_the_last_is_whole():
    large = np.zeros((1, 1, 28, 28), np.uint8)
    shown = list(animations.frames(large, np.arange(784).reshape(28, 28)))
    assert len(shown) == animations.FRAMES
    assert np.array_equal(np.asarray(shown[-1]), np.asarray(pictures.sheet(large)))
    assert len(list(animations.frames(images(), np.arange(24).reshape(4, 6)))) == 25


def test_a_place_may_stand_for_several_pixels():
    shown = [np.asarray(frame) for frame in animations.frames(images(1), np.array([[1, 0]]), 1)]
    assert len(shown) == 3
    whole = (shown[1] == shown[2]).all(-1)[2:-2, 2:-2]
    assert whole[:, whole.shape[1] // 2 :].all() and not whole[:, : whole.shape[1] // 2].any()


def test_every_frame_comes_back_from_the_file_and_the_last_is_held(tmp_path):
    wanted = list(animations.frames(images(channels=1), np.arange(24).reshape(4, 6)))
    animations.save(wanted, tmp_path / "a.gif")
    with Image.open(tmp_path / "a.gif") as film:
        assert (film.n_frames, film.info["loop"]) == (len(wanted), 0)
        for number, frame in enumerate(wanted):
            film.seek(number)
            # pillow looks colours up in cells of eight levels
            np.testing.assert_allclose(np.asarray(film.convert("RGB"), int), np.asarray(frame, int), atol=8)
            assert film.info["duration"] == (animations.HELD if number == 24 else animations.PAUSE)
    assert [path.name for path in tmp_path.iterdir()] == ["a.gif"]


def test_what_is_no_grid_is_refused():
    with pytest.raises(arzoo.ShapeError, match=r"`arrival` must have shape \(H, W\), got \(24,\)"):
        list(animations.frames(images(), np.arange(24)))
