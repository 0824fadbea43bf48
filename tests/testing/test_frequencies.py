"""The G-test and its groups."""

import pytest
import torch

from arzoo.testing.frequencies import event_numbers, improbability, partitions


def test_events_are_numbered_as_they_are_listed():
    events = torch.cartesian_prod(*[torch.arange(3)] * 3)
    assert event_numbers(events, 3).tolist() == list(range(27))


def test_frequencies_of_the_right_distribution_are_not_improbable():
    generator, pmf = torch.Generator().manual_seed(0), torch.tensor([0.5, 0.3, 0.2], dtype=torch.float64)
    counts = torch.bincount(torch.multinomial(pmf, 10_000, True, generator=generator), minlength=3).double()
    assert improbability(counts, pmf, torch.arange(3)) > 0.01
    assert improbability(counts, pmf.flip(0), torch.arange(3)) < 1e-12


def test_the_statistic_is_chi_squared():
    stats = pytest.importorskip("scipy.stats")
    counts, pmf = torch.tensor([480.0, 310.0, 210.0]).double(), torch.tensor([0.5, 0.3, 0.2]).double()
    expected = stats.power_divergence(counts.numpy(), 1000 * pmf.numpy(), lambda_="log-likelihood").pvalue
    assert improbability(counts, pmf, torch.arange(3)) == pytest.approx(expected)


def test_groups_too_rare_to_test_are_pooled():
    pmf = torch.cat([torch.tensor([0.9]), torch.full((100,), 0.001)]).double()
    pmf /= pmf.sum()
    counts = 1000 * pmf
    counts[1] += 5  # one rare event five times too often is no evidence by itself
    assert improbability(counts, pmf, torch.arange(101)) > 0.1


def test_partitions_are_pairs_of_symbols_and_bands_of_probability():
    events = torch.cartesian_prod(*[torch.arange(2)] * 3)
    pmf = torch.arange(1.0, 9.0).double() / 36
    named = dict(partitions(events, pmf))
    assert len(named) == 4
    assert named["symbols 0 and 2 of the flat event"].tolist() == [0, 1, 0, 1, 2, 3, 2, 3]
    bands = named["events in bands of equal probability"]
    assert bands.sort().values.equal(bands) and bands.max() <= 19
