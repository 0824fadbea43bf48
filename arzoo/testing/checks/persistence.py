"""Weights and config: a model built again, or saved and loaded, is the same model to the bit."""

import tempfile
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from arzoo.backbones import is_incremental
from arzoo.testing.check import check
from arzoo.testing.compare import require_same
from arzoo.testing.failures import CheckFailure, NotApplicable
from arzoo.testing.subject import Subject, seeded
from arzoo.testing.walk import Walk

if TYPE_CHECKING:
    from arzoo.model import AutoregressiveModel

BATCH = 4

OUTSIDE = "a tensor that is neither parameter nor buffer, or a mask drawn at random without a seed from the config"
CONFIG = "an argument that the builder changes, or something that it reads besides its arguments"


@check("state-dict", cause=OUTSIDE, needs=("determinism",))
@torch.no_grad()
def state_dict(subject: Subject) -> None:
    """Built twice, a model has the same weights by name and shape; with those of the first, the second is the first.

    Global generators are elsewhere for the second. Fails on parameters kept in a plain list, on random masks that are
    no function of the config, and on buffers that appear or change when the model is used.
    """
    first, second = subject.redrawn(0), subject.fresh(seed=1)
    weights = {name: tensor.clone() for name, tensor in first.state_dict().items()}
    _require_shapes(second, weights, "two builds must have the same weights")
    second.load_state_dict(weights)
    _require_log_probs(subject, second, first, "a second build with the weights of the first must be the same model")
    _use(subject, first)
    _require_shapes(first, weights, "use must add no weights")
    _require_weights(first, weights, "use must not change the weights")


@check("round-trip", cause=CONFIG, needs=("state-dict",))
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
    for part in ("arguments", "ordering", "head", "context"):
        _require_part(part, getattr(loaded, part), getattr(model, part))
    _require_log_probs(subject, loaded.double(), model.double(), "a loaded model must be the same model")


def _require_shapes(model: "AutoregressiveModel", weights: dict[str, Tensor], rule: str) -> None:
    seen, expected = ({name: tuple(t.shape) for name, t in part.items()} for part in (model.state_dict(), weights))
    for name in sorted(seen.keys() | expected.keys()):
        if seen.get(name) != expected.get(name):
            values = f"{seen.get(name, 'none')} instead of {expected.get(name, 'none')}"
            raise CheckFailure(rule, values, where=f"`{name}`")


def _require_weights(model: "AutoregressiveModel", weights: dict[str, Tensor], rule: str) -> None:
    for name, tensor in model.state_dict().items():
        require_same(tensor, weights[name], rule, tolerance=0, where=f"`{name}`")


def _require_part(part: str, seen: object, expected: object) -> None:
    if _config(seen) != _config(expected):
        raise CheckFailure(
            f"a loaded model must have the same {part}", f"{_config(seen)} instead of {_config(expected)}"
        )


def _config(value: object) -> object:
    if isinstance(value, dict):
        return {name: _config(item) for name, item in value.items()}
    return value.to_config() if hasattr(value, "to_config") else value


def _require_log_probs(
    subject: Subject, model: "AutoregressiveModel", expected: "AutoregressiveModel", rule: str
) -> None:
    x, context = subject.events(BATCH), subject.contexts(BATCH)
    logs = [model.eval().log_prob(x, context), expected.eval().log_prob(x, context)]
    require_same(logs[0], logs[1], rule, where=lambda index: f"log_prob of event {index[0]}")


def _use(subject: Subject, model: "AutoregressiveModel") -> None:
    x, context = subject.events(BATCH), subject.contexts(BATCH)
    model.log_prob(x, context)
    if is_incremental(model.backbone):
        Walk(model, subject.ordering, x, context).params()
