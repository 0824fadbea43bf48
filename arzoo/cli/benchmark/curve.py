"""`arzoo benchmark curve`: the curve of a training, recorded with the weights that it ended in."""

from pathlib import Path
from typing import Annotated

import typer

from arzoo.cli.benchmark.run import RECORDS, Folder
from arzoo.cli.output import writable


def curve(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The checkpoint.", show_default=False)],
    run: Annotated[Path, typer.Argument(metavar="RUN", help="The folder that arzoo train wrote.", show_default=False)],
    out: Folder = RECORDS,
) -> None:
    """Record key points of the log of the training that made a checkpoint."""
    path = writable(out / f"{name}.curve.json")
    from arzoo.benchmark.curves import curve_of
    from arzoo.benchmark.likelihood import write_record

    record = curve_of(name, run)
    write_record(path, record)
    counts = ", ".join(f"{len(points)} of {kind}" for kind, points in record["points"].items())
    typer.echo(f"Wrote {path}: {counts}.")
