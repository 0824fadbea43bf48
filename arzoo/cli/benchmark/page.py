"""`arzoo benchmark page`: the page of everything that was measured."""

from pathlib import Path
from typing import Annotated

import typer

from arzoo.cli.benchmark.run import RECORDS
from arzoo.errors import ConfigError

SAMPLES = Path("model_cards/pictures")


def page(
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder to write index.html into; made where missing.")],
    results: Annotated[Path, typer.Option(help="Folder of the records.")] = RECORDS,
    samples: Annotated[Path, typer.Option(help="Folder of the samples that lie beside the model cards.")] = SAMPLES,
) -> None:
    """Write one page of all models, which needs nothing beside itself: open it from disk, or put it on any server.

    Records that cannot be trusted are left out, and named here and on the page.
    """
    if not results.is_dir():
        raise ConfigError(
            f"`--results` must be a folder of records, got {str(results)!r}. "
            f"Make it with mkdir -p {results} and arzoo benchmark run --out {results}."
        )
    from arzoo.benchmark.page import read_zoo, write_page

    found = read_zoo(results, samples)
    for warning in found.warnings:
        typer.echo(warning, err=True)
    path = write_page(found, out)
    count = f"{len(found.models)} model{'' if len(found.models) == 1 else 's'}"
    typer.echo(f"Wrote {path}: {count}, {path.stat().st_size / 1e6:.2f} MB.")
