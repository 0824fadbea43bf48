"""Tensors of layers by place."""

import pytest
import torch

from arzoo.orderings import LeftToRight, Raster, Snake
from arzoo.testing.layout import placed
from arzoo.testing.places import Places

BATCH, FEATURES = 2, 5


@pytest.mark.parametrize("ordering", [Raster((1, 2, 3)), Snake((1, 2, 3))], ids=["raster", "snake"])
def test_layers_of_images_are_read_by_pixel_whichever_axis_channels_are(ordering):
    image, places = torch.randn(BATCH, FEATURES, 2, 3), Places(ordering)
    for tensor in (image, image.movedim(1, 3)):
        seen = placed(tensor, BATCH, places)
        for position in range(6):
            i, j = divmod(position, 3)
            assert torch.equal(seen.values[seen.index(position, places)], image[:, :, i, j])
        assert torch.equal(seen.steps, places.step_of_position)


def test_layers_of_sequences_are_read_along_the_path():
    path, places = torch.randn(6, BATCH, FEATURES), Places(Snake((1, 2, 3)))
    for tensor in (path, path.movedim(0, 1), path.movedim(0, 2)):
        seen = placed(tensor, BATCH, places)
        assert seen.along_path
        assert torch.equal(seen.values[seen.index(3, places)], path[5])  # drawn last


def test_a_pixel_is_drawn_with_the_first_of_its_colours():
    places = Places(Raster((3, 1, 2)))
    assert placed(torch.randn(BATCH, FEATURES, 1, 2), BATCH, places).steps.tolist() == [0, 3]


def test_other_layouts_are_left_alone():
    places = Places(LeftToRight((7,)))
    assert placed(torch.randn(BATCH, FEATURES), BATCH, places) is None
    assert placed(torch.randn(3, 7, FEATURES), BATCH, places) is None
