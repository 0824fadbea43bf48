"""Shapes and dtypes: what every other check relies on."""

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from arzoo.testing.check import check
from arzoo.testing.compare import require_same
from arzoo.testing.failures import CheckFailure, NotApplicable
from arzoo.testing.places import Places
from arzoo.testing.subject import Context, Subject, cast, rows
from arzoo.testing.walk import params_by_steps

if TYPE_CHECKING:
    from arzoo.model import AutoregressiveModel
    from arzoo.orderings import Ordering

BATCH = 4

SHAPES = "`num_params` of another head, channels and params in the wrong order, or a tensor that is not a buffer"
WRITTEN = "a state that is a view of a weight (`expand`, `[None]`) and is written to: clone it in `init_state`"
DTYPES = "arithmetic in the dtype of `x`, `view` on it, or an operation in place"


@check("interface", cause=SHAPES, needs=("config",))
@torch.no_grad()
def interface(subject: Subject) -> None:
    """Levels become finite params (B, num_params, *grid) in the dtype of the weights, and nats of the event's shape.

    The lowest and the highest level are among them. Fails on a backbone made for another head or for fewer levels, on
    axes in another order, on a tensor that stays in float32 when the model moves to float64 (register it as a buffer),
    and on params that are NaN or infinite.
    """
    x, context = subject.events(BATCH), subject.contexts(BATCH)
    x[0], x[1] = 0, subject.model.num_levels - 1
    _check_ordering(subject.ordering, subject.dims)
    for dtype in (torch.float64, torch.float32):
        _check_params(subject, subject.redrawn(0, dtype)(x, cast(context, dtype)), dtype)
    _check_shape("position_log_prob", subject.model.position_log_prob(x, context), tuple(x.shape))
    _check_shape("log_prob", subject.model.log_prob(x, context), (BATCH,))


@check("inputs", cause=DTYPES, needs=("determinism",))
@torch.no_grad()
def inputs(subject: Subject) -> None:
    """Any integer dtype and memory layout of the levels gives one result; passes and steps leave what they are given.

    Fails on `2 * x - 1` in uint8, which wraps around, on `x.view` where strides do not allow it, on `x.sub_`, on a
    context that is changed in place, and on a state that is a view of weights and written to.
    """
    x, context, model = subject.events(BATCH), subject.contexts(BATCH), subject.redrawn(0)
    weights = {name: weight.detach().clone() for name, weight in model.named_parameters()}
    before, expected = x.clone(), model.position_log_prob(x, context)
    require_same(x, before, "a pass must leave `x` as it was", tolerance=0)
    _require_left(context, subject.contexts(BATCH), "a pass")
    for count in (1, BATCH):
        params_by_steps(model, subject.ordering, x[:count], rows(context, slice(count)))
    require_same(x, before, "steps must leave `previous` as it was", tolerance=0)
    _require_left(context, subject.contexts(BATCH), "steps")
    _require_weights_left(model, weights)
    columns = x.permute(*reversed(range(x.dim()))).contiguous().permute(*reversed(range(x.dim())))
    require_same(model.position_log_prob(columns, context), expected, "the memory layout of `x` must not matter")
    for dtype in (torch.uint8, torch.int16, torch.int32):
        if torch.iinfo(dtype).max >= model.num_levels - 1:
            again = model.position_log_prob(x.to(dtype), context)
            require_same(again, expected, f"`x` in {dtype} must give what it gives in int64")


@check("length", cause="a size or table captured from the first call, or one that is too short", needs=("causality",))
@torch.no_grad()
def length(subject: Subject) -> None:
    """Where the length is free, the params of a beginning are those of the whole.

    Fails on a network that takes its size from the first call, on positions that are counted from the end, and on a
    table of places that ends: 70 symbols are tried too.
    """
    if None not in subject.model.event_shape:
        raise NotApplicable("events have a fixed shape")
    long = subject.longer or subject
    x, context = long.events(BATCH), long.contexts(BATCH)
    if any(spec.kind == "series" for spec in subject.model.context.values()):
        raise NotApplicable("the context follows the length")
    whole = subject.model(x, context)
    for size in (1, subject.dims // 2, subject.dims, x.shape[1] - 1):
        beginning = subject.model(x[:, :size], context)
        rule = f"the first {size} positions must not depend on the length, here {x.shape[1]}"
        require_same(beginning, whole[..., :size], rule)


def _require_left(context: Context, before: Context, what: str) -> None:
    for name, value in (before or {}).items():
        rule = f"{what} must leave the context {name!r} as it was"
        require_same((context or {}).get(name, torch.empty(0)), value, rule, tolerance=0)


def _require_weights_left(model: "AutoregressiveModel", before: dict[str, Tensor]) -> None:
    rule = "passes and steps must leave the weights as they were"
    for name, weight in model.named_parameters():
        require_same(weight.detach(), before[name], rule, tolerance=0, where=f"`{name}`", cause=WRITTEN)


def _check_ordering(ordering: "Ordering", dims: int) -> None:
    """Each position of the grid and each symbol of the event is drawn once, and `earlier` says in which order."""
    drawn = {"position": (ordering.permutation, ordering.num_positions), "symbol": (ordering.symbols, dims)}
    for what, (places, count) in drawn.items():
        order = places.flatten().tolist()
        if sorted(order) != list(range(count)):
            raise CheckFailure(f"an ordering must draw every {what} once", order, where=repr(ordering))
    steps = Places(ordering)
    if not torch.equal(ordering.earlier(), steps.step_of_symbol < steps.step_of_position[:, None]):
        raise CheckFailure("`earlier` must follow from `permutation` and `symbols`", "another", where=repr(ordering))


def _check_params(subject: Subject, params: Tensor, dtype: torch.dtype) -> None:
    _check_shape("params", params, (BATCH, subject.model.head.num_params, *subject.ordering.grid))
    if params.dtype != dtype:
        cause = "`.float()` in the backbone"
        raise CheckFailure(f"params must have the dtype of the weights, {dtype}", params.dtype, cause=cause)
    broken = ~params.isfinite()
    if broken.any():
        where = Places(subject.ordering).position(int(broken.flatten(2).flatten(0, 1).any(0).nonzero()[0]))
        raise CheckFailure("params must be finite", params[broken][0].item(), where=where, cause="0 / 0 or log 0")


def _check_shape(what: str, seen: Tensor, shape: tuple[int | None, ...]) -> None:
    if tuple(seen.shape) != shape:
        raise CheckFailure(f"{what} must have shape {shape}", tuple(seen.shape))
