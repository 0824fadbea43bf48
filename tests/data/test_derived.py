"""Contexts computed of an item: what they are, and when a data set computes them."""

import pytest
import torch

from arzoo.context import Labels, Latent
from arzoo.data import Dataset, load_dataset
from arzoo.data.derived import image_contexts, thumbnail
from arzoo.data.mnist import binarize
from arzoo.errors import DataError


def test_a_thumbnail_is_the_mean_of_each_block_on_the_scale_of_the_levels():
    x = torch.randint(0, 17, (2, 3, 8, 4))
    found = thumbnail(x, 17)
    assert found.shape == (2, 3, 2, 1)
    assert found[1, 2, 1, 0].item() == pytest.approx(x[1, 2, 4:, :].float().mean().item() / 8 - 1)


def test_it_is_computed_where_it_is_asked_for_and_nowhere_else():
    data = load_dataset("digits", "test")
    assert list(data.context) == ["label"]
    assert data.available == {"label": Labels(10, data.context["label"].names), "thumbnail": Latent((1, 2, 2))}
    x, context, *_ = data.with_context(["thumbnail"]).batch([5, 0])
    assert list(context) == ["thumbnail"]
    assert torch.equal(context["thumbnail"], thumbnail(x, 17))


def test_parts_of_a_data_set_keep_it():
    train, validation = load_dataset("digits", "train").with_context(["label", "thumbnail"]).hold_out(10)
    for part in (train, validation):
        x, context, *_ = part.batch([3])
        assert torch.equal(context["thumbnail"], thumbnail(x, 17))


def test_it_is_of_the_levels_that_were_drawn():
    grey = torch.full((3, 1, 4, 4), 100, dtype=torch.uint8)
    drawn = Dataset("grey", "train", grey, 2, derived=image_contexts((1, 4, 4)), draw=binarize).with_context(
        ["thumbnail"]
    )
    x, context, *_ = drawn.batch(range(3), epoch=1)
    assert context["thumbnail"].flatten().tolist() == pytest.approx((x.float().mean((1, 2, 3)) * 2 - 1).tolist())


def test_images_that_blocks_do_not_fill_have_none():
    assert image_contexts((1, 8, 6)) == image_contexts((3, 10, 8)) == {}


def test_a_data_set_without_it_says_what_it_has():
    codes = Dataset("codes", "all", torch.zeros(2, 1, 4, 4, dtype=torch.uint8), 512)
    with pytest.raises(DataError, match="The context 'thumbnail' must be one that codes has; it has none"):
        codes.with_context(["thumbnail"])
