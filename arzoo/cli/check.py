"""`arzoo check`: the conformance suite on an architecture."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from arzoo.cli.console import COLOURS, stdout

if TYPE_CHECKING:
    from arzoo.testing import Row

MARKS = {"passed": "ok", "failed": "FAILED", "skipped": "-", "blocked": "blocked"}

app = typer.Typer(add_completion=False)


@app.command()
def check(
    name: Annotated[str | None, typer.Argument(help="An architecture; left out, all that are installed.")] = None,
    deep: Annotated[bool, typer.Option("--deep", help="Also the checks that take seconds each.")] = False,
) -> None:
    """Put every promise of the interface to the test at every tiny config; exit code 1 if one is broken."""
    from arzoo.testing import run_all

    with Console(stderr=True).status("building") as status:
        report = run_all(name, deep=deep, progress=lambda row: status.update(f"{row.config}: {row.check}"))
    for architecture in dict.fromkeys(row.architecture for row in report.rows):
        for rows in _fitting([row for row in report.rows if row.architecture == architecture], stdout().width):
            stdout().print(_table(architecture, rows))
    for row in report.rows:
        if row.outcome.status == "failed":
            typer.echo(f"{row.architecture}/{row.config}: {row.outcome.message}\n")
    typer.echo(_summary(report.rows))
    raise typer.Exit(0 if report.passed else 1)


def _fitting(rows: "Sequence[Row]", width: int) -> "Iterator[Sequence[Row]]":
    """The rows of as many configs at a time as stand beside each other with their names in full."""
    left = width - max(len(row.check) for row in rows) - 4
    room, chosen = left, set[str]()
    for config in dict.fromkeys(row.config for row in rows):
        needed = max(len(config), *map(len, MARKS.values())) + 3
        if chosen and needed > room:
            yield [row for row in rows if row.config in chosen]
            room, chosen = left, set()
        room -= needed
        chosen.add(config)
    yield [row for row in rows if row.config in chosen]


def _table(architecture: str, rows: "Sequence[Row]") -> Table:
    """One line a check, one column a config."""
    outcomes = {(row.check, row.config): row.outcome for row in rows}
    configs = list(dict.fromkeys(row.config for row in rows))
    table = Table("check", *configs, title=architecture, title_justify="left")
    for check in dict.fromkeys(row.check for row in rows):
        statuses = [outcomes[check, config].status for config in configs]
        table.add_row(check, *(Text(MARKS[status], style=COLOURS[status]) for status in statuses))
    return table


def _summary(rows: "Sequence[Row]") -> str:
    statuses = [row.outcome.status for row in rows]
    counts = ", ".join(f"{statuses.count(status)} {status}" for status in MARKS if status in statuses)
    return f"{len(rows)} checks in {sum(row.outcome.seconds for row in rows):.1f} s: {counts}."
