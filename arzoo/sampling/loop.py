"""The one ancestral loop: cached or by whole passes, seeded a sample, completing, streaming.

Randomness belongs to the sample, not to the batch. Every symbol has one float64 uniform from a counter-based generator
(Philox, Salmon et al. 2011) keyed by (seed, index of the sample) and numbered by position and symbol; no global
generator is read or moved.
"""

import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import torch
from torch import Tensor

from arzoo.backbones import is_incremental, takes_stretches
from arzoo.orderings import Ordering
from arzoo.processes import gathered, is_first, own_share
from arzoo.progress import Show, progress_bar
from arzoo.randomness import SampleUniforms
from arzoo.sampling.batches import in_batches
from arzoo.sampling.compiled import compiling
from arzoo.sampling.request import Request, check_known, fixed_ordering
from arzoo.sampling.steps import CachedSteps, blank, evaluating, step_function, warn_of_whole_passes

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
    model: "AutoregressiveModel",
    request: Request,
    *,
    max_batch: int | None = None,
    progress: bool = True,
    shared: bool = True,
) -> Tensor:
    """Draw events; see `AutoregressiveModel.sample`, which this serves.

    Returns:
        Levels (n, *event_shape), int64, on the CPU.
    """
    plan = _plan(model, request)
    rows = own_share(request.n) if shared else slice(0, request.n)
    drawn = blank(rows.stop - rows.start, plan.ordering)
    total = plan.ordering.num_positions * len(drawn)
    shown = progress and (is_first() or not shared)
    with progress_bar(f"sampling {model.title}", total, "positions", shown=shown) as show:
        pace = _Pace(show)

        def draw(batch: slice) -> None:
            own = slice(batch.start - rows.start, batch.stop - rows.start)
            drawn[own] = _drawn(model, plan, batch, lambda done: pace(own.start * plan.ordering.num_positions + done))

        in_batches(draw, rows, max_batch, model.title)
    return gathered(drawn, request.n) if shared else drawn


def stream(model: "AutoregressiveModel", request: Request) -> Iterator[Drawn]:
    """Draw events, handing out each position as it comes; see `AutoregressiveModel.stream`, which this serves."""
    return _handed_out(model, _plan(model, request))


class _Pace:
    """Moves a bar ten times a second: at each position it would cost more than a small step."""

    def __init__(self, show: Show) -> None:
        self._show, self._start, self._next = show, time.perf_counter(), 0.0

    def __call__(self, done: int) -> None:
        now = time.perf_counter()
        if now >= self._next:
            self._next = now + 0.1
            self._show(done, f"{done / (now - self._start):,.0f}/s")


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
    if request.cached and not is_incremental(model.backbone):
        warn_of_whole_passes(model.backbone, ordering)
    return _Plan(request, ordering, context, *check_known(model, request, ordering))


def _drawn(model: "AutoregressiveModel", plan: _Plan, rows: slice, pace: Callable[[int], None]) -> Tensor:
    """Draw the events of one batch; `pace` is told how many positions of all its events have been drawn."""
    n, ordering = rows.stop - rows.start, plan.ordering
    by_position = torch.empty(ordering.num_positions, n, ordering.num_symbols, dtype=torch.int64, device=model.device)
    with torch.inference_mode(), evaluating(model), compiling(plan.request.compile):
        values = _values(model, plan, rows)
        for position, (place, drawn) in enumerate(zip(by_position.unbind(0), values, strict=True), 1):
            place.copy_(drawn)
            pace(n * position)
    events = blank(n, ordering)
    events.flatten(1)[:, ordering.symbols.flatten()] = by_position.transpose(0, 1).flatten(1).cpu()
    return events


def _handed_out(model: "AutoregressiveModel", plan: _Plan) -> Iterator[Drawn]:
    n, ordering = plan.request.n, plan.ordering
    nothing = torch.empty(ordering.num_positions, 0, ordering.num_symbols, dtype=torch.int64)
    values = _values(model, plan, slice(0, n)) if n else iter(nothing)
    for position, symbols in enumerate(ordering.symbols):
        # The modes are entered anew for each: a generator must not leave them on for its consumer in between.
        with torch.inference_mode(), evaluating(model), compiling(plan.request.compile):
            drawn = next(values)
        yield Drawn(position, symbols, drawn)


def _values(model: "AutoregressiveModel", plan: _Plan, rows: slice) -> Iterator[Tensor]:
    """The loop itself: the levels (n, num_symbols) of one position after the other; the modes are the consumer's."""
    n, request, ordering = rows.stop - rows.start, plan.request, plan.ordering
    uniforms = SampleUniforms(request.seed, request.numbers(rows), ordering.num_symbols, model.device)
    draw: Callable[..., Tensor] = partial(model.head.sample, **request.adjustments())
    kept, first = _Kept(plan, rows, model.device), 0
    previous = torch.zeros(n, ordering.num_symbols, dtype=torch.int64, device=model.device)
    step = step_function(model, ordering, n, plan.context_of(rows), request)
    if isinstance(step, CachedSteps) and takes_stretches(model.backbone):
        for positions, _ in step.stretches(kept.leading):
            for position in positions:
                previous, first = kept.leading[:, position], position + 1
                yield previous
    for position in range(first, ordering.num_positions):
        previous = draw(step(position, previous), uniforms.at(position), *kept.at(position))
        yield previous


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
