"""`arzoo card`: model cards, made from the registry and the recorded results."""

from pathlib import Path
from typing import Annotated

import typer

from arzoo.errors import ConfigError

app = typer.Typer(add_completion=False)

Results = Annotated[
    Path | None, typer.Option(help="Where the recorded results lie; by default in arzoo's own checkout.")
]


@app.command()
def card(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="NAME", help="Checkpoints of the zoo.", show_default=False)
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Every checkpoint that is pinned.")] = False,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Folder to write to, with samples; else the cards are printed.")
    ] = None,
    check: Annotated[
        bool,
        typer.Option("--check", help="Write nothing: exit code 1 if the cards in --out are not what they must be."),
    ] = False,
    results: Results = None,
) -> None:
    """Print model cards, write them with samples of the models, or check those that are there."""
    from arzoo import cards

    chosen, records = chosen_of(names, every=every), results or cards.RESULTS
    if check:
        _check(out, [] if every else chosen, records)
    for name in chosen:
        if out is None:
            typer.echo(cards.card(cards.checkpoint_subject(name, results=records)), nl=False)
        else:
            typer.echo(f"Wrote {cards.write_card(name, out, results=records)}.")


def chosen_of(names: list[str] | None, *, every: bool) -> list[str]:
    """Return the checkpoints that are asked for: those named, or every pinned one.

    Raises:
        ConfigError: Neither or both are asked for.
    """
    from arzoo.cards import carded

    if every == bool(names):
        raise ConfigError(f"Give either names of checkpoints or --all, got {' and '.join(names or []) or 'neither'}.")
    return names or carded()


def _check(out: Path | None, names: list[str], results: Path) -> None:
    """End with the exit code of a check of the named cards, or of all.

    Raises:
        ConfigError: There is no folder to check.
    """
    from arzoo.cards import disagreements

    if out is None:
        raise ConfigError("--check needs the folder of the cards, got none. Use --out model_cards.")
    found = disagreements(out, names, results=results)
    for sentence in found:
        typer.echo(sentence)
    raise typer.Exit(1 if found else 0)
