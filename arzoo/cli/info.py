"""`arzoo info`: all that the registry knows of one name."""

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from arzoo import registry
from arzoo.cli.list import place_of, size_of
from arzoo.cli.options import Name
from arzoo.entries import Checkpoint, ModelEntry


def info(name: Name) -> None:
    """Show what is known of an architecture or a checkpoint."""
    entry = registry.info(name)
    rows = _of_architecture(entry) if isinstance(entry, ModelEntry) else _of_checkpoint(entry)
    table = Table.grid(padding=(0, 2))
    for key, value in rows:
        table.add_row(f"[bold]{key}[/bold]", escape(value))
    Console().print(table)


def _of_architecture(entry: ModelEntry) -> list[tuple[str, str]]:
    rows = [("architecture", f"{entry.id}  {entry.title}"), ("what it is", entry.summary)]
    if entry.paper:
        paper = entry.paper
        rows.append(("paper", f"{paper.authors}: {paper.title}, {paper.year}, {paper.link}"))
        rows += [("published", f"{r.value} {r.unit} on {r.task}") for r in paper.results]
    rows += [("config", f"{name}  {_arguments(config)}") for name, config in entry.configs.items()]
    rows += [("recipe", recipe) for recipe in entry.recipes]
    return rows + [("checkpoint", f"{c.id}  {size_of(c)}, {place_of(c)}") for c in entry.checkpoints]


def _of_checkpoint(checkpoint: Checkpoint) -> list[tuple[str, str]]:
    rows = [
        ("checkpoint", checkpoint.id),
        ("architecture", checkpoint.architecture),
        ("what it is", checkpoint.summary or "-"),
        ("weights", f"{size_of(checkpoint)}, {place_of(checkpoint)}"),
    ]
    if checkpoint.revision:
        rows.append(("revision", checkpoint.revision))
    return rows + [
        ("file", f"{name}  {file.size:,} bytes, sha256 {file.sha256}") for name, file in checkpoint.files.items()
    ]


def _arguments(config: Mapping[str, Any]) -> str:
    return ", ".join(f"{key}={value}" for key, value in config.items())
