"""Masks against the definition in the paper, pixel by pixel."""

import itertools

import pytest
import torch

from arzoo.errors import ConfigError
from arzoo.nn import masks


def rank(position, grid):
    """Place of (c, i, j) in the raster ordering with colours innermost."""
    c, i, j = position
    return (i * grid[2] + j) * grid[0] + c


@pytest.mark.parametrize("mask_type", ["A", "B"])
def test_window_dependence_is_the_part_of_the_window_that_the_ordering_allows(mask_type):
    grid, above, left, right = (3, 4, 5), 1, 2, 1
    seen = masks.window_dependence(grid, above, left, right, mask_type)
    positions = list(itertools.product(*map(range, grid)))
    for p, q in itertools.product(range(len(positions)), repeat=2):
        (c, i, j), (d, k, m) = positions[p], positions[q]
        inside = 0 <= i - k <= above and -right <= j - m <= left
        earlier = rank((d, k, m), grid) < rank((c, i, j), grid) or (mask_type == "B" and p == q)
        assert seen[p, q] == (inside and earlier), (positions[p], positions[q])


def test_centre_mask_orders_the_colours():
    groups = torch.tensor([0, 1, 2])
    assert masks.centre_mask(groups, groups, "A").tolist() == [[0, 0, 0], [1, 0, 0], [1, 1, 0]]
    assert masks.centre_mask(groups, groups, "B").tolist() == [[1, 0, 0], [1, 1, 0], [1, 1, 1]]


@pytest.mark.parametrize(("channels", "groups"), [(3, 3), (4, 3), (128, 3), (5, 1)])
def test_channel_groups_are_contiguous_and_even(channels, groups):
    counts = torch.bincount(masks.channel_groups(channels, groups), minlength=groups)
    assert counts.sum() == channels
    assert counts.max() - counts.min() <= 1
    assert (masks.channel_groups(channels, groups).diff() >= 0).all()


def test_fewer_channels_than_colours_are_refused():
    with pytest.raises(ConfigError, match=r"at least one channel a colour: 3, got 2\. Use channels=3"):
        masks.channel_groups(2, 3)


def test_masks_are_real_when_a_model_is_built_on_meta():
    with torch.device("meta"):
        mask = masks.causal_mask(
            masks.centre_mask(masks.channel_groups(2, 1), masks.channel_groups(2, 1), "A"), 1, 1, 1
        )
    assert mask.device.type == "cpu"
