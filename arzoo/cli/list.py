"""`arzoo list`: what is in the zoo."""

import json
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from arzoo import registry
from arzoo.entries import Checkpoint, ModelEntry
from arzoo.errors import did_you_mean


def list_models(
    pattern: Annotated[str, typer.Argument(help="Names to show; * stands for anything.")] = "*",
    pretrained: Annotated[bool, typer.Option("--pretrained", help="Show checkpoints alone.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show architectures and pretrained checkpoints."""
    entries = {} if pretrained else {id: registry.models()[id] for id in registry.list_models(pattern)}
    checkpoints = {id: registry.checkpoints()[id] for id in registry.list_models(pattern, pretrained=True)}
    if as_json:
        typer.echo(json.dumps({"architectures": list(entries), "checkpoints": list(checkpoints)}, indent=2))
    elif not entries and not checkpoints:
        typer.echo(_nothing(pattern))
    else:
        _print(entries, checkpoints)


def _nothing(pattern: str) -> str:
    if not registry.models():
        return (
            "The zoo is empty: no plugin is installed. Run pip install arzoo-pixelcnn, or write a plugin of your own."
        )
    names = [*registry.models(), *registry.checkpoints()]
    return (
        f"Nothing in the zoo is named {pattern!r}.{did_you_mean(pattern, names)} `arzoo list` shows all {len(names)}."
    )


def _print(entries: dict[str, ModelEntry], checkpoints: dict[str, Checkpoint]) -> None:
    console = Console()
    if entries:
        table = Table("architecture", "paper", "what it is", title="Architectures", title_justify="left")
        for id, entry in entries.items():
            table.add_row(id, f"{entry.paper.title}, {entry.paper.year}" if entry.paper else "", entry.summary)
        console.print(table)
    if checkpoints:
        table = Table("checkpoint", "size", "weights", title="Pretrained checkpoints", title_justify="left")
        for id, checkpoint in checkpoints.items():
            table.add_row(id, size_of(checkpoint), place_of(checkpoint))
        console.print(table)


def size_of(checkpoint: Checkpoint) -> str:
    """The size of a checkpoint's files, in MB."""
    return f"{sum(file.size for file in checkpoint.files.values()) / 1e6:.2f} MB"


def place_of(checkpoint: Checkpoint) -> str:
    """Where a checkpoint's weights come from."""
    return "bundled" if checkpoint.bundle else (checkpoint.repo_id or "not published")
