"""How a command ends: with its answer, or with one sentence on standard error and an exit code other than 0."""

import shlex
import sys
import traceback
import warnings
from collections.abc import Sequence
from typing import Any, NoReturn

import typer

from arzoo.cli.app import app
from arzoo.errors import ArzooError

WRONG_INPUT = 2
INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run one command and leave with its exit code: 0, 1 for a finding, 2 for wrong input, 130 for Ctrl-C.

    Args:
        arguments: What stands after `arzoo`; by default the process's own.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    with warnings.catch_warnings():
        warnings.showwarning = _say_warning
        code = _run([word for word in words if word != "--debug"], "--debug" in words)
    if code == INTERRUPTED:
        _say("Stopped.")
    sys.exit(code)


def _run(words: list[str], debug: bool) -> int:
    try:
        # typer's own way to end would draw boxes; `obj` is the command as a record quotes it
        command = shlex.join(["arzoo", *words])
        return app(args=words or ["--help"], prog_name="arzoo", standalone_mode=False, obj=command) or 0
    except (KeyboardInterrupt, typer.Abort):
        return INTERRUPTED
    except Exception as error:
        sentence = _sentence(error)
        if sentence is None:  # a mistake of ours, for which the traceback is the best report
            raise
        if debug:
            traceback.print_exc()
        _say(f"Error: {sentence}")
        return WRONG_INPUT


def _sentence(error: Any) -> str | None:
    """Say what was wrong with the input, or None where the input is not to blame."""
    if isinstance(error, ArzooError):
        return str(error)
    if isinstance(error, OSError):
        what = f"{error.filename}: " if error.filename else ""
        return f"{what}{error.strerror or error}."
    if hasattr(error, "format_message"):  # a usage error; its class has no public name in every version of typer
        context, message = getattr(error, "ctx", None), error.format_message()
        stop = "" if message.endswith((".", "?")) else "."
        return f"{message}{stop} See {context.command_path if context else 'arzoo'} --help."
    return None


def _say_warning(message: Warning | str, *_: object, **__: object) -> None:
    _say(f"Warning: {message}")


def _say(text: str) -> None:
    typer.echo(text, err=True)
