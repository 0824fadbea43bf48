"""The one ancestral loop: cached or by whole passes, seeded a sample, completing, streaming.

Randomness belongs to the sample, not to the batch. Every symbol has one float64 uniform from a counter-based generator
(Philox, Salmon et al. 2011) keyed by (seed, index of the sample) and numbered by position and symbol; no global
generator is read or moved.
"""

import contextlib
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from torch import Tensor, nn

from arzoo.backbones import is_incremental
from arzoo.errors import ConfigError, ShapeError, check_count
from arzoo.events import check_levels, written
from arzoo.heads.drawing import check_adjustment
from arzoo.orderings import Ordering
from arzoo.progress import progress_bar
from arzoo.randomness import SampleUniforms, check_seed

if TYPE_CHECKING:
    from arzoo.model import AutoregressiveModel

StepFunction = Callable[[int, Tensor], Tensor]


@dataclass(frozen=True)
class Request:
    """What is to be drawn, and how; the arguments of `AutoregressiveModel.sample`, which documents them.

    Raises:
        ConfigError: If a number is out of its range.
    """

    n: int
    context: Mapping[str, Any] | None = None
    seed: int = 0
    length: int | None = None
    known: Tensor | None = None
    known_mask: Tensor | None = None
    temperature: float = 1.0
    top_k: int | None = None
    top_p: float | None = None
    cached: bool = True
    indices: Sequence[int] | None = None

    def __post_init__(self) -> None:
        check_count("n", self.n, least=0)
        _check_indices(self.n, self.indices)
        check_seed("seed", self.seed)
        check_adjustment(self.temperature, self.top_k, self.top_p)

    def numbers(self, rows: slice) -> Sequence[int]:
        """Which samples of the seed some rows are."""
        return (range(self.n) if self.indices is None else self.indices)[rows]

    def adjustments(self) -> dict[str, Any]:
        """How the distribution of a symbol is adjusted, as `Head.sample` takes it."""
        return {"temperature": self.temperature, "top_k": self.top_k, "top_p": self.top_p}


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
    drawn = _blank(request.n, plan.ordering)
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
    context = model.check_context(request.context, request.n)
    return _Plan(request, ordering, context, *check_known(model, request, ordering))


def _blank(n: int, ordering: Ordering) -> Tensor:
    """Events (n, *event_shape) of the lowest level, for an ordering of fixed length."""
    return torch.zeros(n, *(size for size in ordering.event_shape if size is not None), dtype=torch.int64)


def _batches(n: int, max_batch: int | None) -> list[slice]:
    size = n if max_batch is None else check_count("max_batch", max_batch)
    return [slice(first, min(n, first + size)) for first in range(0, n, max(size, 1))]


def _loop(model: "AutoregressiveModel", plan: _Plan, rows: slice) -> Iterator[Drawn]:
    """The loop itself: params of a position, uniforms, draw, hand out."""
    n, request, ordering = rows.stop - rows.start, plan.request, plan.ordering
    adjustments = request.adjustments()
    uniforms = SampleUniforms(request.seed, request.numbers(rows), ordering.num_symbols)
    kept = _kept_symbols(plan, rows, model.device)
    previous = torch.zeros(n, ordering.num_symbols, dtype=torch.int64, device=model.device)
    with evaluating(model):
        step = step_function(model, ordering, n, plan.context_of(rows), request.cached)
    for position in range(ordering.num_positions):
        # The modes are entered anew for each position: a generator must not leave them on for its consumer in between.
        with torch.inference_mode(), evaluating(model):
            params, u = step(position, previous), uniforms.at(position).to(model.device)
            previous = model.head.sample(params, u, *kept(position), **adjustments)
        yield Drawn(position, ordering.symbols[position], previous)


def step_function(
    model: "AutoregressiveModel", ordering: Ordering, n: int, context: dict[str, Tensor] | None, cached: bool
) -> StepFunction:
    """The function that gives the params (n, num_params) at a position from the symbols before it.

    Args:
        model: The model.
        ordering: The model's ordering, of fixed length.
        n: Number of events drawn at a time.
        context: Checked context of these events.
        cached: Use the backbone's `step`, where it has one.
    """
    if cached and is_incremental(model.backbone):
        return _cached_steps(model, n, context)
    if cached:
        warnings.warn(
            f"{type(model.backbone).__name__} has no step(), so each of the {ordering.num_positions} positions costs "
            "a whole pass. Build it from arzoo.nn layers or write init_state() and step().",
            stacklevel=2,
        )
    return _whole_passes(model, ordering, n, context)


def _cached_steps(model: "AutoregressiveModel", n: int, context: dict[str, Tensor] | None) -> StepFunction:
    backbone: Any = model.backbone
    with torch.inference_mode():
        state = backbone.init_state(n, context) if model.context else backbone.init_state(n)
    return lambda position, previous: backbone.step(state, previous, position)


def _whole_passes(
    model: "AutoregressiveModel", ordering: Ordering, n: int, context: dict[str, Tensor] | None
) -> StepFunction:
    x = _blank(n, ordering).to(model.device)
    flat, symbols, places = x.flatten(1), ordering.symbols.to(model.device), ordering.permutation.tolist()

    def step(position: int, previous: Tensor) -> Tensor:
        if position:
            flat[:, symbols[position - 1]] = previous
        return model.params(x, context).flatten(2)[:, :, places[position]]

    return step


def _kept_symbols(
    plan: _Plan, rows: slice, device: torch.device
) -> Callable[[int], tuple[Tensor | None, Tensor | None]]:
    """The function that gives the known levels and their mask, each (n, num_symbols), at a position.

    It gives None for both where nothing is known, so that the head need not look.
    """
    if plan.known is None or plan.known_mask is None:
        return lambda position: (None, None)
    levels = plan.known[rows].flatten(1)[:, plan.ordering.symbols].long().to(device)
    masks = plan.known_mask[rows].flatten(1)[:, plan.ordering.symbols].to(device)
    anything = masks.any(0).any(1).tolist()
    return lambda position: (levels[:, position], masks[:, position]) if anything[position] else (None, None)


def _check_indices(n: int, indices: Sequence[int] | None) -> None:
    if indices is not None and len(indices) != n:
        raise ConfigError(f"`indices` must be one number a sample, {n}, got {len(indices)}. Use n={len(indices)}.")
    if indices is not None and min(indices, default=0) < 0:
        raise ConfigError(f"`indices` must be whole numbers of at least 0, got {min(indices)}. Use range({n}).")


def fixed_ordering(ordering: Ordering, length: int | None, known: Tensor | None) -> Ordering:
    """The ordering with its length settled: from `length`, else from `known`.

    Raises:
        ConfigError: If a length is needed and missing, or given to a model that has one.
    """
    if None not in ordering.event_shape:
        if length is not None:
            raise ConfigError(
                f"`length` is for models of free length, got {length} for events of {ordering.event_shape}. "
                "Leave it out."
            )
        return ordering
    if length is None and known is None:
        raise ConfigError("A model of free length needs `length` to sample, got None. Use length=1000.")
    return ordering.with_length(check_count("length", known.shape[-1] if length is None else length))  # type: ignore[union-attr]


def check_known(
    model: "AutoregressiveModel", request: Request, ordering: Ordering
) -> tuple[Tensor | None, Tensor | None]:
    """Known levels and their mask, both (n, *event_shape), or (None, None).

    Raises:
        ShapeError: If one is missing, or shape or dtype is wrong.
    """
    known, known_mask = request.known, request.known_mask
    if known is None and known_mask is None:
        return None, None
    if known is None or known_mask is None:
        raise ShapeError("`known` and `known_mask` belong together, got one of them. Use both.")
    known = check_levels(known, ordering.event_shape, model.num_levels, model.title, "known")
    if len(known) != request.n:
        raise ShapeError(f"`known` must hold one event a sample, {request.n}, got {len(known)}. Use n={len(known)}.")
    return known, broadcast_mask(known_mask, known)


def broadcast_mask(known_mask: Tensor, x: Tensor) -> Tensor:
    """A boolean mask at the shape of `x`.

    Raises:
        ShapeError: If the mask is not boolean or does not broadcast.
    """
    if known_mask.dtype != torch.bool:
        raise ShapeError(f"`known_mask` must be boolean, got {known_mask.dtype}. Use known_mask.bool().")
    try:
        return known_mask.expand(x.shape)
    except RuntimeError:
        rule = f"`known_mask` must broadcast to {written(tuple(x.shape[1:]))}, got {tuple(known_mask.shape)}."
        raise ShapeError(
            f"{rule} Use torch.zeros({tuple(x.shape[1:])}, dtype=torch.bool) and set what is known."
        ) from None


@contextlib.contextmanager
def evaluating(module: nn.Module) -> Iterator[None]:
    """Evaluation mode (no dropout) for the time being."""
    if not module.training:
        yield
        return
    module.eval()
    try:
        yield
    finally:
        module.train()
