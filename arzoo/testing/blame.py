"""Which layer looks ahead? The one that reads a later symbol where nothing that it was given there knew of it."""

from functools import partial
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from arzoo.testing.compare import differ, gaps
from arzoo.testing.layout import placed
from arzoo.testing.measure import one_symbol_changed
from arzoo.testing.places import Places
from arzoo.testing.subject import DRAWS, Context, Subject
from arzoo.testing.trace import Call, calls, first_seen

if TYPE_CHECKING:
    from arzoo.model import AutoregressiveModel

CHANGED = 1e-11


def looks_ahead(subject: Subject, places: Places, leaks: Tensor) -> str:
    """Name the first layer through which the first leak comes.

    To blame is a layer whose output at the position moves with the symbol, while what it was given at the position and
    at earlier ones stays; and without which the leak is gone. So layers are not blamed that see later symbols by right
    (the vertical stack of a Gated PixelCNN, before it is shifted down), nor those to which a leak is handed on.

    Args:
        subject: The model.
        places: Of its ordering.
        leaks: Booleans (P, E) of position and symbol, at least one True.

    Returns:
        ", first seen after `blocks.1.norm` (LayerNorm)", or nothing: the leak lies between layers, or within a pixel,
        whose own colours the first layers see by right.
    """
    pairs = leaks if places.has_lone_symbols else places.across_pixels(leaks)
    if pairs.any():
        position, symbol = places.first_pair(pairs)
        for seed in range(DRAWS):
            found = _at_pair(subject, places, position, symbol, seed)
            if found:
                return found
    return ""


@torch.no_grad()
def _at_pair(subject: Subject, places: Places, position: int, symbol: int, seed: int) -> str:
    model, x, context = subject.redrawn(seed), subject.events(1, seed), subject.contexts(1, seed)
    for changed in one_symbol_changed(x[0], model.num_levels, seed)[symbol :: x.numel()]:
        before = calls(model.backbone, partial(model, x, context))
        after = calls(model.backbone, partial(model, changed[None], context))
        for one, other in zip(before, after, strict=False):
            alike = one.name == other.name and _introduces(one, other, position, places)
            if alike and _is_cured(model, changed[None], context, before, one.name, position, model(x, context)):
                return first_seen(model.backbone, one.name)
    return ""


def _introduces(one: Call, other: Call, position: int, places: Places) -> bool:
    """Whether a layer's output at a position has changed, and nothing that it was given there or earlier."""
    if one.output.shape != other.output.shape:
        return False
    if not _changed(one.output, other.output, position, places, there=True):
        return False
    inputs = zip(one.inputs, other.inputs, strict=False)
    return all(_changed(a, b, position, places, there=False) is False for a, b in inputs)


def _changed(one: Tensor, other: Tensor, position: int, places: Places, *, there: bool) -> bool | None:
    """Whether a tensor has changed at a position, or at all positions up to it; None where its layout is unknown."""
    a, b = placed(one, 1, places), placed(other, 1, places)
    if a is None or b is None:
        return None if differ(other, one) else False
    index = a.index(position, places)
    upto = a.steps <= a.steps[index]
    moved = (gaps(b.values.double(), a.values.double()) > CHANGED).flatten(1).any(1)
    return bool(moved[index] if there else moved[upto].any())


def _is_cured(
    model: "AutoregressiveModel",
    x: Tensor,
    context: Context,
    before: list[Call],
    name: str,
    position: int,
    expected: Tensor,
) -> bool:
    """Whether params at a position are as expected once a layer hands on what it did before."""
    outputs = iter([call.output for call in before if call.name == name])

    def replace(_module: nn.Module, _inputs: object, output: object) -> object:
        kept = next(outputs)
        return (kept, *output[1:]) if isinstance(output, tuple) else kept

    handle = model.backbone.get_submodule(name).register_forward_hook(replace)
    try:
        cured = model(x, context)
    finally:
        handle.remove()
    return not differ(cured.flatten(2)[:, :, position], expected.flatten(2)[:, :, position])
