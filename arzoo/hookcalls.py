"""Ask one plugin for its entries, and refuse what pluggy would let pass in silence.

Seen in pluggy 1.x: a hook whose name is misspelt is never called; a generator comes back unconsumed; `None`
is dropped; and a call to all plugins stops at the first that raises, without saying which.
"""

from collections.abc import Collection, Mapping

import pluggy

from arzoo.entries import DatasetEntry, Entry, HeadEntry, ModelEntry, OrderingEntry
from arzoo.errors import ArzooError, did_you_mean

HOOKS: Mapping[str, type[Entry]] = {
    "register_models": ModelEntry,
    "register_datasets": DatasetEntry,
    "register_orderings": OrderingEntry,
    "register_heads": HeadEntry,
}


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
