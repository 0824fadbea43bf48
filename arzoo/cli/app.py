"""The verbs by name; what each does stands in the file of that name.

A verb's file is imported when the verb is called, so that however many there are, none slows down another.
"""

from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperGroup
from typer.main import get_command

from arzoo.errors import ConfigError, did_you_mean

VERBS = (
    "list",
    "info",
    "plugins",
    "plugin",
    "sample",
    "complete",
    "grow",
    "compress",
    "decompress",
    "eval",
    "score",
    "train",
    "convert",
    "pull",
    "cache",
    "check",
    "benchmark",
    "card",
    "publish",
)


class Verbs(TyperGroup):
    """Finds a verb as the `app` of the module `arzoo.cli.<verb>`: one command, or a group with verbs of its own."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names of the verbs, in the order of the help."""
        return list(VERBS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return the command of a verb."""
        return get_command(import_module(f"arzoo.cli.{cmd_name}").app) if cmd_name in VERBS else None

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Return name, command and remaining words.

        Raises:
            ConfigError: There is no such verb.
        """
        if args[0] not in VERBS:
            raise ConfigError(f"Unknown verb {args[0]!r}.{did_you_mean(args[0], VERBS)} `arzoo --help` shows all.")
        return super().resolve_command(ctx, args)


app = typer.Typer(cls=Verbs, name="arzoo", add_completion=False, pretty_exceptions_enable=False)


def _version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        typer.echo(f"arzoo {version('arzoo')}")
        raise typer.Exit


@app.callback()
def zoo(
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error; may stand anywhere.")] = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """The zoo of autoregressive generative models: samples, completions and exact likelihoods by name."""
