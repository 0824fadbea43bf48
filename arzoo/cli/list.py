"""`arzoo list`: what is in the zoo."""

import json
from collections.abc import Mapping
from typing import Annotated, Any

import typer
from rich.table import Column, Table

from arzoo import registry
from arzoo.cli.console import stdout
from arzoo.entries import Checkpoint, ModelEntry
from arzoo.errors import UnknownModelError, did_you_mean

app = typer.Typer(add_completion=False)


@app.command("list")
def list_models(
    pattern: Annotated[str, typer.Argument(help="Names to show; * stands for anything.")] = "*",
    pretrained: Annotated[bool, typer.Option("--pretrained", help="Show checkpoints alone.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show architectures and pretrained checkpoints."""
    architectures = [] if pretrained else registry.list_models(pattern)
    models = {id: registry.models()[id] for id in architectures}
    checkpoints = {id: registry.checkpoints()[id] for id in registry.list_models(pattern, pretrained=True)}
    if as_json:
        typer.echo(json.dumps(_described(models, checkpoints), indent=2))
    elif models or checkpoints:
        _print(models, checkpoints)
    else:
        raise _nothing(pattern)


def size_of(checkpoint: Checkpoint) -> str:
    """Return the size of a checkpoint's files, in MB, where they are pinned."""
    if not checkpoint.files:
        return "unpinned"
    return f"{sum(file.size for file in checkpoint.files.values()) / 1e6:.2f} MB"


def place_of(checkpoint: Checkpoint) -> str:
    """Return where a checkpoint's weights come from."""
    return "bundled" if checkpoint.bundle else (checkpoint.repo_id or "not published")


def paper_of(entry: ModelEntry) -> str:
    """Return the paper of an architecture as a line, or nothing."""
    return f"{entry.paper.title}, {entry.paper.year}, {entry.paper.link}" if entry.paper else ""


def _nothing(pattern: str) -> UnknownModelError:
    known = [*registry.models(), *registry.checkpoints()]
    if not known:
        return registry.unknown_model(pattern, known)
    return UnknownModelError(
        f"Nothing in the zoo is named {pattern!r}.{did_you_mean(pattern, known)} `arzoo list` shows all {len(known)}."
    )


def _described(models: Mapping[str, ModelEntry], checkpoints: Mapping[str, Checkpoint]) -> dict[str, Any]:
    return {
        "architectures": [
            {"id": id, "title": entry.title, "paper": paper_of(entry), "summary": entry.summary}
            for id, entry in models.items()
        ],
        "checkpoints": [
            {
                "id": id,
                "architecture": entry.architecture,
                "bytes": sum(file.size for file in entry.files.values()),
                "weights": place_of(entry),
                "pinned": bool(entry.files),
                "format": entry.format,
                "summary": entry.summary,
            }
            for id, entry in checkpoints.items()
        ],
    }


def _print(models: Mapping[str, ModelEntry], checkpoints: Mapping[str, Checkpoint]) -> None:
    if models:
        table = _table("Architectures", "architecture", "paper", "what it is")
        for id, entry in models.items():
            table.add_row(id, str(entry.paper.year) if entry.paper else "", entry.summary)
        stdout().print(table)
    if checkpoints:
        table = _table("Checkpoints", "checkpoint", "size", "weights", "what it is")
        for id, checkpoint in checkpoints.items():
            table.add_row(id, size_of(checkpoint), place_of(checkpoint), checkpoint.summary)
        stdout().print(table)


def _table(title: str, name: str, *columns: str) -> Table:
    """Make a table whose names are never cut, since they are copied from it."""
    return Table(Column(name, no_wrap=True), *columns, title=title, title_justify="left")
