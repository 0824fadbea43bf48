"""Sampling: by either way the same events, with what is known kept, and as often as the likelihood says."""

from typing import Any

import torch
from torch import Tensor

from arzoo.backbones import is_incremental
from arzoo.testing.check import check
from arzoo.testing.checks.likelihood import all_events, can_list_events, event_log_probs
from arzoo.testing.compare import require_same
from arzoo.testing.failures import CheckFailure, NotApplicable
from arzoo.testing.frequencies import event_numbers, improbability, partitions
from arzoo.testing.generators import seeded
from arzoo.testing.places import Places
from arzoo.testing.subject import LENGTH, Context, Subject, rows

COUNT = 8
SAMPLES = 20_000

# The seed is fixed, so a model passes or fails for good: one in thousands would fail by chance.
LEAST_PROBABILITY = 1e-6

GENERATOR = "a global generator in `step` or `forward`, or a sample that depends on its batch"
IGNORED = "a `step` that is fed something else than the known value, or a head that ignores it"
OTHER = "samples of another distribution than the one that `log_prob` measures"


@check("sampling", cause=GENERATOR, needs=("cached-step", "head-sampling"))
@torch.no_grad()
def sampling(subject: Subject) -> None:
    """A sample is a function of the seed, its index and its context.

    Neither of the batch, nor of the way, nor of any global generator: `sample(8)` begins with `sample(4)`, agrees with
    itself in parts and on a second run, and is the same by steps and by whole passes.
    """
    context = subject.contexts(COUNT)
    expected = draw(subject, COUNT, context, cached=False)
    if is_incremental(subject.model.backbone):
        _require_events(draw(subject, COUNT, context), expected, "steps and whole passes must draw the same events")
    few = draw(subject, COUNT // 2, rows(context, slice(COUNT // 2)), cached=False)
    _require_events(few, expected[: COUNT // 2], f"sample({COUNT // 2}) must be the beginning of sample({COUNT})")
    parts = draw(subject, COUNT, context, cached=False, max_batch=3)
    _require_events(parts, expected, "the number of events drawn at a time must not matter")
    with seeded(12345):
        again = draw(subject, COUNT, context, cached=False)
    _require_events(again, expected, "a second run must draw the same events, wherever global generators are at")


@check("known-symbols", cause=IGNORED, needs=("sampling",))
@torch.no_grad()
def known_symbols(subject: Subject) -> None:
    """Known symbols are kept, and every symbol drawn after them is drawn given them.

    At temperature 0 each unknown symbol must be the most probable level given all that stands before it in the result,
    and a sample of which a part is given back as known must not change.
    """
    context, known = subject.contexts(COUNT), subject.events(COUNT, seed=1)
    mask = torch.rand(known.shape, generator=torch.Generator().manual_seed(1)) < 0.5
    for cached in {False, is_incremental(subject.model.backbone)}:
        drawn = draw(subject, COUNT, context, known=known, known_mask=mask, temperature=0.0, cached=cached)
        _require_events(drawn.where(mask, 0), known.where(mask, 0), "known symbols must be kept")
        _check_most_probable(subject, drawn, mask, context)
    plain = draw(subject, COUNT, context, cached=False)
    again = draw(subject, COUNT, context, known=plain, known_mask=mask, cached=False)
    _require_events(again, plain, "a sample must not change when a part of it is known")


@check("sample-frequencies", cause=OTHER, needs=("sampling", "normalisation"), deep=True)
@torch.no_grad()
def sample_frequencies(subject: Subject) -> None:
    """Events are drawn as often as `log_prob` says, by G-tests over all pairs of symbols and bands of probability.

    For models whose events can be listed. Fails where what is drawn is not what is measured, whatever the reason.
    """
    if not can_list_events(subject):
        raise NotApplicable("there are too many events to list")
    probabilities, events = event_log_probs(subject).exp(), all_events(subject).flatten(1)
    context, cached = rows(subject.contexts(1), [0] * SAMPLES), is_incremental(subject.model.backbone)
    drawn = draw(subject, SAMPLES, context, cached=cached, max_batch=2_000).flatten(1)
    counts = torch.bincount(event_numbers(drawn, subject.model.num_levels), minlength=len(events)).double()
    for name, groups in partitions(events, probabilities):
        value = improbability(counts, probabilities, groups)
        if value < LEAST_PROBABILITY:
            rule = "samples must be as frequent as log_prob says"
            raise CheckFailure(rule, f"a G-test with p = {value:.1e}", where=name)


def draw(subject: Subject, count: int, context: Context, **options: Any) -> Tensor:
    """Draw events without a bar, of the subject's length where it is free."""
    if None in subject.model.event_shape:
        options["length"] = LENGTH
    return subject.model.sample(count, context, seed=7, progress=False, **options)


def _require_events(seen: Tensor, expected: Tensor, rule: str) -> None:
    require_same(seen, expected, rule, tolerance=0, where=lambda index: f"event {index[0]}, symbol {index[1:]}")


def _check_most_probable(subject: Subject, drawn: Tensor, known_mask: Tensor, context: Context) -> None:
    ordering, head, places = subject.ordering, subject.model.head, Places(subject.ordering)
    params, flat, known = subject.model(drawn, context).flatten(2), drawn.flatten(1), known_mask.flatten(1)
    for place, symbols in zip(ordering.permutation.tolist(), ordering.symbols, strict=True):
        for k, symbol in enumerate(symbols.tolist()):
            pmf = head.pmf(params[:, :, place], flat[:, symbols[:k]])
            short = (pmf.amax(1) - pmf.gather(1, flat[:, symbol, None])[:, 0]).masked_fill(known[:, symbol], 0)
            rule = "at temperature 0 a symbol must be the most probable one given all before it"
            require_same(short, torch.zeros_like(short), rule, where=places.symbol(symbol))
