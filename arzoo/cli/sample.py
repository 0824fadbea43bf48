"""`arzoo sample`: draw from a model and write a sheet."""

import time
from typing import TYPE_CHECKING, Annotated, Any

import typer

from arzoo.cli.contexts import ContextCommand, context_of
from arzoo.cli.options import Device, Dtype, Name, Out, Seed, Temperature, TopK, TopP, Uncached
from arzoo.cli.output import picture_path

if TYPE_CHECKING:
    from arzoo.model import AutoregressiveModel

app = typer.Typer(add_completion=False)


@app.command(cls=ContextCommand)
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
    dtype: Dtype = None,
    uncached: Uncached = False,
) -> None:
    """Draw samples and write them as a PNG sheet.

    A model with context takes it by name: --label 7, or --label 0,1,2 to deal the values out in turn.
    `arzoo info NAME` tells which there are.
    """
    path = picture_path(out, name)
    import arzoo
    from arzoo import pictures
    from arzoo.cli.images import data_spec

    model = arzoo.load(name, device=device, dtype=dtype)
    spec, context = data_spec(model), context_of(ctx, model, n)
    options: dict[str, Any] = {"temperature": temperature, "top_k": top_k, "top_p": top_p, "cached": not uncached}
    start = time.perf_counter()
    levels = model.sample(n, context or None, seed=seed, **options)
    seconds = time.perf_counter() - start
    captions = _captions(model, context, columns)
    pictures.save(pictures.sheet(spec.decode(levels), columns, column_captions=captions), path)
    rate = n * model.ordering.num_positions / seconds
    typer.echo(f"Wrote {path}: {n} samples of {name}, seed {seed}, in {seconds:.1f} s ({rate:,.0f} positions/s).")


def _captions(model: "AutoregressiveModel", context: dict[str, Any], columns: int | None) -> list[str]:
    """Name the columns where each holds samples of one label."""
    for name, spec in model.context.items():
        labels, width = context[name], columns or 0
        if spec.kind == "labels" and width and all(label == labels[k % width] for k, label in enumerate(labels)):
            names = spec.to_config()["names"] or range(spec.to_config()["num_classes"])
            return [str(names[label]) for label in labels[:width]]
    return []
