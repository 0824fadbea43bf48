import inspect

import pytest

import arzoo
from arzoo import hookspecs, plugins, registry
from arzoo.hookcalls import HOOKS

ENTRIES = {
    "register_models": (arzoo.ModelEntry("farmgated", "nowhere:build", {"tiny": {}}), registry.models),
    "register_datasets": (arzoo.DatasetEntry("fields", "nowhere:load"), registry.datasets),
    "register_orderings": (arzoo.OrderingEntry("furrow", "nowhere:Furrow"), registry.orderings),
    "register_heads": (arzoo.HeadEntry("cow", "nowhere:Cow"), registry.heads),
}


def test_the_hooks_are_those_that_are_specified():
    specified = {name for name, value in vars(hookspecs).items() if inspect.isfunction(value)}
    assert specified == set(HOOKS) == set(ENTRIES)


@pytest.mark.usefixtures("own_zoo")
@pytest.mark.parametrize("sequence", [list, tuple])
@pytest.mark.parametrize("hook", HOOKS)
def test_what_a_hook_returns_is_in_the_zoo(hook, sequence):
    entry, look_up = ENTRIES[hook]
    plugin = type("Plugin", (), {hook: arzoo.hookimpl(lambda self: sequence([entry]))})()
    plugins.register(plugin, "farm")
    assert look_up()[entry.id] is entry


@pytest.mark.usefixtures("own_zoo")
@pytest.mark.parametrize("hook", HOOKS)
def test_a_hook_may_bring_nothing(hook):
    plugin = type("Plugin", (), {hook: arzoo.hookimpl(lambda self: [])})()
    assert plugins.register(plugin, "farm").entries == ()
