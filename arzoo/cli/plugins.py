"""`arzoo plugins`: who brought what, and what failed."""

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from arzoo.entries import DatasetEntry, HeadEntry, ModelEntry, OrderingEntry

KINDS = {"models": ModelEntry, "data sets": DatasetEntry, "orderings": OrderingEntry, "heads": HeadEntry}


def plugins() -> None:
    """Show the installed plugins, what each registers, and why one was refused."""
    from arzoo.plugins import records

    table = Table("plugin", "distribution", "version", "status", "registers, or the reason")
    for record in records():
        brought = "; ".join(
            f"{kind}: {', '.join(record.of(entry))}" for kind, entry in KINDS.items() if record.of(entry)
        )
        status = "[green]loaded[/green]" if record.status == "loaded" else "[red]refused[/red]"
        table.add_row(record.name, record.distribution, record.version, status, escape(record.reason or brought))
    Console().print(table)
