"""`arzoo convert`: weights of another program, as a checkpoint of arzoo."""

import re
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from arzoo import registry
from arzoo.errors import ConfigError

app = typer.Typer(add_completion=False)


class FormatsCommand(TyperCommand):
    """A verb whose help ends with the formats of the installed plugins."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Show the help, with the formats as they are now."""
        formats = (f"{format} ({entry.title or entry.id})" for format, entry in registry.converters().items())
        self.epilog = f"Formats: {', '.join(formats) or 'none, no installed plugin converts any'}."
        super().format_help(ctx, formatter)


@app.command(cls=FormatsCommand)
def convert(
    format: Annotated[str, typer.Argument(metavar="FORMAT", help="What the file is; see below.", show_default=False)],
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="Safetensors, or a pickle of tensors alone.", show_default=False)
    ],
    out: Annotated[Path, typer.Argument(metavar="OUT", help="Folder to make.", show_default=False)],
    event_shape: Annotated[
        str | None, typer.Option(metavar="C,H,W", help="Shape of an event, where the weights do not tell it.")
    ] = None,
) -> None:
    """Convert weights of another program into a checkpoint, which local-dir:OUT loads. Nothing in the file is run."""
    options = {} if event_shape is None else {"event_shape": shape_of(event_shape)}
    import arzoo

    folder = arzoo.convert(format, file, out, **options)
    typer.echo(f"Wrote {folder}: load it as local-dir:{folder}.")


def shape_of(text: str) -> tuple[int, ...]:
    """Return the event shape that was written as numbers with commas.

    Raises:
        ConfigError: It is something else.

    Example:
        >>> shape_of("3,32,32")
        (3, 32, 32)
    """
    if not re.fullmatch(r"[0-9]{1,9}(,[0-9]{1,9})*", text):
        rule = "`--event-shape` must be whole numbers joined by commas"
        raise ConfigError(f"{rule}, got {text!r}. Use --event-shape 3,32,32.")
    return tuple(int(number) for number in text.split(","))
