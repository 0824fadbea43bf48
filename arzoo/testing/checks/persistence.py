"""Weights and config: a model built again, or saved and loaded, is the same model to the bit."""

import copy
import json
import tempfile
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from arzoo.context import context_from_config
from arzoo.heads import Head, head_from_config
from arzoo.orderings import ordering_from_config
from arzoo.testing.check import check
from arzoo.testing.compare import require_same
from arzoo.testing.failures import CheckFailure, NotApplicable
from arzoo.testing.generators import seeded
from arzoo.testing.levels import draw_params
from arzoo.testing.subject import DRAWS, LENGTH, Subject, redraw
from arzoo.testing.walk import params_by_steps

if TYPE_CHECKING:
    from arzoo.model import AutoregressiveModel
    from arzoo.orderings import Ordering

BATCH = 4

# Arguments that a builder is handed as objects.
PARTS: dict[str, Callable[[Any], Any]] = {
    "ordering": ordering_from_config,
    "head": head_from_config,
    "context": context_from_config,
}

OUTSIDE = "a tensor that is neither parameter nor buffer, or a mask drawn at random without a seed from the config"
ARGUMENTS = (
    "an argument that the builder ignores or JSON cannot hold, or something random or global that the builder reads"
)
LOADING = "a weight that is also kept outside the modules, or a builder that reads anything but its arguments"


@check("config", cause=ARGUMENTS)
def config(subject: Subject) -> None:
    """The config builds a model, it is the one that the config describes, and a second build is like the first.

    Global generators are elsewhere for the second. Fails on arguments that the builder or JSON refuses, on an
    `event_shape`, a `num_levels`, an ordering, a head or a context that is not what was asked for, on a part that does
    not come back from its own config, and on a shape, an ordering or a weight that two builds do not agree on.
    """
    first, second = subject.fresh(), subject.fresh(seed=1)
    for name in ("event_shape", "num_levels", "ordering", "head", "context"):
        wanted, has = _asked(first, name), _config(getattr(first, name))
        if wanted is not None and wanted != has:
            raise CheckFailure(f"the model must have the {name} of its config, {wanted}", has)
    for part in (first.ordering, first.head):
        _require_to_come_back(part)
    if first.data is not None and first.data.num_levels != first.num_levels:
        raise CheckFailure(f"the data spec must have the levels of the head, {first.num_levels}", first.data.num_levels)
    _require_parts(second, first, "two builds")
    _require_shapes(second, first.state_dict(), "two builds must have the same weights")
    _require_separate(first, second)


@check("state-dict", cause=OUTSIDE, needs=("inputs",))
@torch.no_grad()
def state_dict(subject: Subject) -> None:
    """A second build with the weights of the first is the same model, whatever either was used for before.

    Global generators are elsewhere for the second. Fails on parameters kept in a plain list, on random masks that are
    no function of the config, on buffers that appear or change when the model is used, on what training computes and
    the state dict lacks, on a table of old weights that outlives them, and on what `copy.deepcopy` refuses or shares.
    """
    for seed in range(DRAWS):
        first, second = subject.redrawn(seed), subject.fresh(seed=DRAWS)
        weights = {name: tensor.clone() for name, tensor in first.state_dict().items()}
        second.load_state_dict(weights)
        rule = "a second build with the weights of the first must be the same model"
        _require_log_probs(subject, second, first, rule)
        _use(subject, first)
        _require_shapes(first, weights, "use must add no weights")
        _require_weights(first, weights, "use must not change the weights")
        rule = "a copy of a model that was used (training averages weights in one) must be the same model"
        _require_log_probs(subject, copy.deepcopy(first), first, rule)
        _train(subject, first, seed)
        unused = subject.fresh(seed=DRAWS + 1)
        for model in (unused, second):
            model.load_state_dict(first.state_dict())
        for model, what in ((first, "that was trained"), (second, "that was used with other weights")):
            rule = f"a model {what} and a new one with the same weights must be the same model"
            _require_log_probs(subject, model, unused, rule)


@check("round-trip", cause=LOADING, needs=("state-dict",))
@torch.no_grad()
def round_trip(subject: Subject) -> None:
    """Saved and loaded, a model is the same: weights to the bit, arguments, ordering, head, context, log_prob.

    Fails on a builder that reads anything but its arguments, and on parts that are not built from them alike.
    """
    import arzoo

    if subject.model.architecture is None:
        raise NotApplicable("the model was not made by arzoo.create(), so nothing says how to build it again")
    model = subject.redrawn(0, torch.float32)
    with tempfile.TemporaryDirectory() as folder, seeded(1):
        arzoo.save(model, f"{folder}/saved")
        loaded = arzoo.load(f"local-dir:{folder}/saved")
    _require_shapes(loaded, model.state_dict(), "a loaded model must have the same weights")
    _require_weights(loaded, model.state_dict(), "weights must come back to the bit")
    tied = [len(list(each.parameters())) for each in (loaded, model)]
    if tied[0] != tied[1]:
        raise CheckFailure(f"weights that are shared must stay shared: {tied[1]} parameters", tied[0])
    _require_parts(loaded, model, "a model and the same loaded")
    _require_log_probs(subject, loaded.double(), model.double(), "a loaded model must be the same model")


def _require_to_come_back(part: Any) -> None:
    """An ordering or a head, made again from its JSON form, must be the same and do the same."""
    config = json.loads(json.dumps(part.to_config()))
    again = type(part)(**{name: _tuples(value) for name, value in config.items() if name != "name"})
    if again != part or not torch.equal(_deeds(again), _deeds(part)):
        cause = "an attribute that is no field of the dataclass, or one that `to_config` leaves out"
        raise CheckFailure(f"what is built from the config of {part!r} must be the same", repr(again), cause=cause)


def _tuples(value: Any) -> Any:
    return tuple(map(_tuples, value)) if isinstance(value, list) else value


def _deeds(part: "Ordering | Head") -> Tensor:
    """What an ordering or a head is there for: a path, or probabilities."""
    if not isinstance(part, Head):
        return part.with_length(LENGTH).permutation if None in part.event_shape else part.permutation
    return part.pmf(draw_params(part, 1, 1.0, seed=0), torch.zeros(1, 0, dtype=torch.long))


def _asked(model: "AutoregressiveModel", name: str) -> Any:
    """What the config of a model says of a part, in the form of `_config`; None where it says nothing."""
    value = model.arguments.get(name)
    return _config(PARTS[name](value) if isinstance(value, dict) and name in PARTS else value)


def _require_separate(first: "AutoregressiveModel", second: "AutoregressiveModel") -> None:
    held = {id(parameter) for parameter in first.parameters()}
    for name, parameter in second.named_parameters():
        if id(parameter) in held:
            cause = "a builder behind a cache, or a module made when the file is imported"
            raise CheckFailure("two builds must share no weights", "one and the same", where=f"`{name}`", cause=cause)


def _require_shapes(model: "AutoregressiveModel", weights: dict[str, Tensor], rule: str) -> None:
    seen, expected = ({name: tuple(t.shape) for name, t in part.items()} for part in (model.state_dict(), weights))
    for name in sorted(seen.keys() | expected.keys()):
        if seen.get(name) != expected.get(name):
            values = f"{seen.get(name, 'none')} instead of {expected.get(name, 'none')}"
            raise CheckFailure(rule, values, where=f"`{name}`")


def _require_weights(model: "AutoregressiveModel", weights: dict[str, Tensor], rule: str) -> None:
    for name, tensor in model.state_dict().items():
        require_same(tensor, weights[name], rule, tolerance=0, where=f"`{name}`")


def _require_parts(model: "AutoregressiveModel", expected: "AutoregressiveModel", who: str) -> None:
    for part in ("arguments", "ordering", "head", "context", "data"):
        seen, wanted = (_config(getattr(each, part)) for each in (model, expected))
        if seen != wanted:
            raise CheckFailure(f"{who} must have the same {part}, {wanted}", seen)


def _config(value: Any) -> Any:
    """A part of a model as its config has it."""
    if isinstance(value, dict):
        return {name: _config(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_config(item) for item in value]
    return value.to_config() if hasattr(value, "to_config") else value


def _require_log_probs(
    subject: Subject, model: "AutoregressiveModel", expected: "AutoregressiveModel", rule: str
) -> None:
    x, context = subject.events(BATCH), subject.contexts(BATCH)
    logs = [model.eval().log_prob(x, context), expected.eval().log_prob(x, context)]
    require_same(logs[0], logs[1], rule, where=lambda index: f"log_prob of event {index[0]}")


def _train(subject: Subject, model: "AutoregressiveModel", seed: int) -> None:
    """What a training does to a model besides changing its parameters, and a change of these."""
    x, context = subject.events(BATCH, seed), subject.contexts(BATCH, seed)
    initialise = getattr(model.backbone, "init_from_data", None)
    with seeded(seed):
        if initialise is not None:
            initialise(x, context)
        model.train().log_prob(x, context)
    redraw(model.backbone, seed + 1)
    model.eval()


def _use(subject: Subject, model: "AutoregressiveModel") -> None:
    x, context = subject.events(BATCH), subject.contexts(BATCH)
    with torch.enable_grad():
        model.log_prob(x, context)
    params_by_steps(model, subject.ordering, x, context)
