"""`arzoo pull`: have checkpoints on this machine before the network is gone."""

from typing import TYPE_CHECKING, Annotated

import typer

from arzoo import registry
from arzoo.errors import ArzooError, ConfigError

if TYPE_CHECKING:
    from arzoo.checkpoints import Source

app = typer.Typer(add_completion=False)


@app.command()
def pull(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME]...", help="Checkpoint ids, or hf-hub:owner/repo.")
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Every checkpoint of the zoo; those in a foreign format only by name.")
    ] = False,
) -> None:
    """Fetch checkpoints ahead, so that they load offline; every file is verified, and a damaged one fetched anew."""
    wanted = names or []
    if bool(wanted) == everything:
        got = f"both {' '.join(wanted)} and --all" if wanted else "none"
        raise ConfigError(f"`arzoo pull` takes names or --all, got {got}. `arzoo list --pretrained` shows the names.")
    if everything:
        wanted = [id for id, entry in registry.checkpoints().items() if entry.format is None]
    failed = [name for name in wanted if not _pulled(name)]
    if failed:
        typer.echo(f"{len(failed)} of {len(wanted)} are not here: {' '.join(failed)}", err=True)
        raise typer.Exit(1)


def _pulled(name: str) -> bool:
    """Fetch one checkpoint and say so, or say why not: one that fails must not keep the others."""
    try:
        typer.echo(f"{name}: {_fetched(name)}")
    except ArzooError as error:
        typer.echo(f"Error: {error}", err=True)
        return False
    return True


def _fetched(name: str) -> str:
    """Return where a checkpoint is now."""
    from arzoo.checkpoints import locate
    from arzoo.checkpoints.external import external_entry, fetch

    outside = external_entry(name)
    if outside is not None:
        return str(fetch(outside).parent)
    source: Source = locate(name)
    place = source.fetch()
    return "bundled, verified" if source.repository is None else f"{place}, verified"
