"""Arithmetic of fewer bits: none where 64 are asked for; elsewhere the same network, coarser and no different."""

from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

from arzoo.backbones import is_incremental
from arzoo.testing.check import check, raised_in
from arzoo.testing.compare import Index, require_same
from arzoo.testing.failures import CheckFailure, NotApplicable
from arzoo.testing.places import Places
from arzoo.testing.subject import DRAWS, Subject, cast
from arzoo.testing.walk import Walk, params_by_steps, whole_pass

BATCH = 4

# Relative to the largest param. With eight bits a small network errs by 0.06 at most in the architectures of arzoo, and
# with eleven by 0.013; what is truly different errs by as much as the params are large.
COARSE = {torch.bfloat16: 0.25, torch.float16: 0.1}

NARROWED = "`.float()`, `dtype=torch.float32` or a state in float32: take the dtype of the weights or of the input"
MIXED = (
    "a tensor made in `forward` or `step` without `dtype=` (torch.ones, torch.linspace, `.float()`), or positions and "
    "levels counted in the dtype of the weights"
)
TOO_LARGE = "a number past 65,504, such as -1e9 for a score that is masked: use -inf, or torch.finfo(x.dtype).min"


@check("float64", cause=NARROWED, needs=("interface",))
def float64(subject: Subject) -> None:
    """Nothing that depends on the weights is rounded to fewer bits where the weights have 64, by passes and by steps.

    The first such operation is named by its line. Fails on `.float()` on the way, even if the result is widened again:
    all that is measured to nine digits and more would be noise. Constants may be narrower; the head may use float32.
    """
    model, x, context = subject.redrawn(0), subject.events(BATCH), subject.contexts(BATCH)
    with torch.enable_grad(), _NoNarrowing():
        model(x, context)
    with torch.enable_grad(), _NoNarrowing() as watched:
        params_by_steps(model, subject.ordering, x, context)
    if watched.failure is not None:
        raise watched.failure


@check("bfloat16", cause=MIXED, needs=("device",))
@torch.no_grad()
def bfloat16(subject: Subject) -> None:
    """In bfloat16 the model runs, by passes and by steps, and its params are those of float64 but for rounding.

    Fails where two dtypes meet in one product, where a table in float32 makes all that follows float32 (and slow), and
    where numbers past 256 are counted in eight bits.
    """
    _check_coarse(subject, torch.bfloat16)


@check("float16", cause=TOO_LARGE, needs=("bfloat16",))
@torch.no_grad()
def float16(subject: Subject) -> None:
    """In float16 the model runs, by passes and by steps, and its params are those of float64 but for rounding.

    Fails on numbers that float16 cannot hold. Skipped where torch has an operation for GPUs alone.
    """
    try:
        _check_coarse(subject, torch.float16)
    except RuntimeError as error:
        if "not implemented for" in str(error):
            raise NotApplicable(f"this torch: {error}") from error
        raise


class _NoNarrowing(TorchFunctionMode):
    """Watches every operation, and fails at one that takes float64 that depends on weights and gives fewer bits."""

    def __init__(self) -> None:
        super().__init__()
        self.failure: CheckFailure | None = None

    def __torch_function__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = function(*args, **(kwargs or {}))
        given = [value for value in (*args, *(kwargs or {}).values()) if isinstance(value, Tensor)]
        into = given[0] if result is None and given else result  # x[i] = y gives nothing
        if _is_narrow(into) and any(value.dtype == torch.float64 and value.requires_grad for value in given):
            rule = "in float64 nothing that depends on the weights may be rounded to fewer bits"
            seen = f"{getattr(function, '__name__', function)} to {into.dtype}"
            self.failure = CheckFailure(rule, seen, where=raised_in(None))
            raise self.failure
        return result


def _is_narrow(value: Any) -> bool:
    return isinstance(value, Tensor) and value.is_floating_point() and value.dtype != torch.float64


def _check_coarse(subject: Subject, dtype: torch.dtype) -> None:
    for seed in range(DRAWS):
        x, context = subject.events(BATCH, seed), subject.contexts(BATCH, seed)
        exact, model = subject.redrawn(seed), subject.redrawn(seed, dtype)
        coarse, expected = cast(context, dtype), whole_pass(exact, subject.ordering, x, context)
        _require_coarse(subject, whole_pass(model, subject.ordering, x, coarse), expected, "a pass", dtype)
        if is_incremental(model.backbone):
            _require_coarse(subject, Walk(model, subject.ordering, x, coarse).params(), expected, "steps", dtype)


def _require_coarse(subject: Subject, seen: Tensor, expected: Tensor, what: str, dtype: torch.dtype) -> None:
    if seen.dtype != dtype:
        raise CheckFailure(f"{what} in {dtype} must give params in {dtype}", seen.dtype)
    permutation, places = subject.ordering.permutation, Places(subject.ordering)

    def place(index: Index) -> str:
        return f"{places.position(int(permutation[index[0]]))}, event {index[1]}, param {index[2]}"

    rule = f"{what} in {dtype} must give the params of float64 but for rounding"
    require_same(seen.double(), expected, rule, tolerance=COARSE[dtype], where=place)
