"""One input, one result: whatever the generators are at, and whatever else is in the batch."""

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor, nn

from arzoo.backbones import is_incremental
from arzoo.testing.check import check
from arzoo.testing.compare import REPEATED, Index, require_same
from arzoo.testing.subject import Context, Subject, rows, seeded
from arzoo.testing.trace import everything, first_difference, of_event
from arzoo.testing.walk import Walk

BATCH, PASSES = 4, 4

NOISE = "dropout that ignores `eval()`, noise in the forward pass, or a counter kept in a layer"
NEIGHBOURS = "batch normalisation, `context[0]`, or a reshape that mixes batch and positions"


@check("determinism", cause=NOISE, needs=("interface",))
@torch.no_grad()
def determinism(subject: Subject) -> None:
    """While evaluating, params are a function of the input: passes repeated give the same, and so do steps.

    Fails on `F.dropout` without `training=self.training`, on `torch.rand` in `forward` or `step`, and on anything that
    is counted from call to call.
    """
    x, context = subject.events(BATCH), subject.contexts(BATCH)
    run = partial(subject.model, x, context)
    first, rule = run(), "passes repeated must give the same params"
    for _ in range(PASSES - 1):
        require_same(run(), first, rule, tolerance=REPEATED, where=partial(_unsteady, subject, run))
    if is_incremental(subject.model.backbone):
        # Models of their own: what a step keeps in a layer is another check's business.
        one, other = (Walk(subject.redrawn(0), subject.ordering, x, context).params() for _ in range(2))
        rule = "steps repeated must give the same params"
        require_same(other, one, rule, tolerance=REPEATED, where=lambda index: f"step {index[0]}")


@check("batch-independence", cause=NEIGHBOURS, needs=("determinism",))
@torch.no_grad()
def batch_independence(subject: Subject) -> None:
    """The params of an event do not depend on its neighbours in the batch, evaluating or training.

    Neighbours and their contexts are exchanged while the batch keeps its size and the generators their seed, so dropout
    does no harm. Fails on batch normalisation (a likelihood that depends on the batch is none), and on a recurrence
    along the batch axis.
    """
    for training in (False, True):
        for index in range(BATCH):
            _check_neighbours(subject, index, training)
    _check_alone(subject)


def _unsteady(subject: Subject, run: Callable[[], Tensor], index: Index) -> str:
    return f"index {index}{first_difference(subject.model.backbone, run, run, everything)}"


def _check_neighbours(subject: Subject, index: int, training: bool) -> None:
    model = subject.redrawn(0).train(training)
    x, context = subject.events(BATCH, seed=1), subject.contexts(BATCH, seed=1)
    others, other_context = subject.events(BATCH, seed=2), subject.contexts(BATCH, seed=2)
    others[index] = x[index]
    for name, value in (other_context or {}).items():
        value[index] = (context or {})[name][index]
    run, other_run = _run(model, x, context), _run(model, others, other_context)
    rule = f"the params of an event must not depend on its neighbours, {'training' if training else 'evaluating'}"
    pick = partial(of_event, index, BATCH)
    where = partial(first_difference, model.backbone, run, other_run, pick)
    require_same(
        other_run()[index],
        run()[index],
        rule,
        tolerance=REPEATED,
        where=lambda _: f"event {index} of {BATCH}{where()}",
    )


def _check_alone(subject: Subject) -> None:
    x, context = subject.events(BATCH), subject.contexts(BATCH)
    together = subject.model(x, context)
    for index in range(BATCH):
        alone = subject.model(x[index : index + 1], rows(context, slice(index, index + 1)))[0]
        rule = "the params of an event must be the same alone and in a batch"
        require_same(alone, together[index], rule, tolerance=REPEATED, where=f"event {index} of {BATCH}")


def _run(model: nn.Module, x: Tensor, context: Context) -> Callable[[], Tensor]:
    """A pass under a fixed seed of the global generator."""

    def run() -> Tensor:
        with seeded(0):
            return model(x, context)

    return run
