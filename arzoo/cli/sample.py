"""`arzoo sample`: draw from a model and write a sheet."""

import time
from pathlib import Path
from typing import Annotated, Any

import typer

from arzoo.cli.options import (
    Device,
    Name,
    Out,
    Seed,
    Temperature,
    TopK,
    TopP,
    Uncached,
    context_from_options,
    require_context,
)


def sample(
    ctx: typer.Context,
    name: Name,
    n: Annotated[int, typer.Option("-n", help="How many.", min=1)] = 40,
    out: Out = None,
    seed: Seed = 0,
    columns: Annotated[int | None, typer.Option(help="Images in a row of the sheet.", min=1)] = None,
    temperature: Temperature = 1.0,
    top_k: TopK = None,
    top_p: TopP = None,
    device: Device = None,
    uncached: Uncached = False,
) -> None:
    """Draw samples and write them as a PNG sheet.

    A model with context takes it by name: --label 7, or --label 0,1,2 to deal the values out in turn.
    """
    import arzoo
    from arzoo import pictures
    from arzoo.cli.images import data_spec

    model = arzoo.load(name, device=device)
    spec, context = data_spec(model), context_from_options(model.context, ctx.args, n)
    require_context(name, model.context, context)
    start = time.perf_counter()
    options: dict[str, Any] = {"temperature": temperature, "top_k": top_k, "top_p": top_p, "cached": not uncached}
    levels = model.sample(n, context or None, seed=seed, **options)
    seconds = time.perf_counter() - start
    path = out or Path(f"{name.rpartition(':')[2].rpartition('/')[2]}.png")
    pictures.save(pictures.sheet(spec.decode(levels), columns), path)
    rate = model.ordering.num_positions / seconds
    typer.echo(
        f"Wrote {path}: {n} samples of {name}, seed {seed}, in {seconds:.1f} s ({rate:,.0f} positions a second)."
    )
