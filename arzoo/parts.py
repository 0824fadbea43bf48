"""Build a registered part of a model, an ordering or a head, from its JSON form."""

import inspect
from collections.abc import Mapping
from typing import Any

from arzoo import registry
from arzoo.entries import HeadEntry, OrderingEntry
from arzoo.errors import ConfigError, did_you_mean

Entries = Mapping[str, OrderingEntry] | Mapping[str, HeadEntry]


def build_part(what: str, entries: Entries, config: Mapping[str, Any]) -> Any:
    """Build the part that `config["name"]` names from the other keys of `config`.

    Args:
        what: "ordering" or "head", for messages.
        entries: The registered ones by id.
        config: "name" and the arguments of the builder.

    Raises:
        ConfigError: The name is missing or not registered, or the builder takes no such argument or lacks one.
    """
    arguments = dict(config)
    name = arguments.pop("name", None)
    if not isinstance(name, str) or name not in entries:
        raise ConfigError(f"Unknown {what} {name!r}.{did_you_mean(str(name), entries)} Known: {', '.join(entries)}.")
    build = registry.resolve(entries[name].build)
    try:
        inspect.signature(build).bind(**arguments)
    except TypeError as error:
        raise ConfigError(f"{what.capitalize()} {name!r} cannot be built: {error}. {_spelling(build)}") from None
    return build(**arguments)


def _spelling(build: Any) -> str:
    return f"Its arguments are {', '.join(inspect.signature(build).parameters)}."
