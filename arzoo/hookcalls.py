"""Ask one plugin for its entries, and refuse what pluggy would let pass in silence.

Seen in pluggy 1.x: a hook whose name is misspelt is never called; a generator comes back unconsumed; `None`
is dropped; and a call to all plugins stops at the first that raises, without saying which.
"""

import re
from collections.abc import Collection, Mapping
from importlib.metadata import version
from inspect import signature

import pluggy

from arzoo.entries import DatasetEntry, Entry, HeadEntry, ModelEntry, OrderingEntry
from arzoo.errors import ArzooError, did_you_mean

API_VERSION = "1.0"
"""Version of what a plugin may rely on: the first number rises when a plugin must be changed, the second when more is
offered."""

_VERSION = re.compile(r"[0-9]+\.[0-9]+")

HOOKS: Mapping[str, type[Entry]] = {
    "register_models": ModelEntry,
    "register_datasets": DatasetEntry,
    "register_orderings": OrderingEntry,
    "register_heads": HeadEntry,
}


def check_api(plugin: object) -> None:
    """Refuse a plugin whose `ARZOO_API`, if it has one, is of another arzoo, before any of its hooks is called.

    Raises:
        ArzooError: The version is no version, or an incompatible one.
    """
    wanted = getattr(plugin, "ARZOO_API", API_VERSION)
    if not isinstance(wanted, str) or not _VERSION.fullmatch(wanted):
        raise ArzooError(f'`ARZOO_API` must be a version such as "{API_VERSION}", got {wanted!r}.')
    (major, minor), (own_major, own_minor) = (map(int, text.split(".")) for text in (wanted, API_VERSION))
    if major != own_major or minor > own_minor:
        older = "a later" if (major, minor) < (own_major, own_minor) else "an earlier"
        repair = f"Install {older} version of it, or another arzoo"
        rule = f"It is made for version {wanted} of the plugin API"
        raise ArzooError(f"{rule}, and arzoo {version('arzoo')} has version {API_VERSION}. {repair}.")


def check_arguments(plugin: object) -> None:
    """Refuse a hook that asks for something: pluggy would name the arguments, and not the repair.

    Raises:
        ArzooError: A hook takes arguments.
    """
    for hook in HOOKS:
        function = getattr(plugin, hook, None)
        if callable(function) and signature(function).parameters:
            rule = f"`{hook}` must take no arguments, got {signature(function)}"
            raise ArzooError(f"{rule}. Write `def {hook}():`.")


def entries_of(plugin: object, manager: pluggy.PluginManager) -> tuple[Entry, ...]:
    """Call every hook that a registered plugin implements, and return what it registers.

    Raises:
        ArzooError: A hook is unknown or unmarked, or returns anything but a list of its entries.
    """
    implemented = {caller.name: _implementation(caller, plugin) for caller in manager.get_hookcallers(plugin) or []}
    _check_marked(plugin, implemented)
    _check_known(implemented)
    calls = [(hook, implemented[hook].function) for hook in HOOKS if hook in implemented]
    return tuple(entry for hook, function in calls for entry in _checked(hook, function()))


def _implementation(caller: pluggy.HookCaller, plugin: object) -> pluggy.HookImpl:
    return next(found for found in caller.get_hookimpls() if found.plugin is plugin)


def _check_marked(plugin: object, implemented: Collection[str]) -> None:
    for hook in HOOKS:
        if hook not in implemented and callable(getattr(plugin, hook, None)):
            raise ArzooError(f"`{hook}` is not marked as a hook. Put @arzoo.hookimpl above it.")
    if not implemented:
        raise ArzooError(f"It implements no hook. Define one of {', '.join(HOOKS)}, with @arzoo.hookimpl above it.")


def _check_known(implemented: Mapping[str, pluggy.HookImpl]) -> None:
    for hook, implementation in implemented.items():
        if hook not in HOOKS and not implementation.optionalhook:
            raise ArzooError(f"arzoo has no hook `{hook}`.{did_you_mean(hook, HOOKS)}")


def _checked(hook: str, result: object) -> list[Entry]:
    kind = HOOKS[hook]
    if not isinstance(result, list | tuple):
        rule = f"`{hook}` must return a list of {kind.__name__}"
        raise ArzooError(f"{rule}, got a {type(result).__name__}. Use `return [...]`, without yield.")
    for entry in result:
        if not isinstance(entry, kind):
            raise ArzooError(f"`{hook}` must return a list of {kind.__name__}, got the item {entry!r}.")
    _check_distinct(hook, [entry.id for entry in result])
    return list(result)


def _check_distinct(hook: str, ids: list[str]) -> None:
    twice = [id for id in dict.fromkeys(ids) if ids.count(id) > 1]
    if twice:
        raise ArzooError(f"`{hook}` must return distinct ids, got {twice[0]!r} more than once.")
