"""In which module does something first go wrong? Found by comparing what every module is given and hands on."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from arzoo.testing.compare import differ

Run = Callable[[], Any]
Pick = Callable[[Tensor], Tensor | None]


@dataclass(frozen=True)
class Call:
    """One call of a submodule.

    Args:
        name: Of the submodule.
        inputs: The tensors that it was given.
        output: What it handed on, the first tensor where there are several.
    """

    name: str
    inputs: tuple[Tensor, ...]
    output: Tensor


def first_difference(module: nn.Module, run: Run, other: Run, pick: Pick) -> str:
    """Name the first module, in the order of execution, whose output differs between two runs.

    Args:
        module: The network.
        run: Runs it.
        other: Runs it in the other way.
        pick: The part of an output to compare, or None for an output that has no such part.

    Returns:
        ", first seen after `blocks.1.norm` (LayerNorm)", or nothing where no module of its own shows it.
    """
    for call, again in zip(calls(module, run), calls(module, other), strict=False):
        part, other_part = pick(call.output), pick(again.output)
        if call.name == again.name and part is not None and other_part is not None and differ(other_part, part):
            return first_seen(module, call.name)
    return ""


def first_seen(module: nn.Module, name: str) -> str:
    """The half-sentence that blames a submodule."""
    return f", first seen after `{name}` ({type(module.get_submodule(name)).__name__})"


@torch.no_grad()
def calls(module: nn.Module, run: Run) -> list[Call]:
    """Every call of a submodule during a run, in the order in which they end."""
    with recorded(module) as seen:
        run()
    return seen


@contextmanager
def recorded(module: nn.Module) -> Iterator[list[Call]]:
    """Note every call of a submodule's `forward` in the list that is lent."""
    seen: list[Call] = []

    def note(name: str, _module: nn.Module, inputs: Any, output: Any) -> None:
        first = output[0] if isinstance(output, tuple) and output else output
        if isinstance(first, Tensor) and first.is_floating_point():
            given = tuple(value.clone() for value in inputs if isinstance(value, Tensor))
            seen.append(Call(name, given, first.clone()))

    handles = [child.register_forward_hook(partial(note, name)) for name, child in module.named_modules() if name]
    try:
        yield seen
    finally:
        for handle in handles:
            handle.remove()


def everything(output: Tensor) -> Tensor:
    """All of an output."""
    return output


def of_event(index: int, batch: int, output: Tensor) -> Tensor | None:
    """An output for one event of the batch; None where the batch does not come first."""
    return output[index] if output.dim() and len(output) == batch else None
