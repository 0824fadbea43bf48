"""Speeds and sizes as the page shows them, one machine at a time: those of two machines share no column."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from arzoo.benchmark.page.reading import Shown
from arzoo.benchmark.results import Result
from arzoo.benchmark.subjects import LENGTH

BATCHES = (1, 16)
"""Events at a time whose speed has a column."""


@dataclass(frozen=True)
class Setting:
    """Where times were measured: machine and threads, torch, allocator.

    Attributes:
        key: As `Result.setting`.
        label: In words.
    """

    key: tuple[Any, ...]
    label: str


def settings_of(models: Sequence[Shown]) -> list[Setting]:
    """Return the settings of all results, the one with most models first."""
    counts = Counter(result.setting for shown in models for result in shown.results)
    keys = sorted(counts, key=lambda key: (-counts[key], str(key)))
    return [Setting(key, _label(key)) for key in keys]


def _label(key: tuple[Any, ...]) -> str:
    machine, torch, allocator = key
    tuned = ", ".join(f"{name}={value}" for name, value in allocator)
    return f"{machine}, torch {torch}, {tuned or 'default allocator'}"


def speeds_of(shown: Shown, result: Result) -> dict[str, float | None]:
    """Return the figures of a result that the tables and the axes are made of, None where one is missing.

    Of images they are images a second, of sequences symbols: events of one model are longer than those of another.
    """
    sampling, training = result.part("sampling"), result.part("training")
    rows = {row["batch"]: row for row in sampling["rows"]} if sampling else {}
    by_symbol = counted_in(shown) != "images"
    rate = "symbols_per_second" if by_symbol else "events_per_second"
    return {
        **{f"sampling{batch}": rows.get(batch, {}).get(rate) for batch in BATCHES},
        "training": training["items_per_second"] * (_item_length(shown) if by_symbol else 1) if training else None,
        "memory": max(row["peak_bytes"] for row in rows.values()) if rows else None,
    }


def counted_in(shown: Shown) -> str:
    """Return what speeds of a model are counted in: images, samples or characters."""
    subject = shown.subject
    return "images" if subject.medium == "image" else f"{subject.symbol}s"


def _item_length(shown: Shown) -> int:
    """Return the symbols of an item of a training, as `random_batch` makes it."""
    return shown.subject.event_shape[-1] or shown.subject.recipe.get("data", {}).get("crop") or LENGTH


def flops_of(shown: Shown) -> float | None:
    """Return the operations of the training that made the weights: counted, so the same on every machine."""
    parts = (result.part("training") for result in shown.results)
    return next((part["training_flops"] for part in parts if part and part["training_flops"]), None)


def parameters_of(shown: Shown) -> int | None:
    """Return how many parameters a model has, as recorded with its likelihood or its speed."""
    recorded = shown.subject.records.get("likelihood", {}).get("parameters")
    return recorded or next((result.parameters for result in shown.results if result.parameters), None)
