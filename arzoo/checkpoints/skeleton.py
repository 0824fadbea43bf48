"""Build a model that is about to be given its weights, without making up any."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from threading import get_ident
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.module import register_module_parameter_registration_hook
from torch.overrides import TorchFunctionMode

from arzoo.checkpoints.sizes import AbsurdSizeError
from arzoo.errors import ArzooError
from arzoo.model import AutoregressiveModel

_FILLS = frozenset(
    {
        *("uniform_", "normal_", "trunc_normal_", "constant_", "kaiming_uniform_", "bernoulli_", "exponential_"),
        *("zero_", "fill_", "copy_", "erfinv_", "mul_", "add_", "clamp_"),
    }
)


def _lengths(v: Tensor, power: int = 2, dim: int = 0) -> Tensor:
    """Return what `torch.norm_except_dim` would, without values."""
    return v.new_empty([size if axis == dim else 1 for axis, size in enumerate(v.shape)] if dim >= 0 else [])


_SHAPES: Mapping[Callable[..., Any], Callable[..., Tensor]] = {
    torch.norm_except_dim: _lengths,
    torch._weight_norm: lambda v, g, dim=0: torch.empty_like(v),
}
"""Weight normalisation on the meta device, which torch works out in Python, and imports a hundred megabytes for."""


def outline(build: Callable[[], AutoregressiveModel]) -> AutoregressiveModel | None:
    """Build a model on the meta device: names, shapes and dtypes, without memory for one weight.

    Args:
        build: Makes the model.

    Returns:
        The model, or None where its builder needs values and so cannot work there.

    Raises:
        AbsurdSizeError: It would never end.
    """
    try:
        with torch.device("meta"), _undisturbed(), _NoFilling():
            return build()
    except AbsurdSizeError:
        raise
    except ArzooError:
        return None


def uninitialised(build: Callable[[], AutoregressiveModel]) -> AutoregressiveModel:
    """Build a model whose parameters are still to be given, and all else its true value.

    A model is more than its weights: masks, permutations and tables are functions of the config, kept in
    buffers, in attributes of modules, in the ordering. Rather than patch them one by one on a model from the
    meta device, the model is built once more, with its parameters alone there: they take no memory, and what is
    computed from them, as weight normalisation does, takes no time. A builder that needs values in its parameters
    gets real ones, which hold whatever was in memory.
    """
    try:
        with _undisturbed(), _NoFilling(), _parameters_on_meta():
            model = build()
    except AbsurdSizeError:
        raise
    except ArzooError:
        model = None
    if model is not None and not any(buffer.is_meta for buffer in model.buffers()):
        return model
    with _undisturbed(), _NoFilling():
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


class _NoFilling(TorchFunctionMode):
    """Leave parameters as they were allocated; whatever else is filled, such as a buffer, is filled."""

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        """Skip a call that fills a parameter, and pass every other on."""
        options = dict(kwargs or {})
        target = args[0] if args else options.get("tensor")  # `nn.init` hands its tensor over by name
        if isinstance(target, nn.Parameter) and getattr(func, "__name__", "") in _FILLS:
            return target
        if isinstance(target, Tensor) and target.is_meta and func in _SHAPES:
            return _SHAPES[func](*args, **options)
        return func(*args, **options)


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Keep the global random state: to load a model is not to draw from it."""
    with torch.random.fork_rng(devices=[]):
        yield
