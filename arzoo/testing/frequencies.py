"""A G-test of sampled events against their probabilities."""

import itertools
from collections.abc import Iterator

import torch
from torch import Tensor

BANDS = 20
FEWEST = 10.0  # expected draws of a group: with fewer the statistic is not chi-squared


def partitions(events: Tensor, probabilities: Tensor) -> Iterator[tuple[str, Tensor]]:
    """Ways to put all events into groups, each with a name.

    Args:
        events: Every event there is, (N, dims).
        probabilities: Of each, (N,).

    Yields:
        The name, and the group of each event, (N,).
    """
    num_levels = int(events.max()) + 1
    for i, j in itertools.combinations(range(events.shape[1]), 2):
        yield f"symbols {i} and {j} of the flat event", events[:, i] * num_levels + events[:, j]
    yield "events in bands of equal probability", _bands(probabilities)


def improbability(counts: Tensor, probabilities: Tensor, groups: Tensor) -> float:
    """The probability of frequencies at least as far from the expected ones (p-value of the G-test).

    Args:
        counts: How often each event was drawn, (N,).
        probabilities: Of each event, (N,).
        groups: The group of each event, (N,).

    Example:
        >>> half = torch.tensor([0.5, 0.5], dtype=torch.float64)
        >>> round(improbability(torch.tensor([5000.0, 5200.0], dtype=torch.float64), half, torch.arange(2)), 3)
        0.048
    """
    seen, expected = _pooled(_totals(counts, groups), _totals(probabilities, groups) * counts.sum())
    statistic = 2 * torch.xlogy(seen, seen / expected).sum()
    freedom = torch.tensor(max(len(seen) - 1, 1), dtype=torch.float64)
    return float(torch.special.gammaincc(freedom / 2, statistic.clamp(min=0) / 2))


def event_numbers(events: Tensor, num_levels: int) -> Tensor:
    """The place of each event (B, dims) in a list of all, the last symbol running fastest."""
    weights = num_levels ** torch.arange(events.shape[1] - 1, -1, -1)
    return (events * weights).sum(1)


def _bands(probabilities: Tensor) -> Tensor:
    order = probabilities.argsort()
    below = probabilities[order].cumsum(0) * BANDS
    return torch.empty_like(order).scatter_(0, order, below.long().clamp(max=BANDS - 1))


def _totals(values: Tensor, groups: Tensor) -> Tensor:
    return torch.zeros(int(groups.max()) + 1, dtype=values.dtype).index_add_(0, groups, values)


def _pooled(seen: Tensor, expected: Tensor) -> tuple[Tensor, Tensor]:
    """Put the groups of few expected draws together, with the smallest of the others."""
    expected, order = expected.sort(descending=True)
    seen, kept = seen[order], max(int((expected >= FEWEST).sum()), 1)
    return _tail_pooled(seen, kept), _tail_pooled(expected, kept)


def _tail_pooled(values: Tensor, kept: int) -> Tensor:
    return torch.cat([values[: kept - 1], values[kept - 1 :].sum()[None]])
