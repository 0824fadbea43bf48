"""What tables of several subjects share: the recorded results, and rows in Markdown."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "docs/benchmark/results"
NOT_MEASURED = "-"
SURROUNDINGS = "threads, torch, allocator"


def likelihood(checkpoint: str) -> dict:
    """The recorded likelihood of a checkpoint; empty where none was recorded."""
    record = RESULTS / f"{checkpoint}.likelihood.json"
    return json.loads(record.read_text(encoding="utf-8")) if record.is_file() else {}


def recorded(kind: str) -> list[dict]:
    """The records of a kind, by the name of the file."""
    return [json.loads(path.read_text(encoding="utf-8")) for path in sorted(RESULTS.glob(f"*.{kind}.json"))]


def figures(value: float) -> str:
    """Three figures, or all before the point where there are more."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def surroundings(record: Mapping[str, Any]) -> str:
    """What a time hangs on besides the program and the machine."""
    return f"{record['threads']}, {record['torch']}, {'tuned' if record['allocator'] else 'default'}"


def table(rows: list[list[str]]) -> str:
    """Rows, the first one the head, in Markdown."""
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    lines.insert(1, "|" + " --- |" * len(rows[0]))
    return "\n".join(lines)
