"""Arithmetic of fewer bits: the same network, coarser and no different."""

import torch
from torch import Tensor

from arzoo.backbones import is_incremental
from arzoo.testing.check import check
from arzoo.testing.compare import Index, require_same
from arzoo.testing.failures import CheckFailure
from arzoo.testing.places import Places
from arzoo.testing.subject import DRAWS, Subject, cast
from arzoo.testing.walk import Walk, whole_pass

BATCH = 4

# Relative to the largest param. Eight bits make a small network err by 0.06 at most in the architectures of arzoo; what
# is truly different errs by as much as the params are large.
COARSE = 0.25

MIXED = (
    "a tensor made in `forward` or `step` without `dtype=` (torch.ones, torch.linspace, `.float()`), or positions and "
    "levels counted in the dtype of the weights"
)


@check("bfloat16", cause=MIXED, needs=("device",))
@torch.no_grad()
def bfloat16(subject: Subject) -> None:
    """In bfloat16 the model runs, by passes and by steps, and its params are those of float64 but for rounding.

    Fails where two dtypes meet in one product, where a table in float32 makes all that follows float32 (and slow), and
    where numbers past 256 are counted in eight bits.
    """
    for seed in range(DRAWS):
        x, context = subject.events(BATCH, seed), subject.contexts(BATCH, seed)
        exact, model = subject.redrawn(seed), subject.redrawn(seed, torch.bfloat16)
        coarse, expected = cast(context, torch.bfloat16), whole_pass(exact, subject.ordering, x, context)
        _require_coarse(subject, whole_pass(model, subject.ordering, x, coarse), expected, "a pass")
        if is_incremental(model.backbone):
            _require_coarse(subject, Walk(model, subject.ordering, x, coarse).params(), expected, "steps")


def _require_coarse(subject: Subject, seen: Tensor, expected: Tensor, what: str) -> None:
    if seen.dtype != torch.bfloat16:
        raise CheckFailure(f"{what} in bfloat16 must give params in bfloat16", seen.dtype)
    permutation, places = subject.ordering.permutation, Places(subject.ordering)

    def place(index: Index) -> str:
        return f"{places.position(int(permutation[index[0]]))}, event {index[1]}, param {index[2]}"

    rule = f"{what} in bfloat16 must give the params of float64 but for rounding"
    require_same(seen.double(), expected, rule, tolerance=COARSE, where=place)
