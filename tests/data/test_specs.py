import pytest
import torch

from arzoo.data import DataSpec, Pixels, spec_from_config
from arzoo.errors import ConfigError, ShapeError

EVERY_BYTE = torch.arange(256, dtype=torch.uint8)


@pytest.mark.parametrize("num_levels", [2, 3, 17, 100, 256])
def test_encode_undoes_decode(num_levels):
    levels = torch.arange(num_levels)
    assert torch.equal(Pixels(num_levels).encode(Pixels(num_levels).decode(levels)).long(), levels)


@pytest.mark.parametrize("num_levels", [2, 17, 256])
def test_encode_takes_the_nearest_level(num_levels):
    levels = Pixels(num_levels).encode(EVERY_BYTE)
    centres = torch.arange(num_levels, dtype=torch.float64) * 255 / (num_levels - 1)
    distance = (EVERY_BYTE.double()[:, None] - centres).abs()
    assert torch.equal(distance.gather(1, levels.long()[:, None])[:, 0], distance.min(1).values)


def test_256_levels_are_the_pixels_themselves():
    images = EVERY_BYTE.reshape(1, 1, 16, 16)
    assert torch.equal(Pixels().encode(images), images)
    assert torch.equal(Pixels().decode(images), images)


def test_no_images_decode_to_none():
    assert Pixels(17).decode(torch.empty(0, 1, 8, 8, dtype=torch.int64)).shape == (0, 1, 8, 8)


def test_two_levels_split_at_the_middle():
    assert Pixels(2).encode(torch.tensor([127, 128], dtype=torch.uint8)).tolist() == [0, 1]
    assert Pixels(2).decode(torch.tensor([0, 1])).tolist() == [0, 255]


def test_spec_survives_its_config():
    spec = spec_from_config(Pixels(17).to_config())
    assert isinstance(spec, DataSpec)
    assert spec.to_config() == {"kind": "pixels", "num_levels": 17}
    assert repr(spec) == "Pixels(17)"


@pytest.mark.parametrize(("num_levels", "repair"), [(1, "Pixels(2)"), (257, "Pixels(256)")])
def test_too_few_or_many_levels_are_refused(num_levels, repair):
    with pytest.raises(ConfigError, match="must be 2 to 256, got") as caught:
        Pixels(num_levels)
    assert f"got {num_levels}. Use {repair}." in str(caught.value)


def test_encode_refuses_what_is_no_8_bit_image():
    with pytest.raises(ShapeError, match=r"must be torch.uint8, 0 to 255, got torch.float32"):
        Pixels(2).encode(torch.rand(1, 1, 2, 2))


@pytest.mark.parametrize(
    ("levels", "message"),
    [
        (torch.tensor([0, 17]), r"integers from 0 to 16, got 0 to 17. Decode what"),
        (torch.tensor([-1]), r"integers from 0 to 16, got -1 to -1"),
        (torch.tensor([0.5]), r"integers from 0 to 16, got torch.float32"),
    ],
)
def test_decode_refuses_what_are_no_levels(levels, message):
    with pytest.raises(ShapeError, match=message):
        Pixels(17).decode(levels)


def test_an_unknown_kind_is_refused_with_the_known_ones():
    with pytest.raises(
        ConfigError, match=r"must be one of 'pixels', 'palette', 'vqvae', .*got 'pixel'. Did you mean 'pixels'\?"
    ):
        spec_from_config({"kind": "pixel"})


def test_arguments_of_another_kind_are_refused():
    with pytest.raises(ConfigError, match=r"'pixels' cannot be built from \{'colours': 3\}"):
        spec_from_config({"kind": "pixels", "colours": 3})
