"""What is PixelCNN's own: its blind spot, its size, its refusals."""

import pytest
import torch

import arzoo


def reach(rows, blocks):
    """How far to the right a position sees `rows` rows above it, by hand.

    The 7x7 layer climbs 1 to 3 rows and 3 columns, or stays; each block's 3x3 climbs a row and a column, or stays.
    """
    ways = [3 + (rows - first) for first in (1, 2, 3) if 0 <= rows - first <= blocks]
    return max(ways, default=None)


@pytest.mark.parametrize("blocks", [1, 2, 4])
def test_the_blind_spot_is_the_cone_of_the_paper(blocks):
    height, width = 7, 17
    model = arzoo.create("pixelcnn", "tiny-blind", event_shape=(1, height, width), num_blocks=blocks)
    seen = model.backbone.dependence(model.ordering).view(height, width, height, width)[6, 4]
    for rows in range(1, 7):
        limit = reach(rows, blocks)
        expected = [] if limit is None else list(range(min(width, 4 + limit + 1)))
        leftmost = 4 - 3 - blocks  # seven columns of one layer, three of the others
        assert seen[6 - rows].nonzero().flatten().tolist() == [j for j in expected if j >= leftmost]


def test_channels_of_a_pixel_see_each_other_in_the_order_of_the_colours():
    model = arzoo.create("pixelcnn", "tiny-rgb")
    seen = model.backbone.dependence(model.ordering).view(3, 3, 4, 3, 3, 4)[:, 1, 1, :, 1, 1]
    assert seen.tolist() == [[False, False, False], [True, False, False], [True, True, False]]


def test_the_paper_config_has_the_size_that_its_layers_add_up_to():
    with torch.device("meta"):
        model = arzoo.create("pixelcnn", "paper")
    h, wide, out = 128, 256, 1024
    # Kernels are stored down to the current row: 4 x 7 of 7 x 7, 2 x 3 of 3 x 3.
    first = 3 * wide * 4 * 7 + wide
    block = (wide * h + h) + (h * h * 2 * 3 + h) + (h * wide + wide)
    last = (wide * out + out) + (out * 3 * 256 + 3 * 256)
    assert sum(p.numel() for p in model.parameters()) == first + 15 * block + last


def test_sequences_are_refused():
    with pytest.raises(arzoo.ConfigError, match=r"raster|\(C, H, W\)"):
        arzoo.create("pixelcnn", event_shape=(16,))


def test_an_unknown_argument_is_refused_with_the_nearest():
    with pytest.raises(arzoo.ConfigError, match=r"hiden_channels.*hidden_channels"):
        arzoo.create("pixelcnn", hiden_channels=8)


def test_fewer_channels_than_colours_are_refused():
    with pytest.raises(arzoo.ConfigError, match=r"at least one channel a colour: 3, got 2"):
        arzoo.create("pixelcnn", "tiny-rgb", hidden_channels=2)


def test_a_negative_number_of_blocks_is_refused():
    with pytest.raises(arzoo.ConfigError, match=r"`num_blocks` must be a whole number of at least 0, got -1"):
        arzoo.create("pixelcnn", "tiny-binary", num_blocks=-1)
