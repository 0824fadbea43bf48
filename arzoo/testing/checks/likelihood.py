"""The model as a distribution over events: total probability 1, and a product of the head's conditionals."""

import math

import torch
from torch import Tensor

from arzoo.testing.check import check
from arzoo.testing.compare import require_same
from arzoo.testing.places import Places
from arzoo.testing.subject import Context, Subject, rows

# Events that are listed one by one; where there are more, conditionals are summed instead.
MOST_EVENTS = 2**16
BATCH = 4096

# Of a total. A head may work in float32, whose rounding grows with the number of symbols.
TOLERANCE = 1e-5

# Nats below which a probability is 0 in float64.
LEAST = -600.0

LAYOUT = "params laid out in another order than the symbols, or a head with two formulas"
LEAK = "params that depend on what they predict, or a head whose levels do not sum to 1"


@check("factorisation", cause=LAYOUT, needs=("head-chain", "causality"))
@torch.no_grad()
def factorisation(subject: Subject) -> None:
    """Every symbol's log-probability is the head's pmf at its position's params, their sum that of the event.

    Fails where grid and symbols are laid out in different orders, and where bits per dimension are not nats / (dims *
    ln 2).
    """
    model, places = subject.model, Places(subject.ordering)
    x, context = subject.events(3), subject.contexts(3)
    seen = model.position_log_prob(x, context).flatten(1)
    said = _conditionals(subject, model(x, context), x)
    require_same(
        seen.clamp(min=LEAST),
        said.clamp(min=LEAST),
        "position_log_prob must be the log of the head's pmf",
        tolerance=TOLERANCE,
        where=lambda index: places.symbol(index[1]),
    )
    require_same(model.log_prob(x, context), seen.sum(1), "log_prob must be the sum of position_log_prob")
    bits = -seen.sum(1) / (subject.dims * math.log(2))
    require_same(model.bits_per_dim(x, context), bits, "bits_per_dim must be -log_prob / (dims * ln 2)")


@check("normalisation", cause=LEAK, needs=("causality", "head-normalisation"))
@torch.no_grad()
def normalisation(subject: Subject) -> None:
    """The probabilities of all events sum to 1; past 65,536 events, those of all levels of a symbol given its past.

    The whole model is asked, so that nothing between `x` and `log_prob` is taken on trust. Fails on any leak and on any
    head that is not normalised, however they came about.
    """
    if can_list_events(subject):
        total = event_log_probs(subject).exp().sum()
        rule = "the probabilities of all events must sum to 1"
        require_same(
            total,
            torch.ones_like(total),
            rule,
            tolerance=TOLERANCE,
            where=f"{subject.model.num_levels}^{subject.dims} events",
        )
    else:
        _check_levels(subject)


def can_list_events(subject: Subject) -> bool:
    """Whether the events are so few that each can be asked about."""
    return subject.model.num_levels**subject.dims <= MOST_EVENTS


def all_events(subject: Subject) -> Tensor:
    """Every event there is, (num_levels ** dims, *event_shape), the last symbol running fastest."""
    levels = torch.arange(subject.model.num_levels)
    return torch.cartesian_prod(*[levels] * subject.dims).reshape(-1, *subject.event_shape)


def event_log_probs(subject: Subject) -> Tensor:
    """Nats of every event there is, all under one context."""
    context = subject.contexts(1)
    parts = all_events(subject).split(BATCH)
    return torch.cat([subject.model.log_prob(part, rows(context, [0] * len(part))) for part in parts])


def _conditionals(subject: Subject, params: Tensor, x: Tensor) -> Tensor:
    """Log of the head's pmf at each symbol, position by position, (B, dims)."""
    head, ordering, flat = subject.model.head, subject.ordering, x.flatten(1)
    said = torch.empty(flat.shape, dtype=torch.float64)
    for place, symbols in zip(ordering.permutation.tolist(), ordering.symbols, strict=True):
        for k, symbol in enumerate(symbols.tolist()):
            pmf = head.pmf(params.flatten(2)[:, :, place], flat[:, symbols[:k]])
            said[:, symbol] = pmf.gather(1, flat[:, symbol, None])[:, 0].log()
    return said


def _check_levels(subject: Subject) -> None:
    """Sum over the levels of one symbol after another, or of as many as fit a batch."""
    num_levels, context, places = subject.model.num_levels, subject.contexts(1), Places(subject.ordering)
    every = max(1, subject.dims * num_levels // BATCH)
    for symbol in subject.ordering.symbols.flatten()[::every].tolist():
        x = subject.events(1, seed=symbol).flatten(1).repeat(num_levels, 1)
        x[:, symbol] = torch.arange(num_levels)
        parts = x.reshape(-1, *subject.event_shape).split(BATCH)
        total = torch.cat([_log_probs(subject, part, context)[:, symbol] for part in parts]).exp().sum()
        rule = f"the probabilities of all {num_levels} levels of a symbol must sum to 1"
        require_same(total, torch.ones_like(total), rule, tolerance=TOLERANCE, where=places.symbol(symbol))


def _log_probs(subject: Subject, x: Tensor, context: Context) -> Tensor:
    return subject.model.position_log_prob(x, rows(context, [0] * len(x))).flatten(1)
