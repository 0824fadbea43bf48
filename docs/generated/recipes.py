"""The table of everything that a recipe may say."""

import dataclasses
from typing import Any

from arzoo.training.recipes import DataPart, ModelPart, TrainingPart
from generated.records import table


def keys() -> str:
    """Every key of a recipe with its default and what it means, section by section."""
    parts = {"model": ModelPart, "data": DataPart, "training": TrainingPart}
    rows = [key_row(section, field) for section, part in parts.items() for field in dataclasses.fields(part)]
    return table([["key", "where left out", "what it means"], *rows])


def key_row(section: str, field: dataclasses.Field[Any]) -> list[str]:
    """One key."""
    return [f"`{section}.{field.name}`", default_of(field), field.metadata["says"]]


def default_of(field: dataclasses.Field[Any]) -> str:
    """What holds where a recipe does not say; a key without a default must be said."""
    if field.default_factory is not dataclasses.MISSING:
        return "none"
    if field.default is dataclasses.MISSING:
        return "must be said"
    value = list(field.default) if isinstance(field.default, tuple) else field.default
    return f"`{value}`" if value not in ("", []) else "none"
