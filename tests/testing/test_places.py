"""Positions and symbols by name."""

import torch

from arzoo.orderings import Raster, Snake
from arzoo.testing.places import Places


def test_places_follow_the_ordering():
    places = Places(Snake((1, 2, 3)))
    assert places.position(3) == "position (0, 1, 0), drawn 6th of 6"
    assert places.symbol(5) == "symbol (0, 1, 2), drawn 4th of 6"
    assert places.size == (2, 3) and places.pixel_of_position.tolist() == places.pixel_of_symbol.tolist() == list(
        range(6)
    )


def test_places_where_the_head_owns_the_pixel():
    places = Places(Raster((3, 2, 2), channels_as_positions=False))
    assert places.position(2) == "position (1, 0), drawn 3rd of 4"
    assert places.symbol(4 + 2) == "symbol (1, 1, 0), drawn 3rd of 4"
    assert places.pixel_of_symbol[4 + 2] == places.pixel_of_position[2] == 2
    pairs = places.across_pixels(torch.ones(4, 12, dtype=torch.bool))
    assert (~pairs).nonzero().tolist() == [[p, p + 4 * c] for p in range(4) for c in range(3)]


def test_the_first_pair_is_the_first_position_and_its_nearest_symbol():
    places, pairs = Places(Snake((1, 2, 3))), torch.zeros(6, 6, dtype=torch.bool)
    pairs[3, 0] = pairs[5, 0] = pairs[5, 2] = True  # 5 is drawn 4th, 3 last
    assert places.first_pair(pairs) == (5, 2)
