"""Text: characters on standard output while they are drawn, or a file of them."""

import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import torch
import typer

from arzoo.cli.contexts import context_of
from arzoo.cli.media import Drawing
from arzoo.cli.output import output_path
from arzoo.data.text import read_text
from arzoo.errors import ConfigError
from arzoo.files import replacing
from arzoo.processes import is_first

if TYPE_CHECKING:
    from arzoo.data import Alphabet
    from arzoo.model import AutoregressiveModel

TXT = ".txt"


def sample(drawing: Drawing, n: int = 500, prompt: str = "") -> None:
    """Draw `n` characters after the prompt.

    Raises:
        ConfigError: The file cannot be written.
        ContextError: A context is missing, unknown or out of range.
        DataError: A character of the prompt is not in the alphabet.
    """
    context = context_of(drawing.ctx, drawing.model, 1)
    path = output_path(drawing.out, drawing.name, [TXT]) if drawing.out else None
    drawn = characters(drawing.model, prompt, n, context, drawing.options)
    if not is_first():  # one text is no work to share
        return
    if path is None:
        _print(prompt, drawn)
    else:
        _write(path, prompt, drawn, f"{drawing.name}, seed {drawing.options['seed']}")


def complete(drawing: Drawing, n: int = 500, prompt: str | None = None, prefix: Path | None = None) -> None:
    """Draw `n` characters after a prompt, or after the text in a file.

    Raises:
        ConfigError: There is no text to continue, or two, or the file cannot be written.
        ContextError: A context is missing, unknown or out of range.
        DataError: The text cannot be read, is empty, or holds a character that is not in the alphabet.
    """
    if bool(prompt) == bool(prefix):
        came = "both" if prompt else "neither"
        raise ConfigError(f"Continuing a text needs --prompt or --prefix, got {came}. Use --prefix FILE{TXT}.")
    sample(drawing, n, read_text(prefix) if prefix else str(prompt))


def characters(
    model: "AutoregressiveModel", prompt: str, n: int, context: dict[str, Any], options: Any
) -> Iterator[str]:
    """Return an iterator that draws a character when it is asked for one; what is wrong is said at once.

    Args:
        model: A model of text.
        prompt: What stands before; may be empty.
        n: How many to draw.
        context: Value of each declared context, by name.
        options: As `model.stream` takes them.

    Raises:
        DataError: A character of the prompt is not in the alphabet.
    """
    spec = cast("Alphabet", model.data)  # `draw` chose this module by its medium
    known: dict[str, Any] = {}
    if prompt:
        levels = spec.encode(prompt)
        mask = torch.arange(len(prompt) + n) < len(prompt)
        known = {"known": torch.cat([levels, levels.new_zeros(n)])[None], "known_mask": mask}
    stream = model.stream(1, context or None, length=len(prompt) + n, **known, **options)
    return (spec.decode(values[0].cpu()) for position, _, values in stream if position >= len(prompt))


def _print(prompt: str, drawn: Iterator[str]) -> None:
    """Hand each character on as it comes, also where standard output is no terminal."""
    typer.echo(prompt, nl=False)
    for character in drawn:
        sys.stdout.write(character)
        sys.stdout.flush()
    typer.echo(nl=sys.stdout.isatty())  # the shell's next prompt begins a line; a file holds the text alone


def _write(path: Path, prompt: str, drawn: Iterator[str], what: str) -> None:
    start = time.perf_counter()
    text = "".join(drawn)
    seconds = time.perf_counter() - start
    with replacing(path) as temporary:
        temporary.write_text(prompt + text, encoding="utf-8", newline="")
    typer.echo(f"Wrote {path}: {len(text)} characters of {what}, in {seconds:.1f} s ({len(text) / seconds:,.0f}/s).")
