"""What a backbone may offer beside params: itself in another ordering, and features of its layers."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from arzoo.errors import ConfigError
from arzoo.testing.check import check
from arzoo.testing.checks.dependence import causality, dependence
from arzoo.testing.checks.incremental import cached_step
from arzoo.testing.compare import require_same
from arzoo.testing.failures import CheckFailure, NotApplicable
from arzoo.testing.subject import Subject

if TYPE_CHECKING:
    from arzoo.model import AutoregressiveModel
    from arzoo.orderings import Ordering

BATCH = 3

KEPT = "masks or positions of the old ordering, which were made when the model was built and are not made anew"
COPIED = "a copy of the weights, or a model built anew: `copy.copy` the backbone and its modules, not their parameters"
CHANGED = "`with_ordering` changes the model that it was asked of, and not a shallow copy"
HOOKS = "a hook that is not removed, a flag that is set for the next pass, or layers in another order than asked"


@check("with-ordering", cause=KEPT, needs=("cached-step",))
def with_ordering(subject: Subject) -> None:
    """In another ordering the model has the very same weights and keeps its promises, and the first stays as it was.

    Tried with a random ordering: causality, dependence and steps are what they are in the model's own. Fails on masks
    of the old ordering, on weights that are copied (training would train the copy), and on a way there that does not
    lead back.
    """
    ordering = _another(subject)
    model, x, context = subject.redrawn(0), subject.events(BATCH), subject.contexts(BATCH)
    before = model.log_prob(x, context)
    other = model.with_ordering(ordering)
    _require_same_weights(other, model)
    after = model.log_prob(x, context)
    require_same(after, before, "with_ordering must leave the model as it was", where=_event, cause=CHANGED)
    back = other.with_ordering(subject.ordering).log_prob(x, context)
    require_same(back, before, "with_ordering there and back must give the same model", where=_event)
    for promise in (causality, dependence, cached_step):
        _check_reordered(subject, ordering, promise.prove)


@check("features", cause=HOOKS, needs=("batch-independence",))
@torch.no_grad()
def features(subject: Subject) -> None:
    """Each of `num_features` layers gives finite maps (B, channels, *positions), and asking changes nothing.

    Alone or among others a layer gives the same, in the order asked for, for each event as if it were alone. Fails on
    hooks that stay, on layers that are counted wrong, and on params that are others afterwards.
    """
    model, x, context = subject.redrawn(0), subject.events(BATCH), subject.contexts(BATCH)
    count, rank = model.num_features, x.dim() if x.dim() > 2 else 3
    if not count:
        raise NotApplicable("the backbone has no features()")
    before = model(x, context)
    asked = partial(_features, model, x, context)
    maps = asked(range(count))
    require_same(model(x, context), before, "features must leave the model as it was", tolerance=0)
    for layer, seen in enumerate(maps):
        if seen.dim() != rank or len(seen) != BATCH or not seen.isfinite().all():
            rule = f"features of a layer must be finite numbers (B, channels, *positions), {rank} axes"
            raise CheckFailure(rule, tuple(seen.shape), where=f"layer {layer} of {count}")
    backwards = asked(range(count - 1, -1, -1))[::-1]
    for layer, seen in enumerate(maps):
        name = f"layer {layer} of {count}"
        require_same(backwards[layer], seen, "features must come in the order in which they are asked for", where=name)
        require_same(asked([layer])[0], seen, "a layer must give the same features alone and among others", where=name)


def _another(subject: Subject) -> "Ordering":
    from arzoo.orderings import RandomOrder

    if not hasattr(subject.model.backbone, "with_ordering"):
        raise NotApplicable("the backbone has no with_ordering()")
    ordering = RandomOrder(subject.event_shape, seed=0)
    try:
        subject.model.with_ordering(ordering)
    except ConfigError as refusal:
        raise NotApplicable(f"the model refuses: {refusal}") from refusal
    return ordering


def _require_same_weights(other: "AutoregressiveModel", model: "AutoregressiveModel") -> None:
    own = dict(model.named_parameters())
    for name, weight in other.named_parameters():
        if own.pop(name, None) is not weight:
            raise CheckFailure("another ordering must share every weight", "another", where=f"`{name}`", cause=COPIED)
    if own:
        raise CheckFailure("another ordering must share every weight", "none", where=f"`{min(own)}`", cause=COPIED)


def _check_reordered(subject: Subject, ordering: "Ordering", prove: Callable[[Subject], None]) -> None:
    reordered = Subject(lambda: subject.build().with_ordering(ordering))
    try:
        prove(reordered)
    except CheckFailure as failure:
        failure.expected = f"in {ordering!r}, {failure.expected}"
        raise
    except NotApplicable:  # no steps
        return


def _features(model: "AutoregressiveModel", x: Tensor, context: Any, layers: Sequence[int]) -> list[Tensor]:
    backbone: Any = model.backbone
    return list(backbone.features(x, list(layers), model.check_context(context, len(x), x.shape[-1])))


def _event(index: tuple[int, ...]) -> str:
    return f"log_prob of event {index[0]}"
