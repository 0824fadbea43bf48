"""Build a model that is about to be given its weights, without making up any."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import get_ident

import torch
from torch import nn
from torch.nn.modules.module import register_module_parameter_registration_hook

from arzoo.checkpoints.allocation import OnMeta, TooLargeError, Unfilled
from arzoo.checkpoints.sizes import AbsurdSizeError
from arzoo.checkpoints.weights import OwnTensors, own_tensors
from arzoo.errors import ArzooError
from arzoo.model import AutoregressiveModel

_ROOM, _TIMES = 2**22, 4  # values of masks and tables that are made before the weights are looked at, by their number
_MOST, _MOST_TIMES = 2**25, 16  # values of one tensor, where nothing but their number is known of the weights
_MOST_FITTING = 2**28  # where they fit


@dataclass(frozen=True)
class Outline:
    """A model without memory for its weights.

    Attributes:
        model: With its parameters on the meta device, and all that was computed from such tensors.
        own: Its tensors, as `own_tensors` gives them.
        whole: Whether its weights are all that it lacks.
    """

    model: AutoregressiveModel
    own: OwnTensors
    whole: bool


def outline(build: Callable[[], AutoregressiveModel], weights: int = 0) -> Outline | None:
    """Build a model on the meta device: names, shapes and dtypes, without memory for one weight.

    Small masks and tables get their values at once, where nothing that they are computed from is a weight: on the meta
    device torch works such things out in Python, and no cache that outlives the model may keep a tensor without values.

    Args:
        build: Makes the model.
        weights: Values that it is to be given, by which masks are measured.

    Returns:
        The model, or None where its builder needs values and so cannot work there.

    Raises:
        ArzooError: The builder refuses, or would never end.
    """
    for room in (_ROOM + _TIMES * weights, 0):
        mode = OnMeta(room, largest(weights))
        model = _built(build, mode)
        if model is not None:
            own = own_tensors(model)
            return Outline(model, own, mode.left_nothing_beside(own.tensors.values()))
    return None


def _built(build: Callable[[], AutoregressiveModel], mode: Unfilled) -> AutoregressiveModel | None:
    """Build with the parameters on the meta device; None where the builder needs values there."""
    try:
        with _undisturbed(), mode, _parameters_on_meta():
            return build()
    except ArzooError as error:
        if not _broke(error):
            raise
    return None


def _broke(error: ArzooError) -> bool:
    """Whether something failed while building, as it may for want of values, rather than that it was refused."""
    cause: BaseException | None = error
    while isinstance(cause, ArzooError) and not isinstance(cause, AbsurdSizeError):
        cause = cause.__cause__
    return not isinstance(cause, AbsurdSizeError | TooLargeError | None)


def largest(weights: int, *, fitting: bool = False) -> int:
    """Return how many values one tensor of a model may hold, beside its weights.

    Args:
        weights: Their number.
        fitting: Whether a sketch has shown that they are its weights.
    """
    return (_MOST_FITTING if fitting else _MOST) + _MOST_TIMES * weights


def uninitialised(build: Callable[[], AutoregressiveModel], most: int | None = None) -> AutoregressiveModel:
    """Build a model whose parameters are still to be given, and all else its true value.

    A model is more than its weights: masks, permutations and tables are functions of the config, kept in
    buffers, in attributes of modules, in the ordering. Rather than patch them one by one on a model from the
    meta device, the model is built once more, with its parameters alone there: they take no memory, and what is
    computed from them, as weight normalisation does, takes no time. A builder that needs values in its parameters,
    or asks where they lie, gets real ones, which hold whatever was in memory.

    Args:
        build: Makes the model.
        most: Values that one tensor may hold; None for any number.

    Raises:
        ArzooError: The builder refuses, or would make a tensor that is too large.
    """
    mode = Unfilled(most)
    model = _built(build, mode)
    if model is not None and not mode.told and not any(buffer.is_meta for buffer in model.buffers()):
        return model
    with _undisturbed(), Unfilled(most):
        return build()


@contextmanager
def _parameters_on_meta() -> Iterator[None]:
    """Move each parameter to the meta device where a module takes it; one that is tied is moved once.

    The hook is for all modules of the process: those that another thread builds meanwhile are left alone.
    """
    moved: dict[int, tuple[nn.Parameter, nn.Parameter]] = {}
    own = get_ident()

    def move(module: nn.Module, name: str, parameter: nn.Parameter | None) -> nn.Parameter | None:
        if parameter is None or parameter.is_meta or get_ident() != own:
            return None
        if id(parameter) not in moved:  # kept, so that no other gets its id
            moved[id(parameter)] = parameter, nn.Parameter(parameter.detach().to("meta"), parameter.requires_grad)
        return moved[id(parameter)][1]

    hook = register_module_parameter_registration_hook(move)  # type: ignore[arg-type]  # it may return one, says its doc
    try:
        yield
    finally:
        hook.remove()


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Keep the global random state: to load a model is not to draw from it."""
    with torch.random.fork_rng(devices=[]):
        yield
