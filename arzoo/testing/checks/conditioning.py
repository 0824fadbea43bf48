"""Context: every value that is declared makes a difference, and none can be left out."""

from typing import Any

import torch
from torch import Tensor

from arzoo.errors import ContextError
from arzoo.testing.check import check
from arzoo.testing.failures import CheckFailure, NotApplicable
from arzoo.testing.subject import DRAWS, Subject

# Classes that are compared with each other.
MOST_CLASSES = 16
BATCH = 16
TOLERANCE = 1e-9

IGNORED = "a context that is declared but not read, or one that is multiplied by zero"


@check("context", cause=IGNORED, needs=("batch-independence",))
@torch.no_grad()
def context(subject: Subject) -> None:
    """Each declared context bears on log_prob, in all its values, and the model refuses to run without it.

    Classes must all differ from one another, and where some have weights of their own, so must all; each number of a
    vector or series must count. Fails on a label that is embedded and dropped, on classes that share an embedding, and
    on one class that is masked out (`padding_idx`).
    """
    if not subject.model.context:
        raise NotApplicable("the model takes no context")
    for name, spec in subject.model.context.items():
        if spec.kind == "labels":
            _check_classes(subject, name, spec)
            _check_own_weights(subject, name, spec)
        else:
            _check_numbers(subject, name)
        _check_required(subject, name)


def _check_classes(subject: Subject, name: str, spec: Any) -> None:
    classes = torch.linspace(0, spec.num_classes - 1, min(spec.num_classes, MOST_CLASSES)).round().long()
    apart = torch.eye(len(classes), dtype=torch.bool)
    for seed in range(DRAWS):
        nats = _log_probs(subject, name, classes, seed)
        apart |= (nats[:, None] - nats[None]).abs().amax(2) > TOLERANCE
    if not apart.all():
        one, other = (int(classes[k]) for k in (~apart).nonzero()[0])
        same = f"classes {one} and {other} give the same log_prob"
        raise CheckFailure(f"every class of {name!r} must have an effect of its own", same)


@torch.enable_grad()
def _check_own_weights(subject: Subject, name: str, spec: Any) -> None:
    """Where weights of a parameter are of one class alone, as an embedding's are, every class must have some there."""
    classes = range(min(spec.num_classes, MOST_CLASSES))
    reached = [torch.stack([_reached(subject, name, value, seed) for value in classes]) for seed in range(2 * DRAWS)]
    alone = torch.stack([each & (each.sum(0) == 1) for each in reached])  # (draws, classes, weights)
    parameters = dict(subject.model.named_parameters())
    for parameter, own in zip(parameters, alone.split([p.numel() for p in parameters.values()], 2), strict=True):
        # A dead unit may leave a weight to one class by chance, but not the same weight in every draw.
        has, lacks = own.all(0).any(1), ~own.any(0).any(1)
        if has.sum() > 1 and lacks.any():
            rule = f"every class of {name!r} must have weights of its own, as class {int(has.nonzero()[0])} has"
            cause = "a class that is masked out, or an embedding with `padding_idx`"
            seen = f"none of class {int(lacks.nonzero()[0])}"
            raise CheckFailure(rule, seen, where=f"`{parameter}`", cause=cause)


def _reached(subject: Subject, name: str, value: int, seed: int) -> Tensor:
    """Which numbers of all weights, end to end, get a gradient from events of one class."""
    model, x = subject.redrawn(seed), subject.events(BATCH, seed)
    context = {**(subject.contexts(BATCH, seed) or {}), name: torch.full((BATCH,), value)}
    model.log_prob(x, context).sum().backward()
    slopes = [torch.zeros_like(weight) if weight.grad is None else weight.grad for weight in model.parameters()]
    return torch.cat([(slope != 0).flatten() for slope in slopes])


def _check_numbers(subject: Subject, name: str) -> None:
    start = (subject.contexts(1) or {})[name]
    changes = torch.cat([torch.zeros(1, start.numel()), torch.eye(start.numel())]).to(start)
    idle = torch.ones(start.numel(), dtype=torch.bool)
    for seed in range(DRAWS):
        nats = _log_probs(subject, name, (start.flatten() + changes).reshape(-1, *start.shape[1:]), seed)
        idle &= (nats[1:] - nats[:1]).abs().amax(1) <= TOLERANCE
    if idle.any():
        place = tuple(int(k) for k in torch.unravel_index(idle.nonzero()[0, 0], start.shape[1:]))
        seen = f"none from {int(idle.sum())} of {len(idle)}"
        raise CheckFailure(f"every number of {name!r} must have an effect", seen, where=f"index {place} and others")


def _check_required(subject: Subject, name: str) -> None:
    given = {key: value for key, value in (subject.contexts(1) or {}).items() if key != name}
    try:
        subject.model.log_prob(subject.events(1), given)
    except ContextError:
        return
    raise CheckFailure(
        f"the model must refuse to run without {name!r}", "a log_prob", cause="a default for the context"
    )


def _log_probs(subject: Subject, name: str, values: Tensor, seed: int) -> Tensor:
    """Nats of every symbol of one event under each value of a context, the others held fixed, (values, dims)."""
    fixed, count = subject.contexts(1, seed) or {}, len(values)
    given = {key: value.expand(count, *value.shape[1:]) for key, value in fixed.items()} | {name: values}
    x = subject.events(1, seed).expand(count, *subject.event_shape)
    return subject.redrawn(seed).position_log_prob(x, given).flatten(1)
