import pytest
import torch

from arzoo.nn import hidden_degrees, symbol_degrees
from arzoo.orderings import RandomOrder, Raster


@pytest.mark.parametrize("ordering", [Raster((3, 2, 2)), RandomOrder((2, 3, 2), seed=4), RandomOrder((6,), seed=1)])
def test_a_symbol_has_the_degree_of_its_place_in_the_ordering(ordering):
    degrees = symbol_degrees(ordering)
    assert degrees[ordering.symbols.flatten()].tolist() == list(range(1, ordering.num_positions + 1))


@pytest.mark.parametrize("num_units", [1, 5, 12, 783, 2000])
def test_an_even_spread_gives_every_degree_its_share(num_units):
    counts = torch.bincount(hidden_degrees(num_units, 1, 12), minlength=13)[1:]
    assert counts.sum() == num_units
    assert counts.max() - counts.min() <= 1


def test_drawn_degrees_are_uniform_and_a_function_of_seed_and_layer():
    drawn = hidden_degrees(6000, 2, 7, connectivity=5)
    counts = torch.bincount(drawn, minlength=8)[2:]
    assert counts.sum() == 6000
    assert ((counts - 1000.0) ** 2 / 1000).sum() < 20.5  # chi-squared, 5 degrees of freedom, p = 0.001
    assert torch.equal(drawn, hidden_degrees(6000, 2, 7, connectivity=5))
    assert not torch.equal(drawn, hidden_degrees(6000, 2, 7, connectivity=6))
    assert not torch.equal(drawn, hidden_degrees(6000, 2, 7, connectivity=5, layer=1))


def test_the_draws_are_frozen():
    """Weights that were trained with drawn masks depend on them."""
    assert hidden_degrees(10, 1, 9, connectivity=7).tolist() == FROZEN


def test_one_symbol_leaves_one_degree():
    assert hidden_degrees(3, 0, 0).tolist() == [0, 0, 0]
    assert hidden_degrees(3, 0, 0, connectivity=2).tolist() == [0, 0, 0]


FROZEN = [8, 3, 4, 4, 1, 7, 3, 6, 1, 8]
