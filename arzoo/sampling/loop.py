"""The one ancestral loop: cached or by whole passes, seeded a sample, completing, streaming.

Randomness belongs to the sample, not to the batch. Every symbol has one float64 uniform from a counter-based generator
(Philox, Salmon et al. 2011) keyed by (seed, index of the sample) and numbered by position and symbol; no global
generator is read or moved.
"""

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

import torch
from torch import Tensor

from arzoo.backbones import takes_stretches
from arzoo.errors import check_count
from arzoo.orderings import Ordering
from arzoo.progress import progress_bar
from arzoo.randomness import SampleUniforms
from arzoo.sampling.request import Request, check_known, fixed_ordering
from arzoo.sampling.steps import CachedSteps, blank, evaluating, step_function

if TYPE_CHECKING:
    from arzoo.model import AutoregressiveModel


class Drawn(NamedTuple):
    """The symbols of one position, as they come.

    Attributes:
        position: Place in the ordering, from 0.
        symbols: Flat places in the event of the position's symbols, (num_symbols,).
        values: Their levels, (n, num_symbols).
    """

    position: int
    symbols: Tensor
    values: Tensor


def sample(
    model: "AutoregressiveModel", request: Request, *, max_batch: int | None = None, progress: bool = True
) -> Tensor:
    """Draw events; see `AutoregressiveModel.sample`, which this serves.

    Returns:
        Levels (n, *event_shape), int64, on the CPU.
    """
    plan = _plan(model, request)
    batches = _batches(request.n, max_batch)
    drawn = blank(request.n, plan.ordering)
    total = plan.ordering.num_positions * len(batches)
    with progress_bar(f"sampling {model.title}", total, "positions", shown=progress) as show:
        start = time.perf_counter()
        for before, rows in enumerate(batches):
            flat = drawn[rows].flatten(1)
            for position, symbols, values in _loop(model, plan, rows):
                flat[:, symbols] = values.cpu()
                done = before * plan.ordering.num_positions + position + 1
                show(done, f"{done / (time.perf_counter() - start):,.0f}/s")
    return drawn


def stream(model: "AutoregressiveModel", request: Request) -> Iterator[Drawn]:
    """Draw events, handing out each position as it comes; see `AutoregressiveModel.stream`, which this serves."""
    return _loop(model, _plan(model, request), slice(0, request.n))


class _Plan(NamedTuple):
    """A request checked against a model: what the loop needs."""

    request: Request
    ordering: Ordering
    context: dict[str, Tensor] | None
    known: Tensor | None
    known_mask: Tensor | None

    def context_of(self, rows: slice) -> dict[str, Tensor] | None:
        return {name: value[rows] for name, value in self.context.items()} if self.context else None


def _plan(model: "AutoregressiveModel", request: Request) -> _Plan:
    ordering = fixed_ordering(model.ordering, request.length, request.known)
    context = model.check_context(request.context, request.n, ordering.event_shape[-1])
    return _Plan(request, ordering, context, *check_known(model, request, ordering))


def _batches(n: int, max_batch: int | None) -> list[slice]:
    size = n if max_batch is None else check_count("max_batch", max_batch)
    return [slice(first, min(n, first + size)) for first in range(0, n, max(size, 1))]


def _loop(model: "AutoregressiveModel", plan: _Plan, rows: slice) -> Iterator[Drawn]:
    """The loop itself: params of a position, uniforms, draw, hand out."""
    n, request, ordering = rows.stop - rows.start, plan.request, plan.ordering
    adjustments = request.adjustments()
    uniforms = SampleUniforms(request.seed, request.numbers(rows), ordering.num_symbols)
    kept, first = _Kept(plan, rows, model.device), 0
    previous = torch.zeros(n, ordering.num_symbols, dtype=torch.int64, device=model.device)
    step = step_function(model, ordering, n, plan.context_of(rows), request.cached)
    if isinstance(step, CachedSteps) and takes_stretches(model.backbone):
        for positions, _ in step.stretches(kept.leading):
            for position in positions:
                previous, first = kept.leading[:, position], position + 1
                yield Drawn(position, ordering.symbols[position], previous)
    for position in range(first, ordering.num_positions):
        # The modes are entered anew for each position: a generator must not leave them on for its consumer in between.
        with torch.inference_mode(), evaluating(model):
            params, u = step(position, previous), uniforms.at(position).to(model.device)
            previous = model.head.sample(params, u, *kept.at(position), **adjustments)
        yield Drawn(position, ordering.symbols[position], previous)


class _Kept:
    """The known symbols of the events that are drawn at a time, along the ordering.

    Attributes:
        leading: Levels of the positions that are known, in all events, before the first that is not, (n, K, S).
    """

    def __init__(self, plan: _Plan, rows: slice, device: torch.device) -> None:
        symbols, self.anything = plan.ordering.symbols, [False] * plan.ordering.num_positions
        self.leading = torch.zeros(rows.stop - rows.start, 0, symbols.shape[1], dtype=torch.int64, device=device)
        if plan.known is not None and plan.known_mask is not None:
            self.levels = plan.known[rows].flatten(1)[:, symbols].long().to(device)
            self.masks = plan.known_mask[rows].flatten(1)[:, symbols].to(device)
            self.anything = self.masks.any(0).any(1).tolist()
            self.leading = self.levels[:, : int(self.masks.all(0).all(1).cumprod(0).sum())]

    def at(self, position: int) -> tuple[Tensor | None, Tensor | None]:
        """Levels and mask, each (n, S), at a position; None for both where nothing is known: the head need not look."""
        return (self.levels[:, position], self.masks[:, position]) if self.anything[position] else (None, None)
