"""A declared context as JSON has it, and back."""

from collections.abc import Mapping
from typing import Any

from arzoo.context.specs import ContextSpec, Labels, Latent, Series
from arzoo.errors import ContextError, did_you_mean


def context_from_config(config: Mapping[str, Mapping[str, Any]] | None) -> dict[str, ContextSpec]:
    """Rebuild a declared context from its JSON form, name to `to_config()` of its spec.

    Raises:
        ContextError: A spec is of an unknown kind or its arguments do not fit.

    Example:
        >>> context_from_config({"label": {"kind": "labels", "num_classes": 10}})
        {'label': Labels(num_classes=10, names=None)}
    """
    return {name: _spec_from_config(name, spec) for name, spec in (config or {}).items()}


def context_to_config(specs: Mapping[str, ContextSpec]) -> dict[str, dict[str, Any]]:
    """Return the JSON-able form of a declared context, which `context_from_config` reads."""
    return {name: spec.to_config() for name, spec in specs.items()}


def _spec_from_config(name: str, config: Mapping[str, Any]) -> ContextSpec:
    if not isinstance(config, Mapping):
        raise ContextError(f"Context {name!r} must be a table with a kind, got {config!r}.")
    kinds: dict[str, type[ContextSpec]] = {kind.kind: kind for kind in (Labels, Latent, Series)}
    arguments = dict(config)
    kind = arguments.pop("kind", None)
    if kind not in kinds:
        meant = did_you_mean(str(kind), kinds)
        raise ContextError(f"The kind of context {name!r} must be one of {', '.join(kinds)}, got {kind!r:.100}.{meant}")
    try:
        return kinds[kind](**arguments)
    except TypeError as error:
        raise ContextError(f"Context {name!r} of kind {kind!r} cannot be built: {error}.") from None
