"""Whether a config can belong to a weights file, judged before a builder is let loose on its numbers.

Names and shapes are compared once a model is sketched, but a sketch of a billion layers never ends, and a mask of a
billion rows takes memory wherever its weights lie. A file of weights says how much there can be.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from math import prod
from pathlib import Path
from threading import get_ident
from typing import Any

from torch import nn
from torch.nn.modules.module import register_module_parameter_registration_hook

from arzoo.checkpoints.config import CheckpointConfig
from arzoo.errors import CheckpointError

Header = Mapping[str, tuple[tuple[int, ...], str]]
"""Name of every tensor to its shape and dtype code."""

_LARGEST = 2**17  # a number that needs no weights of its own: levels, the length of an event, a hop
_LONGEST = 2**20  # places of an event
_MOST = 10**30  # that is written out
_SEED = "seed"  # the one number that is no size
_TIMES = 8  # a parameter may be made anew, by a tie or a reparametrization
_SPARE, _SPARE_VALUES = 500, 2**22  # of tensors, of their values


class AbsurdSizeError(CheckpointError):
    """A config asks for far more than its weights file holds."""


def check_sizes(config: CheckpointConfig, path: Path, header: Header) -> None:
    """Refuse a config with a number that no model of these weights can have.

    Raises:
        AbsurdSizeError: A number is larger than all weights together, and than what needs no weights.
    """
    values = count(header)
    for part in ("arguments", "ordering", "context", "data"):
        for name, number, most in _numbers(getattr(config, part), part):
            if abs(number) > max(values, most):
                raise absurd(path, header, f"{name} = {number}")
    asked, stated = (part.get("event_shape") for part in (config.arguments, config.ordering))
    if _places(asked) > _places(stated) > 0:  # the same in every model, and places take time before they take weights
        raise absurd(path, header, f"arguments.event_shape = {asked} beside an ordering of {stated}")


def _places(shape: Any) -> int:
    """Return the number of places of an event, 0 where it is free or no shape."""
    return prod(shape) if isinstance(shape, list) and shape and all(type(size) is int for size in shape) else 0


def count(header: Header) -> int:
    """Return how many values all tensors of a file hold together."""
    return sum(prod(shape) for shape, _ in header.values())


@contextmanager
def limited(path: Path, header: Header) -> Iterator[None]:
    """Stop one build of a model that makes many times the parameters that a weights file holds.

    Raises:
        AbsurdSizeError: It does.
    """
    most, most_values, own = _TIMES * len(header) + _SPARE, _TIMES * count(header) + _SPARE_VALUES, get_ident()
    made = values = 0

    def made_one(module: nn.Module, name: str, parameter: nn.Parameter | None) -> None:
        nonlocal made, values
        if parameter is None or get_ident() != own:  # the hook is for all modules of the process
            return
        made, values = made + 1, values + parameter.numel()
        if made > most:
            raise absurd(path, header, f"more than {most} tensors")
        if values > most_values:
            raise absurd(path, header, f"{values} values and more")

    hook = register_module_parameter_registration_hook(made_one)
    try:
        yield
    finally:
        hook.remove()


def absurd(path: Path, header: Header, found: str) -> AbsurdSizeError:
    """Return the error for a config that is of other weights."""
    values = count(header)
    expected = f"a model of the size of its weights, {values} values in {len(header)} tensors"
    message = f"{path} must describe {expected}, got {found:.100}. It was altered: copy it again."
    return AbsurdSizeError(message, file=path, expected=expected, found=found)


def _numbers(value: Any, name: str) -> Iterator[tuple[str, int, int]]:
    """Yield each whole number that may be a size, by name, with the most that it may be without weights."""
    if isinstance(value, int):
        yield name, value, _LARGEST
    elif isinstance(value, Mapping):
        for key, item in value.items():
            if _SEED not in key:
                yield from _numbers(item, f"{name}.{key}")
    elif isinstance(value, list):
        for item in value:
            yield from _numbers(item, name)
        if name.endswith(".event_shape") and all(isinstance(item, int) for item in value):
            yield name, min(prod(value), _MOST), _LONGEST
