"""`arzoo plugins`: who brought what, and what failed."""

import typer
from rich.table import Column, Table

from arzoo.cli.console import coloured, stdout
from arzoo.entries import DatasetEntry, HeadEntry, ModelEntry, OrderingEntry
from arzoo.plugins import Record, records

KINDS = {"models": ModelEntry, "data sets": DatasetEntry, "orderings": OrderingEntry, "heads": HeadEntry}

app = typer.Typer(add_completion=False)


@app.command()
def plugins() -> None:
    """Show the installed plugins, what each registers, and why one was refused or is disabled.

    ARZOO_PLUGINS=a,b loads these alone, ARZOO_DISABLE_PLUGINS=x all but these, ARZOO_STRICT=1 refuses none in silence.
    """
    table = Table("plugin", "status", Column("registers, or the reason", overflow="fold"))
    for record in records():
        origin = f"{record.name}\n{record.distribution} {record.version}"
        table.add_row(origin, coloured(record.status), record.reason or _registered(record))
    stdout().print(table)


def _registered(record: Record) -> str:
    """Return what a plugin brings, a line a kind; checkpoints stand behind their architecture."""
    lines = [f"{kind}: {', '.join(record.of(entry))}" for kind, entry in KINDS.items() if record.of(entry)]
    checkpoints = [checkpoint.id for entry in record.of(ModelEntry).values() for checkpoint in entry.checkpoints]
    return "\n".join([*lines, *([f"checkpoints: {', '.join(checkpoints)}"] if checkpoints else [])])
