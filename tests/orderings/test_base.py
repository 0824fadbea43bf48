"""What every ordering promises, whichever path it follows."""

import json
import pickle

import pytest
import torch

from arzoo.errors import ConfigError
from arzoo.orderings import (
    BlockRaster,
    Explicit,
    Hilbert,
    LeftToRight,
    RandomOrder,
    Raster,
    Snake,
    Spiral,
    SubScale,
    Zigzag,
    natural,
    ordering_from_config,
)

KINDS = [Raster, BlockRaster, Snake, Zigzag, Spiral, Hilbert, SubScale, RandomOrder]
SHAPES = [(1, 1, 1), (1, 4, 4), (3, 3, 5), (2, 5, 4), (1, 1, 7), (3, 6, 1)]
IMAGES = [kind(shape, channels_as_positions=own) for kind in KINDS for shape in SHAPES for own in (True, False)]
SPELT_OUT = [
    Explicit((2, 2, 2), places=(3, 0, 2, 1)),
    Explicit((2, 2, 2), channels_as_positions=False, places=(3, 0, 2, 1)),
    Explicit((3,), places=[2, 0, 1]),
]
SEQUENCES = [LeftToRight((7,)), RandomOrder((7,), seed=3)]


@pytest.fixture(params=IMAGES + SPELT_OUT + SEQUENCES, ids=repr)
def ordering(request):
    return request.param


def test_every_position_comes_once_and_every_symbol_is_drawn_once(ordering):
    assert ordering.permutation.sort().values.tolist() == list(range(ordering.num_positions))
    assert ordering.symbols.flatten().sort().values.tolist() == list(range(torch.Size(ordering.event_shape).numel()))
    assert ordering.symbols.shape == (ordering.num_positions, ordering.num_symbols)
    assert ordering.permutation.dtype == ordering.symbols.dtype == ordering.coordinates.dtype == torch.int64


def test_coordinates_find_the_permutation_in_the_grid(ordering):
    index = torch.arange(ordering.num_positions).view(ordering.grid)
    assert index[tuple(ordering.coordinates.T)].tolist() == ordering.permutation.tolist()


def test_symbols_lie_where_their_position_is(ordering):
    symbols = torch.arange(torch.Size(ordering.event_shape).numel()).view(ordering.event_shape)
    at_position = symbols.flatten()[:, None] if ordering.channels_as_positions else symbols.flatten(1).T
    assert torch.equal(at_position[ordering.permutation], ordering.symbols)


def test_colours_of_a_pixel_come_together_in_the_order_of_the_channels(ordering):
    channels = ordering.event_shape[0] if len(ordering.event_shape) == 3 else 1
    colours = ordering.symbols.view(-1, channels)
    pixels = torch.Size(ordering.event_shape).numel() // channels
    assert (colours // pixels == torch.arange(channels)).all()
    assert (colours % pixels == colours[:, :1] % pixels).all()


def test_earlier_is_what_has_been_drawn_when_a_position_comes(ordering):
    earlier, drawn = ordering.earlier(), set()
    assert earlier.dtype == torch.bool
    for place, symbols in zip(ordering.permutation.tolist(), ordering.symbols.tolist(), strict=True):
        assert set(earlier[place].nonzero().flatten().tolist()) == drawn
        drawn |= set(symbols)


def test_an_ordering_is_its_config(ordering):
    again = ordering_from_config(json.loads(json.dumps(ordering.to_config())))
    assert again == ordering
    assert hash(again) == hash(ordering)
    assert repr(again) == repr(ordering)
    assert torch.equal(again.symbols, ordering.symbols)
    assert torch.equal(pickle.loads(pickle.dumps(ordering)).permutation, ordering.permutation)


def test_orderings_differ_by_path_shape_owner_and_argument():
    different = [
        Raster((1, 4, 4)),
        Snake((1, 4, 4)),
        Raster((1, 4, 5)),
        Raster((1, 4, 4), channels_as_positions=False),
        SubScale((1, 4, 4), 2),
        SubScale((1, 4, 4), 3),
        BlockRaster((1, 4, 4), (1, 2)),
        BlockRaster((1, 4, 4), (2, 2)),
        RandomOrder((1, 4, 4), 0),
        RandomOrder((1, 4, 4), 1),
    ]
    assert len(set(different)) == len(different)


@pytest.mark.parametrize(
    ("ordering", "grid", "positions", "symbols"),
    [
        (Raster((3, 4, 5)), (3, 4, 5), 60, 1),
        (Raster((3, 4, 5), channels_as_positions=False), (4, 5), 20, 3),
        (Raster((1, 4, 5)), (1, 4, 5), 20, 1),
        (Raster((1, 4, 5), channels_as_positions=False), (4, 5), 20, 1),
        (LeftToRight((9,)), (9,), 9, 1),
    ],
    ids=repr,
)
def test_the_grid_has_channels_where_they_are_positions(ordering, grid, positions, symbols):
    assert (ordering.grid, ordering.num_positions, ordering.num_symbols) == (grid, positions, symbols)


def test_tensors_made_while_sampling_still_serve_training():
    ordering, weight = Snake((1, 2, 2)), torch.ones(4, requires_grad=True)
    with torch.inference_mode():
        indices = ordering.permutation, ordering.symbols, ordering.coordinates
    for index in indices:
        weight[index].square().sum().backward()  # an inference tensor would be refused here
    assert (weight.grad > 0).all()


def test_tensors_are_real_where_a_model_is_built_on_meta():
    with torch.device("meta"):
        ordering = Hilbert((3, 4, 4))
        tensors = ordering.permutation, ordering.symbols, ordering.coordinates, ordering.earlier()
    assert {tensor.device.type for tensor in tensors} == {"cpu"}


def test_a_free_length_is_settled_later():
    free = LeftToRight((None,))
    assert free.grid == (None,)
    assert free.with_length(5) == LeftToRight((5,))
    assert LeftToRight((5,)).with_length(6).num_positions == 6
    assert ordering_from_config(free.to_config()) == free


@pytest.mark.parametrize("attribute", ["num_positions", "permutation", "symbols", "coordinates"])
def test_without_a_length_there_are_no_positions(attribute):
    with pytest.raises(
        ConfigError, match=r"needs a length before it has positions, got \(None,\)\. Use ordering.with_length\(T\)"
    ):
        getattr(LeftToRight((None,)), attribute)


@pytest.mark.parametrize("length", [0, -1])
def test_a_length_is_at_least_one(length):
    with pytest.raises(
        ConfigError, match=rf"`event_shape` of left-to-right must be \(T,\), sizes at least 1, got \({length},\)"
    ):
        LeftToRight((None,)).with_length(length)


def test_images_have_no_length():
    with pytest.raises(ConfigError, match=r"Only an ordering of sequences has a length, got 9 for Raster"):
        Raster((1, 3, 3)).with_length(9)


@pytest.mark.parametrize(
    ("kind", "event_shape", "rule"),
    [
        (Raster, (28, 28), r"raster must be \(C, H, W\), sizes at least 1, got \(28, 28\)"),
        (Raster, (1, 0, 28), r"raster must be \(C, H, W\), sizes at least 1, got \(1, 0, 28\)"),
        (Snake, (1, None, 28), r"snake must be \(C, H, W\), sizes at least 1, got \(1, None, 28\)"),
        (Hilbert, (None,), r"hilbert must be \(C, H, W\), sizes at least 1, got \(None,\)"),
        (Zigzag, (1, 2.0, 2), r"zigzag must be \(C, H, W\), sizes at least 1, got \(1, 2\.0, 2\)"),
        (LeftToRight, (1, 2, 2), r"left-to-right must be \(T,\), sizes at least 1, got \(1, 2, 2\)"),
        (RandomOrder, (2, 2), r"random must be \(C, H, W\) or \(T,\), sizes at least 1, got \(2, 2\)"),
        (RandomOrder, (None,), r"random must be \(C, H, W\) or \(T,\), sizes at least 1, got \(None,\)"),
    ],
)
def test_an_event_of_another_kind_is_refused(kind, event_shape, rule):
    with pytest.raises(ConfigError, match=f"`event_shape` of {rule}"):
        kind(event_shape)


@pytest.mark.parametrize("places", [(), (0, 1, 2), (0, 1, 2, 2), (1, 2, 3, 4)])
def test_an_order_spelt_out_has_every_place_once(places):
    with pytest.raises(ConfigError, match=r"`places` of explicit must be each of 0 to 3 once, got \(.*\)\. Use tuple"):
        Explicit((3, 2, 2), places=places)


def test_the_natural_ordering_is_that_of_reading():
    assert natural((3, 4, 5)) == Raster((3, 4, 5))
    assert natural([7]) == LeftToRight((7,))


@pytest.mark.parametrize("factor", [1, 0, -2, 2.5, "2"])
def test_a_subscale_factor_is_a_whole_number_of_at_least_two(factor):
    with pytest.raises(ConfigError, match=f"`factor` of subscale must be at least 2, got {factor!r}. Use raster"):
        SubScale((1, 4, 4), factor)


@pytest.mark.parametrize("block", [(2, 0), (2,), (2, 2, 2), (1.5, 2), 2, "ab"])
def test_a_block_is_a_height_and_a_width(block):
    with pytest.raises(
        ConfigError, match="`block` of block-raster must be a height and a width of at least 1, got"
    ) as e:
        BlockRaster((1, 4, 4), block)
    assert repr(block) in str(e.value)


@pytest.mark.parametrize("seed", [-1, 2**64, 0.5, "0"])
def test_a_seed_is_64_bits(seed):
    with pytest.raises(ConfigError, match=rf"`seed` of random must be 0 to 2\*\*64 - 1, got {seed!r}\. Use seed=0"):
        RandomOrder((1, 4, 4), seed)
