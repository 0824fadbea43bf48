"""Speeds and sizes as the page shows them, one machine at a time: those of two machines share no column."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from arzoo.benchmark.page.reading import Shown
from arzoo.benchmark.results import Result

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


def speeds_of(result: Result) -> dict[str, float | None]:
    """Return the figures of a result that the tables and the axes are made of, None where one is missing."""
    sampling, training = result.part("sampling"), result.part("training")
    rows = {row["batch"]: row for row in sampling["rows"]} if sampling else {}
    rates = {f"sampling{batch}": _rate(rows[batch]) if batch in rows else None for batch in BATCHES}
    peaks = [row["peak_bytes"] for row in rows.values()]
    return {
        **rates,
        "training": training["items_per_second"] if training else None,
        "memory": max(peaks) if peaks else None,
    }


def flops_of(shown: Shown) -> float | None:
    """Return the operations of the training that made the weights: counted, so the same on every machine."""
    parts = (result.part("training") for result in shown.results)
    return next((part["training_flops"] for part in parts if part and part["training_flops"]), None)


def parameters_of(shown: Shown) -> int | None:
    """Return how many parameters a model has, as recorded with its likelihood or its speed."""
    recorded = shown.subject.records.get("likelihood", {}).get("parameters")
    return recorded or next((result.parameters for result in shown.results if result.parameters), None)


def _rate(row: dict[str, Any]) -> float:
    """Events a second; symbols where the length of events is free."""
    return float(row["symbols_per_second"] if row["events_per_second"] is None else row["events_per_second"])
