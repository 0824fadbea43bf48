"""Who is in the zoo: look up architectures, checkpoints, data sets, orderings and heads by name."""

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from functools import reduce
from importlib import import_module
from typing import Any, cast

from arzoo import plugins
from arzoo.entries import (
    Checkpoint,
    DatasetEntry,
    Entry,
    File,
    HeadEntry,
    ModelEntry,
    OrderingEntry,
    Paper,
    PublishedResult,
)
from arzoo.errors import ConfigError, DuplicateModelError, PluginError, UnknownModelError, did_you_mean

__all__ = [
    "Checkpoint",
    "DatasetEntry",
    "Entry",
    "File",
    "HeadEntry",
    "ModelEntry",
    "OrderingEntry",
    "Paper",
    "PublishedResult",
    "checkpoint_entry",
    "checkpoints",
    "converter_entry",
    "converters",
    "datasets",
    "heads",
    "info",
    "list_models",
    "model_entry",
    "models",
    "orderings",
    "plugin_error",
    "resolve",
    "unknown_model",
]


def models() -> Mapping[str, ModelEntry]:
    """Return every architecture by id, sorted."""
    return plugins.zoo().entries(ModelEntry)


def checkpoints() -> Mapping[str, Checkpoint]:
    """Return every checkpoint by id, sorted."""
    found = {checkpoint.id: checkpoint for entry in models().values() for checkpoint in entry.checkpoints}
    return dict(sorted(found.items()))


def converters() -> Mapping[str, ModelEntry]:
    """Return the architecture that each foreign format of weights becomes, by the name of the format, sorted."""
    found = {format: entry for entry in models().values() for format in entry.converters}
    return dict(sorted(found.items()))


def datasets() -> Mapping[str, DatasetEntry]:
    """Return every data set by id, sorted."""
    return plugins.zoo().entries(DatasetEntry)


def orderings() -> Mapping[str, OrderingEntry]:
    """Return every ordering by id, sorted."""
    return plugins.zoo().entries(OrderingEntry)


def heads() -> Mapping[str, HeadEntry]:
    """Return every head by id, sorted."""
    return plugins.zoo().entries(HeadEntry)


def list_models(pattern: str = "*", *, pretrained: bool = False) -> list[str]:
    """Return the names in the zoo that match a shell pattern, sorted.

    Args:
        pattern: As a shell reads it, "pixel*"; upper and lower case are the same.
        pretrained: Checkpoint ids, which `arzoo.load` takes, instead of architectures.
    """
    names = checkpoints() if pretrained else models()
    return [name for name in names if fnmatchcase(name, pattern.lower())]


def info(name: str) -> ModelEntry | Checkpoint:
    """Return the entry of an architecture, or of a checkpoint.

    Raises:
        UnknownModelError: Neither is called `name`.
    """
    known: dict[str, ModelEntry | Checkpoint] = {**models(), **checkpoints()}
    if name not in known:
        raise unknown_model(name, known)
    return known[name]


def model_entry(name: str) -> ModelEntry:
    """Return the entry of an architecture, which `arzoo.create` builds.

    Raises:
        UnknownModelError: No architecture is called `name`.
    """
    if name in checkpoints():
        repair = f"arzoo.load({name!r}) reads it, arzoo.create({name.partition('-')[0]!r}) starts afresh"
        raise UnknownModelError(f"{name!r} is a checkpoint, not an architecture: {repair}.")
    if name not in models():
        raise unknown_model(name, models())
    return models()[name]


def checkpoint_entry(name: str) -> Checkpoint:
    """Return the entry of a checkpoint, which `arzoo.load` reads.

    Raises:
        UnknownModelError: No checkpoint is called `name`.
    """
    if name in models():
        repair = f"arzoo.create({name!r}) builds it with fresh weights"
        meant = did_you_mean(name, [checkpoint.id for checkpoint in models()[name].checkpoints])
        raise UnknownModelError(f"{name!r} is an architecture, not a checkpoint: {repair}.{meant}")
    if name not in checkpoints():
        raise unknown_model(name, checkpoints())
    return checkpoints()[name]


def converter_entry(format: str) -> ModelEntry:
    """Return the entry of the architecture that a foreign format of weights becomes.

    Raises:
        ConfigError: No format is called `format`.
        DuplicateModelError: Several architectures claim it.
    """
    claimants = [entry for entry in models().values() if format in entry.converters]
    if not claimants:
        known = f"Formats: {', '.join(converters())}." if converters() else "No installed plugin converts any."
        raise ConfigError(f"Unknown format {format!r}.{did_you_mean(format, converters())} {known}")
    if len(claimants) > 1:
        names = " and by ".join(entry.id for entry in claimants)
        repair = "`arzoo plugins` says who brings them: uninstall one."
        raise DuplicateModelError(f"The format {format!r} is claimed by {names}. {repair}")
    return claimants[0]


def unknown_model(name: str, known: Iterable[str]) -> UnknownModelError:
    """Return the error for a name that is not among the `known` ones, with the nearest of them."""
    known = list(known)
    statuses = [record.status for record in plugins.records()]
    absent = [f"{status} plugins: {statuses.count(status)}" for status in ("refused", "disabled") if status in statuses]
    why = f" {', '.join(absent).capitalize()}, `arzoo plugins` says why." if absent else ""
    if not known:
        repair = " No installed plugin brings any: `pip install arzoo-gatedpixelcnn` adds some."
    else:
        repair = f"{did_you_mean(name, known)} `arzoo list` shows all {len(known)}."
    return UnknownModelError(f"Unknown model {name!r}.{repair}{why}")


def resolve(reference: str) -> Any:
    """Return the function that an entry names, importing its module only now.

    Args:
        reference: "module:function".

    Raises:
        PluginError: The module cannot be imported, or has no such function.
    """
    module, _, path = reference.partition(":")
    try:
        return reduce(getattr, path.split("."), cast(Any, import_module(module)))
    except Exception as error:  # a module of someone else's may raise anything
        raise plugin_error(reference, f"cannot be imported: {type(error).__name__}: {error}") from error


def plugin_error(reference: str, fault: str) -> PluginError:
    """Return the error for a function that is at fault, with the distribution that registers it."""
    owner = plugins.zoo().owner(reference)
    if owner is None:
        return PluginError(f"{reference!r} {fault}.")
    message = f"{reference!r} of {owner.origin} {fault}."
    return PluginError(message, distribution=owner.distribution, version=owner.version)
