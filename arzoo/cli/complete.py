"""`arzoo complete`: fill in what is missing, and write a sheet."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from arzoo.cli.contexts import ContextCommand, context_of
from arzoo.cli.datasets import load_for
from arzoo.cli.options import DataRoot, Device, Dtype, Name, Out, Seed, Split, Temperature, TopK, TopP, Uncached
from arzoo.cli.output import picture_path
from arzoo.errors import ConfigError

if TYPE_CHECKING:
    from torch import Tensor

    from arzoo.model import AutoregressiveModel

app = typer.Typer(add_completion=False)


@app.command(cls=ContextCommand)
def complete(
    ctx: typer.Context,
    name: Name,
    images: Annotated[list[Path] | None, typer.Argument(help="Images of the model's size; or give --dataset.")] = None,
    out: Out = None,
    known: Annotated[
        str, typer.Option(help="What is given: top, bottom, left, right, center, or a mask image.")
    ] = "top",
    completions: Annotated[int, typer.Option(help="Completions of each image.", min=1)] = 3,
    dataset: Annotated[str | None, typer.Option(help="Take the images from this data set.")] = None,
    split: Split = "test",
    first: Annotated[int, typer.Option(help="How many images of the data set.", min=1)] = 10,
    data_root: DataRoot = None,
    seed: Seed = 0,
    temperature: Temperature = 1.0,
    top_k: TopK = None,
    top_p: TopP = None,
    device: Device = None,
    dtype: Dtype = None,
    uncached: Uncached = False,
) -> None:
    """Complete images of which a part is known, and write a sheet: given, known, completions, truth.

    A model with context takes it by name: --label 7, or --label 0,1,2 to deal the values out in turn; a data set
    brings its own. `arzoo info NAME` tells which there are.
    """
    path = picture_path(out, name, "-completions")
    _require_one(images, dataset)
    import arzoo
    from arzoo import pictures
    from arzoo.cli.images import data_spec, first_of, read_images
    from arzoo.cli.regions import known_region

    model = arzoo.load(name, device=device, dtype=dtype)
    spec, mask = data_spec(model), known_region(known, model)
    given = (
        read_images(images, model)
        if images
        else first_of(load_for(model, str(dataset), split, data_root), model, first)
    )
    context = {**given.context, **context_of(ctx, model, len(given.x), brought=list(given.context))}
    options = {"temperature": temperature, "top_k": top_k, "top_p": top_p, "cached": not uncached, "seed": seed}
    drawn = spec.decode(_drawn(model, given.x, mask, context, completions, options))
    by_image = drawn.unflatten(0, (completions, len(given.x))).transpose(0, 1)
    sheet = pictures.completion_sheet(spec.decode(given.x), mask, by_image, captions=given.captions)
    pictures.save(sheet, path)
    typer.echo(f"Wrote {path}: {len(given.x)} images, {known} known, {completions} completions each, seed {seed}.")
    _tell_what_was_ignored(model, mask)


def _require_one(images: list[Path] | None, dataset: str | None) -> None:
    if bool(images) == bool(dataset):
        came = "both" if images else "neither"
        raise ConfigError(f"Completing needs images or a data set, got {came}. Use --dataset digits.")


def _drawn(
    model: "AutoregressiveModel",
    x: "Tensor",
    mask: "Tensor",
    context: dict[str, Any],
    completions: int,
    options: dict[str, Any],
) -> "Tensor":
    """Draw all completions as one batch (completions * N, ...): the first of each image, then the second of each."""
    values = model.check_context(context or None, len(x)) or {}
    repeated = {name: value.repeat(completions, *[1] * (value.ndim - 1)) for name, value in values.items()}
    return model.complete(x.repeat(completions, 1, 1, 1), mask, repeated or None, **options)


def _tell_what_was_ignored(model: "AutoregressiveModel", mask: "Tensor") -> None:
    from arzoo.cli.regions import known_too_late

    late = known_too_late(model, mask)
    if late:
        rule = f"{late} known values come after unknown ones in the {model.ordering.name} ordering"
        typer.echo(f"Note: {rule}, which were drawn without regard to them.", err=True)
