"""`arzoo cache`: which weights are on this machine, and whether they are still whole."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Column, Table

from arzoo.cli.console import coloured, stdout

if TYPE_CHECKING:
    from arzoo.checkpoints import Held

app = typer.Typer(add_completion=False)


@app.command()
def cache(
    verify: Annotated[bool, typer.Option("--verify", help="Hash every file; exit 1 where one is damaged.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show the bundled and the cached checkpoints. Whatever is here loads offline, and is verified at every load."""
    from arzoo.checkpoints import held

    found = held()
    rows = [_row(one, verify) for one in found]
    if as_json:
        typer.echo(json.dumps(rows, indent=2))
    else:
        _print(rows)
    if any(row["status"] == "damaged" for row in rows):
        raise typer.Exit(1)


def _row(held: "Held", verify: bool) -> dict[str, Any]:
    """Return what is said of a checkpoint; a missing file of the cache is only not fetched yet."""
    faults = [str(fault) for fault in held.damage()] if verify else []
    lost = f"{', '.join(held.missing)} missing" if held.missing else ""
    damaged = bool(faults) or bool(lost and held.place == "bundled")
    status = "damaged" if damaged else "incomplete" if lost or not held.pins else "verified" if verify else "here"
    repair = held.repair if status in ("damaged", "incomplete") else ""
    return {
        "name": held.name,
        "place": held.place,
        "bytes": held.size,
        "verified": _when(held, now=verify and not damaged),
        "status": status,
        "faults": [*faults, *([lost] if lost else [])],
        "repair": repair,
    }


def _when(held: "Held", *, now: bool) -> str:
    if held.place == "bundled":
        return "now" if now else "at every load"
    moment = held.verified
    return datetime.fromtimestamp(moment).isoformat(" ", "seconds") if moment else "never"


def _print(rows: Sequence[dict[str, Any]]) -> None:
    table = Table(Column("checkpoint", no_wrap=True), "place", "size", "verified", "status")
    for row in rows:
        megabytes = f"{row['bytes'] / 1e6:.2f} MB"
        table.add_row(row["name"], row["place"], megabytes, row["verified"], coloured(row["status"]))
    stdout().print(table)
    for row in rows:
        if row["repair"]:
            typer.echo(
                f"{row['name']} is {row['status']}: {'; '.join(row['faults'])} Repair: {row['repair']}", err=True
            )
    typer.echo(f"{len(rows)} checkpoints, {sum(row['bytes'] for row in rows) / 1e6:.2f} MB")
