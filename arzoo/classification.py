"""Classes by likelihood: under which labels an event is the most likely, as a model that is told labels can say."""

import itertools
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from arzoo.context import Labels
from arzoo.errors import ContextError
from arzoo.sampling import evaluating

if TYPE_CHECKING:
    from arzoo.model import AutoregressiveModel

MOST = 1000
"""Combinations of classes that are tried."""

BATCH = 20
"""Of them at a time."""


@torch.inference_mode()
def likeliest(model: "AutoregressiveModel", x: Tensor, context: Mapping[str, Any] | None = None) -> dict[str, int]:
    """Return the classes under which an event is the most likely: Bayes' rule, every class as probable beforehand.

    Args:
        model: One that is told labels.
        x: Levels of one event, (1, *event_shape).
        context: What is known of it, of names that the model declares; labels that are left out are found.

    Returns:
        The class of each label that was left out, by name.

    Raises:
        ContextError: What is left out is no label, or has more than 1,000 combinations of classes.

    References:
        Bayes' rule for a generative classifier: Ng, Jordan, "On Discriminative vs. Generative Classifiers", 2001.
    """
    given = {name: model.context[name].check(value, 1, length=x.shape[-1]) for name, value in (context or {}).items()}
    sought = {name: spec for name, spec in model.context.items() if name not in given}
    sizes = [_classes(name, spec) for name, spec in sought.items()]
    if math.prod(sizes) > MOST:
        raise ContextError(
            f"At most {MOST:,} combinations of classes can be tried, got {math.prod(sizes):,} of {', '.join(sought)}. "
            f"Give {next(iter(sought))!r}."
        )
    combinations = torch.tensor(list(itertools.product(*map(range, sizes))))
    with evaluating(model):
        nats = torch.cat([_log_prob(model, x, given, list(sought), part) for part in combinations.split(BATCH)])
    return dict(zip(sought, combinations[int(nats.argmax())].tolist(), strict=True))


def _log_prob(
    model: "AutoregressiveModel", x: Tensor, given: Mapping[str, Tensor], names: list[str], classes: Tensor
) -> Tensor:
    repeated = {name: value.expand(len(classes), *value.shape[1:]) for name, value in given.items()}
    told = {**repeated, **dict(zip(names, classes.unbind(1), strict=True))}
    return model.log_prob(x.expand(len(classes), *x.shape[1:]), told)


def _classes(name: str, spec: Any) -> int:
    if not isinstance(spec, Labels):
        raise ContextError(f"Only labels can be found from an event, got {name!r}, a {spec.kind}. Give it.")
    return spec.num_classes
