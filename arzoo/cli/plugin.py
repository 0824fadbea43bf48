"""`arzoo plugin`: make one."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(name="plugin", add_completion=False)


@app.callback()
def plugin() -> None:
    """Make a plugin of your own; `arzoo plugins` shows those that are installed."""


@app.command()
def new(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Of the architecture.", show_default=False)],
) -> None:
    """Make a working plugin in a new folder here: it installs, trains and passes its tests as it is."""
    from arzoo.scaffold import new_plugin

    folder = new_plugin(name, Path())
    typer.echo(f"Wrote {folder}/: the model is in {folder}/arzoo_{name}/{name}.py. Go on with:\n")
    for command in (
        f"pip install -e './{folder}[dev]'",
        f"arzoo check {name}",
        f"arzoo train {name}-digits --out runs/{name}",
        f"arzoo sample local-dir:runs/{name} -n 16",
    ):
        typer.echo(f"  {command}")
