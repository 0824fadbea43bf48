"""Check what a caller gives against what a model declares, before a backbone sees it."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from arzoo.context.specs import ContextSpec, Labels
from arzoo.errors import ContextError, did_you_mean


def validate_context(
    specs: Mapping[str, ContextSpec],
    context: Mapping[str, Any] | None,
    batch: int,
    device: torch.device | str | None = None,
    *,
    length: int | None = None,
) -> dict[str, Tensor] | None:
    """Return every declared context as a tensor for the batch, or None for a model that declares none.

    Args:
        specs: What the model declares, by name.
        context: What the caller gave, by name; a single value holds for the whole batch.
        batch: Number of events, B.
        device: Where the tensors go; None leaves each where it is.
        length: Length of the events, where it is free and known.

    Raises:
        ContextError: A context is needed, not taken, missing, unknown or malformed.

    Example:
        >>> validate_context({"label": Labels(10)}, {"label": 3}, batch=2)
        {'label': tensor([3, 3])}
    """
    given = {} if context is None else context
    if not isinstance(given, Mapping):
        raise ContextError(f"`context` must map names to values, got {type(given).__name__}. Use {_example(specs)}.")
    _check_names(specs, given)
    checked = {name: _checked(name, spec, given[name], batch, length) for name, spec in specs.items()}
    return {name: value.to(device) for name, value in checked.items()} or None


def _check_names(specs: Mapping[str, ContextSpec], given: Mapping[str, Any]) -> None:
    if given and not specs:
        raise ContextError(f"This model takes no context, got {', '.join(map(repr, given))}. Leave `context` out.")
    for name in given:
        if name not in specs:
            known = ", ".join(map(repr, specs))
            raise ContextError(f"This model takes context {known}, got {name!r}.{did_you_mean(str(name), specs)}")
    missing = [name for name in specs if name not in given]
    if missing:
        came = ", ".join(map(repr, given)) or "none"
        names = ", ".join(map(repr, missing))
        raise ContextError(f"This model needs context {names}, got {came}. Use context={_example(specs)}.")


def _example(specs: Mapping[str, ContextSpec]) -> str:
    values = (f"{name!r}: {'0' if isinstance(spec, Labels) else '...'}" for name, spec in specs.items())
    return f"{{{', '.join(values)}}}"


def _checked(name: str, spec: ContextSpec, value: Any, batch: int, length: int | None) -> Tensor:
    try:
        return spec.check(value, batch, length=length)
    except ContextError as error:
        raise ContextError(f"Context {name!r}: {error}") from None
