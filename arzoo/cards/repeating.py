"""The command that repeats a training."""

import json
import shlex
from collections.abc import Iterator, Mapping
from typing import Any

from arzoo.cards.subject import Subject
from arzoo.errors import ConfigError


def command(subject: Subject) -> str | None:
    """Return the command of a training, or None where its recipe is in no plugin, or is one that nobody can read today.

    What was set otherwise than the recipe says today is set on the command line.
    """
    from arzoo.training.recipes import load_recipe, recipe_from_config

    name, processes = str(subject.recipe.get("name")), subject.training.get("processes") or 1
    if name not in subject.entry.recipes:
        return None
    try:
        recorded = recipe_from_config(subject.recipe).to_config()
    except ConfigError:
        return None
    launcher = f"torchrun --nproc-per-node {processes} -m " if processes > 1 else ""
    changes = _changes(recorded, load_recipe(name).to_config())
    words = [f"{launcher}arzoo train {name} --out runs/{name}", *_start(subject), *changes]
    return " \\\n  ".join(words)


def _start(subject: Subject) -> Iterator[str]:
    """Yield what the training began with, if not with fresh weights; its name may have a remark behind a comma."""
    source = str(subject.training.get("init_from") or "").partition(",")[0]
    if source:
        yield f"--init-from {source if shlex.quote(source) == source else 'local-dir:EARLIER'}"


def _changes(recorded: Mapping[str, Any], today: Mapping[str, Any]) -> Iterator[str]:
    """Yield the options that turn a recipe of today into one that was recorded."""
    from arzoo.training.tables import differences

    for path in differences(recorded, today):
        value: Any = recorded
        for key in path.split("."):
            value = value.get(key)
        if value is not None:  # what a recipe has gained since cannot be taken from it
            yield f"--set {shlex.quote(f'{path}={_as_toml(value)}')}"


def _as_toml(value: Any) -> str:
    """Write a value on one line such that it is read as what it is; a word needs no quotes."""
    return value if isinstance(value, str) and value.isidentifier() else json.dumps(value)
