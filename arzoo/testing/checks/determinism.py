"""One input, one result: whatever the generators are at, and whatever else is in the batch."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from arzoo.testing.check import check
from arzoo.testing.compare import REPEATED, Index, require_same
from arzoo.testing.generators import seeded
from arzoo.testing.subject import DRAWS, Context, Subject, copied, rows
from arzoo.testing.trace import everything, first_difference, of_event
from arzoo.testing.walk import params_by_steps

if TYPE_CHECKING:
    from arzoo.model import AutoregressiveModel

BATCH = 4

# Inference comes first: a table that a layer keeps from it would be refused by the pass that needs gradients.
MODES = (torch.inference_mode, torch.enable_grad, torch.no_grad, torch.no_grad)

NOISE = "dropout that ignores `eval()`, noise in the forward pass, or a counter kept in a layer"
NEIGHBOURS = "batch normalisation, `context[0]`, or a reshape that mixes batch and positions"


@check("determinism", cause=NOISE, needs=("interface",))
@torch.no_grad()
def determinism(subject: Subject) -> None:
    """While evaluating, params are a function of the input: passes repeated give the same, and so do steps.

    With and without what a gradient needs. Fails on `F.dropout` without `training=self.training`, on `torch.rand` in
    `forward` or `step`, and on anything that is counted from call to call.
    """
    for seed in range(DRAWS):
        model, x, context = subject.redrawn(seed), subject.events(BATCH, seed), subject.contexts(BATCH, seed)
        _check_passes(model, partial(_pass, model, x, context))
        # Models of their own: what a step keeps in a layer is another check's business.
        one, other = (params_by_steps(subject.redrawn(seed), subject.ordering, x, context) for _ in range(2))
        if one is not None and other is not None:
            rule = "steps repeated must give the same params"
            require_same(other, one, rule, tolerance=REPEATED, where=lambda index: f"step {index[0]}")


@check("batch-independence", cause=NEIGHBOURS, needs=("inputs", "float64"))
@torch.no_grad()
def batch_independence(subject: Subject) -> None:
    """The params of an event do not depend on its neighbours in the batch, evaluating or training.

    Neighbours and their contexts are exchanged while the batch keeps its size and the generators their seed, so dropout
    does no harm. Fails on batch normalisation (a likelihood that depends on the batch is none), and on a recurrence
    along the batch axis.
    """
    for seed in range(DRAWS):
        for training in (False, True):
            _check_neighbours(subject, seed, training)
        _check_alone(subject, seed)


def _pass(model: nn.Module, x: Tensor, context: Context) -> Tensor:
    """Params of copies: what a pass does to its input is another check's business."""
    return model(x.clone(), copied(context))


def _check_passes(model: "AutoregressiveModel", run: Callable[[], Tensor]) -> None:
    rule = "passes repeated, with gradients or without, must give the same params"
    blame = partial(first_difference, model.backbone, run, run, everything)
    passes = []
    for mode in MODES:
        with mode():
            passes.append(run().detach())
        require_same(passes[-1], passes[0], rule, tolerance=REPEATED, where=lambda index: f"index {index}{blame()}")


def _check_neighbours(subject: Subject, seed: int, training: bool) -> None:
    model = subject.redrawn(seed).train(training)
    rule = f"the params of an event must not depend on its neighbours, {'training' if training else 'evaluating'}"
    for index in range(BATCH):
        run, other_run = (_run(model, *batch) for batch in _two_batches(subject, index, seed))
        expected, seen = run()[index], other_run()[index]
        blame = partial(first_difference, model.backbone, run, other_run, partial(of_event, index, BATCH))
        require_same(seen, expected, rule, tolerance=REPEATED, where=partial(_name_event, index, blame))


def _check_alone(subject: Subject, seed: int) -> None:
    model, x, context = subject.redrawn(seed), subject.events(BATCH, seed), subject.contexts(BATCH, seed)
    together, rule = model(x, context), "the params of an event must be the same alone and in a batch"
    for index in range(BATCH):
        alone = model(x[index : index + 1], rows(context, slice(index, index + 1)))[0]
        require_same(alone, together[index], rule, tolerance=REPEATED, where=partial(_name_event, index, str))


def _name_event(index: int, blame: Callable[[], str], _: Index) -> str:
    return f"event {index} of {BATCH}{blame()}"


def _two_batches(subject: Subject, index: int, seed: int) -> Iterator[tuple[Tensor, Context]]:
    """Two batches with their contexts, the same at one index and nowhere else."""
    x, context = subject.events(BATCH, seed), subject.contexts(BATCH, seed)
    others, other_context = subject.events(BATCH, seed + DRAWS), subject.contexts(BATCH, seed + DRAWS)
    others[index] = x[index]
    for name, value in (other_context or {}).items():
        value[index] = (context or {})[name][index]
    yield x, context
    yield others, other_context


def _run(model: nn.Module, x: Tensor, context: Context) -> Callable[[], Tensor]:
    """A pass under a fixed seed of the global generator."""

    def run() -> Tensor:
        with seeded(0):
            return model(x, context)

    return run
