"""Images in the levels of another spec."""

import numpy as np
import pytest
import torch

from arzoo import DataError, ShapeError
from arzoo.data import VQVAE, Palette, encoded, load_dataset


@pytest.fixture
def spec():
    torch.manual_seed(0)
    return VQVAE(8, hidden_channels=4, code_channels=2)


def test_items_labels_and_subsets_stay_what_they_were(spec):
    digits = load_dataset("digits", "test")
    data = encoded(digits.subset([5, 7]), spec)
    pixels, context, *_ = digits.batch([7])
    x, labels, *_ = data.batch([1])
    assert (data.event_shape, data.num_levels, x.dtype, len(data)) == ((1, 2, 2), 8, torch.uint8, 2)
    assert torch.equal(x.long(), spec.encode(digits.spec.decode(pixels)))
    assert data.id == "digits as codes of a VQ-VAE"
    assert torch.equal(labels["label"], context["label"])


def test_contexts_made_of_pixels_are_gone(spec):
    digits = load_dataset("digits", "test")
    assert "thumbnail" in digits.available
    assert list(encoded(digits, spec).available) == ["label"]


def test_more_levels_than_a_byte_holds():
    rows = torch.arange(600) * 2 / 599 - 1
    spec = Palette.of(torch.stack([rows, rows, rows], 1))
    pixels = torch.full((1, 3, 4, 4), 255, dtype=torch.uint8)
    from arzoo.data import Dataset, Pixels

    data = encoded(Dataset("white", "all", pixels, 256, Pixels(256)), spec)
    assert (data.items.dtype, data.items.unique().tolist()) == (torch.int32, [599])


def test_what_is_no_image_is_refused(spec, tmp_path):
    np.save(tmp_path / "codes.npy", np.full((3, 8, 8), 999))
    with pytest.raises(
        DataError, match=r"Only images .* can become codes of a VQ-VAE, got Dataset\('npy:.*1000 levels\)"
    ):
        encoded(load_dataset(f"npy:{tmp_path}/codes.npy", "all"), spec)


def test_images_of_another_shape_are_refused():
    with pytest.raises(ShapeError, match=r"`raw` must be .* \(B, 3, H, W\).*got torch.uint8 of shape \(\d+, 1, 8, 8\)"):
        encoded(load_dataset("digits", "test"), VQVAE(8, channels=3, hidden_channels=4))
