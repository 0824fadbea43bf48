"""The verbs in one place, and how the command line ends: an answer, or one sentence and exit code 2."""

import sys
import warnings
from collections.abc import Sequence
from typing import Annotated, NoReturn

import typer
from rich.console import Console

from arzoo.cli.check import check
from arzoo.cli.complete import complete
from arzoo.cli.eval import evaluate
from arzoo.cli.info import info
from arzoo.cli.list import list_models
from arzoo.cli.plugins import plugins
from arzoo.cli.sample import sample
from arzoo.cli.train import train
from arzoo.errors import ArzooError

WRONG_INPUT = 2
INTERRUPTED = 130

# Context options are named by the model, so these two verbs take options that typer does not know.
NAMED_BY_THE_MODEL = {"allow_extra_args": True, "ignore_unknown_options": True}

app = typer.Typer(
    name="arzoo",
    help="The zoo of autoregressive generative models: samples, completions and exact likelihoods by name.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command("list")(list_models)
app.command("info")(info)
app.command("plugins")(plugins)
app.command("sample", context_settings=NAMED_BY_THE_MODEL)(sample)
app.command("complete", context_settings=NAMED_BY_THE_MODEL)(complete)
app.command("eval")(evaluate)
app.command("train")(train)
app.command("check")(check)


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


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run one command and leave with its exit code.

    Args:
        arguments: What stands after `arzoo`; by default the process's own.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in given
    warnings.showwarning = _say_warning
    try:
        app(args=[word for word in given if word != "--debug"], prog_name="arzoo")
    except (ArzooError, OSError, KeyboardInterrupt) as error:
        if debug:
            raise
        _leave(error)
    sys.exit(0)


def _leave(error: BaseException) -> NoReturn:
    if isinstance(error, KeyboardInterrupt):
        _say("Stopped; nothing half-written is left.")
        sys.exit(INTERRUPTED)
    _say(f"Error: {error}")
    sys.exit(WRONG_INPUT)


def _say_warning(message: Warning | str, *_: object, **__: object) -> None:
    _say(f"Warning: {message}")


def _say(text: str) -> None:
    Console(stderr=True, highlight=False, soft_wrap=True).print(text, markup=False)
