"""In which module does something first go wrong? Found by comparing what every module hands on in two runs."""

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from arzoo.testing.compare import differ

Run = Callable[[], Any]
Pick = Callable[[Tensor], Tensor | None]


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
    for (name, output), (again, other_output) in zip(outputs(module, run), outputs(module, other), strict=False):
        part, other_part = pick(output), pick(other_output)
        if name == again and part is not None and other_part is not None and differ(other_part, part):
            return f", first seen after `{name}` ({type(module.get_submodule(name)).__name__})"
    return ""


@torch.no_grad()
def outputs(module: nn.Module, run: Run) -> list[tuple[str, Tensor]]:
    """What every submodule hands on during a run, by its name, in the order of execution."""
    seen: list[tuple[str, Tensor]] = []

    def note(name: str, _module: nn.Module, _inputs: Any, output: Any) -> None:
        first = output[0] if isinstance(output, tuple) and output else output
        if isinstance(first, Tensor) and first.is_floating_point():
            seen.append((name, first.clone()))

    handles = [child.register_forward_hook(partial(note, name)) for name, child in module.named_modules() if name]
    try:
        run()
    finally:
        for handle in handles:
            handle.remove()
    return seen


def everything(output: Tensor) -> Tensor:
    """All of an output."""
    return output


def of_event(index: int, batch: int, output: Tensor) -> Tensor | None:
    """An output for one event of the batch; None where the batch does not come first."""
    return output[index] if output.dim() and len(output) == batch else None


def at_pixel(pixel: int, size: tuple[int, ...], output: Tensor) -> Tensor | None:
    """An output at one place of the image or sequence, channels first or last; None where it has another layout.

    Args:
        pixel: The flat place in `size`.
        size: (H, W) or (T,).
        output: (B, channels, *size) or (B, *size, channels).
    """
    if tuple(output.shape[-len(size) :]) == size:
        return output.flatten(-len(size))[..., pixel]
    if tuple(output.shape[1 : 1 + len(size)]) == size:
        return output.flatten(1, len(size))[:, pixel]
    return None
