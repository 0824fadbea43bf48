"""Where do steps part from whole passes? In the first layer that gives something else at one position."""

import contextlib
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from arzoo.testing.compare import EXACT, differ
from arzoo.testing.layout import placed
from arzoo.testing.places import Places
from arzoo.testing.subject import Context
from arzoo.testing.trace import Call, calls, first_seen, recorded
from arzoo.testing.walk import Walk, whole_pass

if TYPE_CHECKING:
    from arzoo.model import AutoregressiveModel
    from arzoo.orderings import Ordering


# What the layers of `arzoo.nn` do at one position.
FORMS = ("at", "read")


@torch.no_grad()
def first_departure(model: "AutoregressiveModel", ordering: "Ordering", x: Tensor, context: Context) -> str:
    """Name the first layer whose value at a wrong step is not that of the whole pass.

    A layer is called by its `forward`, or by `at` or `read` where it has an incremental form of its own. Compared are
    layers that were right at every step whose params were right, so none is blamed for working otherwise by steps: some
    carry the sign or the sum of another layer there. Where no step is right there is nothing to go by.

    Args:
        model: In float64.
        ordering: Its ordering, of fixed length.
        x: Levels of several events.
        context: Their context.

    Returns:
        ", first seen after `blocks.1` (Block)", or nothing.
    """
    places, expected = Places(ordering), whole_pass(model, ordering, x, context)
    whole = {call.name: call.output for call in calls(model.backbone, partial(model, x, context))}
    walk, trusted, misled = Walk(model, ordering, x, context), set[str](), set[str]()
    for position, params in enumerate(expected):
        with recorded(model.backbone) as forwards, _incremental_forms(model.backbone, forwards):
            right = not differ(walk.step(position), params, EXACT)
        place = int(ordering.permutation[position])
        judged = [(call.name, _agrees(call, whole, len(x), place, places)) for call in forwards]
        if not right:
            blamed = [name for name, agrees in judged if agrees is False and name in trusted - misled]
            return first_seen(model.backbone, blamed[0]) if blamed else ""
        trusted |= {name for name, agrees in judged if agrees}
        misled |= {name for name, agrees in judged if agrees is False}
    return ""


@contextlib.contextmanager
def _incremental_forms(module: nn.Module, seen: list[Call]) -> Iterator[None]:
    """Note every call of a submodule's incremental form as well."""
    forms = [
        (name, vars(child), form, getattr(child, form))
        for name, child in module.named_modules()
        for form in FORMS
        if name and hasattr(child, form)
    ]

    def noting(name: str, method: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
        result = method(*arguments, **options)
        first = result[0] if isinstance(result, tuple) else result
        if isinstance(first, Tensor):
            seen.append(Call(name, (), first.clone()))
        return result

    before = [own.get(form) for _, own, form, _ in forms]
    for name, own, form, method in forms:
        own[form] = partial(noting, name, method)
    try:
        yield
    finally:
        for (_, own, form, _), kept in zip(forms, before, strict=True):
            own.pop(form) if kept is None else own.update({form: kept})


def _agrees(call: Call, whole: dict[str, Tensor], batch: int, place: int, places: Places) -> bool | None:
    """Whether a layer gives at a position what it gives in a whole pass; None where the two cannot be compared."""
    by_place = placed(whole[call.name], batch, places) if call.name in whole else None
    if by_place is None:
        return None
    expected, seen = by_place.values[by_place.index(place, places)], call.output
    lone = [size for size in seen.shape[1:] if size > 1]
    if len(seen) != batch or len(lone) > 1 or seen.numel() != expected.numel():
        return None
    return not differ(seen.reshape(expected.shape), expected, EXACT)
