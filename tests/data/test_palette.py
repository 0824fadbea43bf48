"""Palettes: the nearest colour, its rounding, and what is refused."""

import numpy as np
import pytest
import torch

from arzoo import ConfigError, ShapeError
from arzoo.data import Palette, spec_from_config


def colours(count, seed=0):
    return torch.rand(count, 3, generator=torch.Generator().manual_seed(seed)) * 2 - 1


def images(*shape):
    return torch.randint(0, 256, shape, generator=torch.Generator().manual_seed(1)).to(torch.uint8)


def test_each_pixel_takes_the_nearest_colour():
    spec, raw = Palette.of(colours(512)), images(3, 3, 5, 4)
    scaled = raw.numpy().astype(np.float64).transpose(0, 2, 3, 1)[..., None, :] / 127.5 - 1
    wanted = ((scaled - spec.colours.double().numpy()) ** 2).sum(-1).argmin(-1)
    found = spec.encode(raw)
    assert found.shape == (3, 1, 5, 4)
    np.testing.assert_array_equal(found[:, 0].numpy(), wanted)


def test_more_pixels_than_are_compared_at_a_time():
    spec, raw = Palette.of(colours(5)), images(2, 3, 256, 200)
    assert torch.equal(spec.encode(raw)[1:, :, 100:], spec.encode(raw[1:, :, 100:]))


def test_a_level_shows_its_colour_rounded_as_rint_does():
    table = torch.tensor([[-1.0, 0.0, 1.0], [1 / 127.5 - 1 + 0.5 / 127.5, 0.1, 0.9]])
    shown = Palette.of(table).decode(torch.tensor([[[[0, 1]]]]))
    np.testing.assert_array_equal(shown[0].flatten(1).T.numpy(), np.rint(127.5 * (table.double().numpy() + 1)))
    assert shown.dtype == torch.uint8


def test_colours_come_back_from_their_own_picture():
    spec = Palette.of(colours(64))
    levels = torch.arange(64).view(1, 1, 8, 8)
    assert torch.equal(spec.encode(spec.decode(levels)), levels)


def test_the_config_says_whether_there_are_colours_and_the_weights_hold_them():
    for spec in (Palette(5), Palette.of(colours(5))):
        again = spec_from_config(spec.to_config())
        assert (
            again.to_config()
            == spec.to_config()
            == {"kind": "palette", "num_levels": 5, "known": spec.colours is not None}
        )
        again.load_state_dict(spec.state_dict())
        assert spec.colours is None or torch.equal(again.colours, spec.colours)


def test_colours_are_not_rounded_with_the_weights():
    spec = Palette.of(colours(5))
    assert torch.equal(spec.to(torch.bfloat16).colours, colours(5))


@pytest.mark.parametrize(
    ("table", "sentence"),
    [
        (torch.zeros(5, 4), r"floats of shape \(K, 3\), got torch.float32 of shape \(5, 4\)\. Use \(rgb"),
        (torch.zeros(5, 3, dtype=torch.uint8), r"floats of shape \(K, 3\), got torch.uint8 of shape"),
        (torch.tensor([[0.0, 0.5, 255.0]]), r"must lie in \[-1, 1\], got 0 to 255\. Use rgb / 127.5 - 1"),
        (torch.full((5, 3), torch.nan), r"must lie in \[-1, 1\], got nan to nan"),
    ],
)
def test_what_is_no_palette_is_refused(table, sentence):
    with pytest.raises(ShapeError, match=sentence):
        Palette.of(table)


def test_one_colour_is_no_palette():
    with pytest.raises(ConfigError, match=r"must be at least 2, got 1\. Use Palette\(512\)"):
        Palette(1)


def test_colours_are_no_number_of_them():
    with pytest.raises(ConfigError, match=r"must be a whole number, got a Tensor\. Use Palette\.of\(colours\)"):
        Palette(torch.zeros(512, 3))


def test_without_colours_nothing_can_be_shown_or_read():
    rule = r"must be known to turn levels into colours or back, got Palette\(5, known=False\)\. Use model.data = "
    with pytest.raises(ConfigError, match=rule):
        Palette(5).decode(torch.zeros(1, 1, 2, 2, dtype=torch.int64))
    with pytest.raises(ConfigError, match=rule):
        Palette(5).encode(images(1, 3, 2, 2))


@pytest.mark.parametrize(
    ("raw", "came"),
    [
        (torch.zeros(1, 3, 2, 2), r"torch.float32 of shape \(1, 3, 2, 2\)"),
        (images(1, 1, 2, 2), r"torch.uint8 of shape \(1, 1, 2, 2\)"),
        (images(3, 2, 2), r"torch.uint8 of shape \(3, 2, 2\)"),
    ],
)
def test_what_is_no_rgb_image_is_refused(raw, came):
    with pytest.raises(ShapeError, match=rf"uint8 of shape \(B, 3, H, W\), got {came}\. Use RGB images"):
        Palette.of(colours(5)).encode(raw)


@pytest.mark.parametrize(
    ("levels", "sentence"),
    [
        (torch.full((1, 1, 2, 2), 5), "integers from 0 to 4, got 5 to 5"),
        (torch.full((1, 1, 2, 2), -1), "integers from 0 to 4, got -1 to -1"),
        (torch.zeros(1, 1, 2, 2), "integers from 0 to 4, got torch.float32"),
        (torch.zeros(1, 3, 2, 2, dtype=torch.int64), r"shape \(B, 1, H, W\), got \(1, 3, 2, 2\)"),
    ],
)
def test_what_is_no_level_is_refused(levels, sentence):
    with pytest.raises(ShapeError, match=sentence):
        Palette.of(colours(5)).decode(levels)
