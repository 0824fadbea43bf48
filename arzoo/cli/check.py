"""`arzoo check`: the conformance suite on an architecture."""

from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

if TYPE_CHECKING:
    from arzoo.testing import Row

COLOURS = {"passed": "green", "failed": "bold red", "skipped": "dim", "blocked": "yellow"}


def check(
    name: Annotated[str | None, typer.Argument(help="An architecture; left out, all that are installed.")] = None,
    deep: Annotated[bool, typer.Option("--deep", help="Also the checks that take seconds each.")] = False,
) -> None:
    """Put every promise of the interface to the test at every tiny config; exit code 1 if one is broken."""
    from arzoo.testing import run_all

    table = Table("config", "check", "outcome", "what it proves, or what is wrong")
    report = run_all(name, deep=deep, progress=lambda row: _add(table, row))
    Console().print(table)
    count = len(report.rows)
    typer.echo(f"{count - len(report.failures)} of {count} checks without a failure.")
    if not report.passed:
        raise typer.Exit(1)


def _add(table: Table, row: "Row") -> None:
    status = row.outcome.status
    said = row.proves if status == "passed" else row.outcome.message
    table.add_row(f"{row.architecture}/{row.config}", row.check, f"[{COLOURS[status]}]{status}[/]", escape(said))
