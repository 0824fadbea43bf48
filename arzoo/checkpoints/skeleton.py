"""Build a model that is about to be given its weights, without making up any."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn
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
    """Build a model whose parameters hold whatever was in memory, and all else its true value.

    A model is more than its weights: masks, permutations and tables are functions of the config, kept in
    buffers, in attributes of modules, in the ordering. Rather than patch them one by one on a model from the
    meta device, the model is built once more for real. Its parameters take no time to fill, and no memory: a
    page that is never written is never given.
    """
    with _undisturbed(), _NoFilling():
        return build()


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
        return func(*args, **options)


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Keep the global random state: to load a model is not to draw from it."""
    with torch.random.fork_rng(devices=[]):
        yield
