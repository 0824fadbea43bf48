import bisect
import itertools

import numpy as np
import pytest
import torch

from arzoo.errors import ConfigError
from arzoo.heads import adjust, inverse_cdf

LAST = 1 - 2.0**-53  # the largest float64 below 1


def rows(*rows):
    return torch.tensor(rows, dtype=torch.float64)


def adjusted_by_definition(pmf, temperature, top_k, top_p):
    """One row, level by level: temper, keep the top_k, then the fewest that reach top_p."""
    tempered = [p ** (1 / temperature) for p in pmf]
    by_rank = sorted(range(len(pmf)), key=lambda level: (-tempered[level], level))[: top_k or len(pmf)]
    mass = [tempered[level] / sum(tempered[level] for level in by_rank) for level in by_rank]
    count = bisect.bisect_left(list(itertools.accumulate(mass)), top_p or 2.0) + 1
    kept = {level: p / sum(mass[:count]) for level, p in zip(by_rank[:count], mass, strict=False)}
    return [kept.get(level, 0.0) for level in range(len(pmf))]


def test_inverse_cdf_is_the_smallest_level_whose_cdf_exceeds_the_uniform():
    pmf = torch.softmax(2 * torch.randn(200, 33, generator=torch.Generator().manual_seed(0)).double(), 1)
    uniforms = torch.linspace(0, LAST, 200, dtype=torch.float64)[:, None]
    expected = [bisect.bisect_right(np.cumsum(p), u) for p, (u,) in zip(pmf.numpy(), uniforms.tolist(), strict=True)]
    assert inverse_cdf(pmf, uniforms).flatten().tolist() == [min(level, 32) for level in expected]


@pytest.mark.parametrize(("uniform", "level"), [(0.0, 1), (0.25, 3), (np.nextafter(0.25, 0), 1), (LAST, 3)])
def test_a_boundary_belongs_to_the_level_above_and_empty_levels_are_skipped(uniform, level):
    assert inverse_cdf(rows([0.0, 0.25, 0.0, 0.75, 0.0]), rows([uniform])).item() == level


@pytest.mark.parametrize("uniform", [0.0, 0.5, LAST])
def test_no_level_of_zero_probability_is_drawn_where_rounding_leaves_the_total_short(uniform):
    pmf = rows([0.0] + [0.1] * 10 + [0.0])
    assert pmf.cumsum(1)[0, -1] < 1
    assert 1 <= inverse_cdf(pmf, rows([uniform])).item() <= 10


@pytest.mark.parametrize("temperature", [0.3, 1.0, 2.5])
@pytest.mark.parametrize("top_k", [None, 1, 4, 99])
@pytest.mark.parametrize("top_p", [None, 1e-9, 0.5, 0.83, 1.0])
def test_adjust_follows_its_definition(temperature, top_k, top_p):
    pmf = torch.softmax(torch.randn(20, 9, generator=torch.Generator().manual_seed(1)).double(), 1)
    expected = [adjusted_by_definition(row, temperature, top_k, top_p) for row in pmf.tolist()]
    torch.testing.assert_close(adjust(pmf, temperature, top_k, top_p), rows(*expected), rtol=1e-12, atol=0)


def test_temperature_one_changes_nothing_at_all():
    pmf = rows([0.1, 0.2, 0.7])
    assert adjust(pmf) is pmf


def test_of_equally_probable_levels_the_lower_goes_first():
    pmf = rows([0.1, 0.3, 0.3, 0.3])
    assert adjust(pmf, temperature=0).tolist() == [[0, 1, 0, 0]]
    assert adjust(pmf, top_k=2).tolist() == [[0, 0.5, 0.5, 0]]
    assert adjust(pmf, top_p=0.5).tolist() == [[0, 0.5, 0.5, 0]]


def test_top_p_keeps_no_more_than_it_needs_and_always_the_most_probable():
    pmf = rows([0.5, 0.25, 0.25, 0.0])
    assert adjust(pmf, top_p=0.5).tolist() == [[1, 0, 0, 0]]
    assert adjust(pmf, top_p=0.75).tolist() == [[2 / 3, 1 / 3, 0, 0]]
    assert adjust(pmf, top_p=1e-300).tolist() == [[1, 0, 0, 0]]


def test_top_p_of_one_keeps_even_what_rounding_loses():
    pmf = rows([1.0, 1e-20])
    assert adjust(pmf, top_p=1.0) is pmf


@pytest.mark.parametrize("temperature", [5e-324, 1e-300, 1e-6])
def test_a_tiny_temperature_is_the_limit_and_no_nan(temperature):
    assert adjust(rows([0.2, 0.0, 0.35, 0.45]), temperature).tolist() == [[0, 0, 0, 1]]


def test_a_great_temperature_flattens_but_draws_nothing_impossible():
    torch.testing.assert_close(adjust(rows([0.0, 1e-9, 1 - 1e-9]), 1e12), rows([0.0, 0.5, 0.5]))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"temperature": -0.5}, r"`temperature` must be finite and at least 0, got -0\.5"),
        ({"temperature": float("inf")}, r"`temperature` must be finite and at least 0, got inf"),
        ({"temperature": float("nan")}, r"`temperature` must be finite and at least 0, got nan"),
        ({"top_k": 0}, r"`top_k` must be at least 1, got 0\. Use None"),
        ({"top_p": 0.0}, r"`top_p` must be in \(0, 1\], got 0\.0\. Use None"),
        ({"top_p": 1.5}, r"`top_p` must be in \(0, 1\], got 1\.5"),
        ({"temperature": 0, "top_p": 2}, r"`top_p` must be in \(0, 1\], got 2"),
    ],
)
def test_impossible_adjustments_are_refused(arguments, message):
    with pytest.raises(ConfigError, match=message):
        adjust(rows([0.5, 0.5]), **arguments)
