"""`arzoo complete`: fill in what is missing, and write a sheet."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from arzoo.cli.options import (
    DataRoot,
    Device,
    Name,
    Out,
    Seed,
    Split,
    Temperature,
    TopK,
    TopP,
    context_from_options,
    require_context,
)
from arzoo.errors import ConfigError

if TYPE_CHECKING:
    from torch import Tensor

    from arzoo.model import AutoregressiveModel


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
) -> None:
    """Complete images of which a part is known, and write a sheet: given, known, completions, truth.

    Known pixels that come later in the model's ordering do not bear on earlier unknown ones.
    """
    import torch

    import arzoo
    from arzoo import pictures
    from arzoo.cli.images import data_spec, known_region

    model = arzoo.load(name, device=device)
    spec = data_spec(model)
    x, context = _inputs(model, ctx.args, images, dataset, split, first, data_root)
    mask = known_region(known, model)
    options: dict[str, Any] = {"temperature": temperature, "top_k": top_k, "top_p": top_p}
    drawn = [model.complete(x, mask, context, seed=seed + k, **options) for k in range(completions)]
    path = out or Path(f"{name.rpartition(':')[2].rpartition('/')[2]}-completions.png")
    decoded = torch.stack([spec.decode(levels) for levels in drawn], 1)
    pictures.save(pictures.completion_sheet(spec.decode(x), mask, decoded), path)
    typer.echo(f"Wrote {path}: {len(x)} images, {known} known, {completions} completions each by {name}, seed {seed}.")


def _inputs(
    model: "AutoregressiveModel",
    words: list[str],
    images: list[Path] | None,
    dataset: str | None,
    split: str,
    first: int,
    data_root: Path | None,
) -> "tuple[Tensor, dict[str, Any] | None]":
    """Levels to complete and their context: from files or from a data set, which brings its own context along."""
    from arzoo.cli.images import read_images

    if bool(images) == bool(dataset):
        raise ConfigError(
            f"Completing needs images or a data set, got {'both' if images else 'neither'}. Use --dataset digits."
        )
    context: dict[str, Any] = {}
    if images:
        x = read_images(images, model)
    else:
        x, context = _from_dataset(model, dataset or "", split, first, data_root)
    context |= context_from_options(model.context, words, len(x))
    require_context(model.title, model.context, context)
    return x, context or None


def _from_dataset(
    model: "AutoregressiveModel", dataset: str, split: str, first: int, data_root: Path | None
) -> "tuple[Tensor, dict[str, Any]]":
    from arzoo.data import load_dataset
    from arzoo.evaluation import check_fit

    data = load_dataset(dataset, split, root=data_root)
    check_fit(model, data)
    batch = data.batch(range(min(first, len(data))))
    return batch.x, {name: batch.context[name] for name in model.context if name in batch.context}
