import pytest
import torch

from arzoo.codec.tiles import blank, fixed, gather, inside, scatter, tiles_of

SIZES = [(5, 7), (3, 4), (1, 1), (6, 8)]


def items(sizes, channels=()):
    generator = torch.Generator().manual_seed(0)
    return [torch.randint(1, 100, (*channels, *size), generator=generator) for size in sizes]


@pytest.mark.parametrize(("shape", "sizes"), [((2, 3, 4), SIZES), ((4,), [(9,), (4,), (1,)]), ((None,), [(9,), (2,)])])
def test_each_symbol_lies_in_one_tile_and_comes_back(shape, sizes):
    given, back = items(sizes, shape[:-2]), blank(sizes, shape)
    tiles = tiles_of(sizes, shape)
    whole = fixed(shape, tiles)
    events, mask = gather(given, tiles, whole), inside(tiles, whole)
    assert mask.sum() == sum(item.numel() for item in given) == (events > 0).sum()
    assert not events[~mask].any()
    scatter(events, tiles, back)
    assert all(torch.equal(a, b) for a, b in zip(given, back, strict=True))


def test_the_largest_come_first_so_that_clips_of_about_one_length_go_together():
    tiles = tiles_of([(2,), (9,), (5,), (9,)], (None,))
    assert [tile.item for tile in tiles] == [1, 3, 2, 0]
    assert fixed((None,), tiles[2:]) == (5,)


def test_whole_events_keep_their_order():
    assert [tile.item for tile in tiles_of([(3, 4)] * 5, (1, 3, 4))] == [0, 1, 2, 3, 4]
