"""The paths themselves, by the properties that name them."""

import inspect
import itertools

import pytest
import torch

from arzoo.orderings import BlockRaster, Hilbert, LeftToRight, RandomOrder, Raster, Snake, Spiral, SubScale, Zigzag

SIZES = [*itertools.product(range(1, 13), repeat=2), (28, 28), (32, 32), (31, 64), (64, 31), (2, 101), (101, 2)]

FROZEN = [8, 4, 1, 6, 3, 2, 11, 7, 5, 9, 10, 0]  # of seed 7: weights trained with it depend on it


def path(ordering):
    """Pixels in the order they are visited, as (row, column)."""
    return [tuple(pixel) for pixel in ordering.coordinates[:, -2:].tolist()]


def strides(pixels):
    """How far each pixel is from the one before, in steps along rows and columns."""
    return {abs(a[0] - b[0]) + abs(a[1] - b[1]) for a, b in itertools.pairwise(pixels)}


def drawn_in(docstring):
    """The numbers of the figure in a docstring."""
    figure = inspect.cleandoc(docstring).split("::\n\n")[1].split("\n\n")[0]
    return [[int(number) for number in line.split()] for line in figure.splitlines()]


@pytest.mark.parametrize(
    "kind", [Raster, BlockRaster, Snake, Zigzag, Spiral, Hilbert, SubScale], ids=lambda kind: kind.name
)
def test_the_figure_in_the_docstring_is_the_path(kind):
    figure = torch.tensor(drawn_in(kind.__doc__))
    ordering = kind((1, *figure.shape))
    assert ordering.permutation.argsort().view(figure.shape).tolist() == figure.tolist()


@pytest.mark.parametrize("kind", [Snake, Spiral, Hilbert], ids=lambda kind: kind.name)
def test_each_pixel_touches_the_next(kind):
    for size in SIZES:
        assert strides(path(kind((1, *size)))) <= {1}, size


@pytest.mark.parametrize(
    "kind", [Raster, BlockRaster, Snake, Zigzag, Spiral, Hilbert, SubScale], ids=lambda kind: kind.name
)
def test_every_path_starts_at_the_top_left(kind):
    for size in SIZES:
        assert path(kind((1, *size)))[0] == (0, 0)


def test_raster_is_the_order_of_reading():
    assert path(Raster((1, 2, 3))) == sorted(path(Raster((1, 2, 3))))


def test_zigzag_goes_down_each_anti_diagonal():
    for size in SIZES:
        pixels = path(Zigzag((1, *size)))
        assert pixels == sorted(pixels, key=lambda pixel: (sum(pixel), pixel[0]))


@pytest.mark.parametrize("side", [2, 4, 8, 16, 32])
def test_hilbert_fills_each_quadrant_before_the_next(side):
    for block in (2**k for k in range(1, side.bit_length())):
        quadrants = [(row // block, column // block) for row, column in path(Hilbert((1, side, side)))]
        assert len(list(itertools.groupby(quadrants))) == (side // block) ** 2


def test_hilbert_leaves_at_a_corner_next_to_the_one_it_starts_from():
    for height, width in SIZES:
        assert path(Hilbert((1, height, width)))[-1] in [(height - 1, 0), (0, width - 1)] or 1 in (height, width)


def test_spiral_turns_inwards():
    for height, width in SIZES:
        rings = [
            min(row, column, height - 1 - row, width - 1 - column) for row, column in path(Spiral((1, height, width)))
        ]
        assert rings == sorted(rings)


@pytest.mark.parametrize("factor", [2, 3, 4])
def test_subscale_draws_the_coarse_image_before_the_rest_both_in_raster(factor):
    for height, width in SIZES:
        pixels = path(SubScale((1, height, width), factor))
        coarse = len(range(0, height, factor)) * len(range(0, width, factor))
        assert all(row % factor == column % factor == 0 for row, column in pixels[:coarse])
        assert pixels == sorted(pixels[:coarse]) + sorted(pixels[coarse:])


@pytest.mark.parametrize("block", [(1, 1), (2, 3), (4, 4), (16, 1), (100, 200)])
def test_block_raster_finishes_each_block_before_the_next(block):
    for size in SIZES:
        pixels = path(BlockRaster((1, *size), block))
        assert pixels == sorted(pixels, key=lambda at: (at[0] // block[0], at[1] // block[1], *at))


def test_a_random_order_is_the_same_everywhere_and_always():
    assert RandomOrder((12,), seed=7).permutation.tolist() == FROZEN
    assert RandomOrder((1, 3, 4), seed=7).permutation.tolist() == FROZEN
    assert RandomOrder((3, 3, 4), seed=7, channels_as_positions=False).permutation.tolist() == FROZEN


def test_random_orders_differ_by_seed_and_leave_the_global_generators_alone():
    state = torch.get_rng_state()
    orders = {tuple(RandomOrder((20,), seed).permutation.tolist()) for seed in [*range(50), 2**64 - 1]}
    assert len(orders) == 51
    assert torch.equal(state, torch.get_rng_state())


def test_a_random_order_is_uniform():
    firsts = torch.tensor([RandomOrder((4,), seed).permutation[0].item() for seed in range(800)]).bincount(minlength=4)
    assert (firsts - 200).abs().max() < 50  # four standard deviations


def test_time_goes_from_left_to_right():
    assert LeftToRight((4,)).permutation.tolist() == [0, 1, 2, 3]
