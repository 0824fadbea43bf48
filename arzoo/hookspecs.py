"""The four hooks of arzoo: what a plugin may add to the zoo.

Each hook takes nothing and returns a *list* of frozen entries. An entry names its function as
`"module:function"`, so that listing the zoo imports no model, no data set and no torch.
"""

import pluggy

from arzoo.entries import DatasetEntry, HeadEntry, ModelEntry, OrderingEntry

hookspec = pluggy.HookspecMarker("arzoo")
hookimpl = pluggy.HookimplMarker("arzoo")


@hookspec
def register_models() -> list[ModelEntry]:  # type: ignore[empty-body]
    """Return the architectures of this plugin, each with its configs, recipes and checkpoints."""


@hookspec
def register_datasets() -> list[DatasetEntry]:  # type: ignore[empty-body]
    """Return the data sets that this plugin can load."""


@hookspec
def register_orderings() -> list[OrderingEntry]:  # type: ignore[empty-body]
    """Return the orderings of positions that this plugin defines."""


@hookspec
def register_heads() -> list[HeadEntry]:  # type: ignore[empty-body]
    """Return the output distributions that this plugin defines."""
