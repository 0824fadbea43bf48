"""Images: samples and completions as PNG sheets, samples as a GIF of how they came."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from torch import Tensor

from arzoo import animations, pictures
from arzoo.benchmark.data import load_for
from arzoo.cli.contexts import context_of
from arzoo.cli.images import data_spec, first_of, read_images
from arzoo.cli.media import Drawing
from arzoo.cli.output import PNG, output_path
from arzoo.cli.regions import known_region
from arzoo.errors import ConfigError, ShapeError
from arzoo.processes import is_first

if TYPE_CHECKING:
    from arzoo.model import AutoregressiveModel

GIF = ".gif"


def sample(
    drawing: Drawing,
    n: int = 40,
    columns: int | None = None,
    animate: Path | None = None,
    max_batch: int | None = None,
) -> None:
    """Draw images and write them as a sheet, and as a GIF of how they came where one is asked for.

    Raises:
        ConfigError: The model has no data spec, or the file cannot be written.
        ContextError: A context is missing, unknown or out of range.
    """
    model, spec = drawing.model, data_spec(drawing.model)
    context = context_of(drawing.ctx, model, n)
    path = output_path(drawing.out, drawing.name, [PNG])
    film = output_path(animate, drawing.name, [GIF], option="--animate") if animate else None
    start = time.perf_counter()
    levels = model.sample(n, context or None, max_batch=max_batch, **drawing.options)
    seconds = time.perf_counter() - start
    if not is_first():
        return
    images, captions = spec.decode(levels), _captions(model, context, columns)
    pictures.save(pictures.sheet(images, columns, column_captions=captions), path)
    rate, seed = n * model.ordering.num_positions / seconds, drawing.options["seed"]
    typer.echo(
        f"Wrote {path}: {n} samples of {drawing.name}, seed {seed}, in {seconds:.1f} s ({rate:,.0f} positions/s)."
    )
    if film:
        when = animations.arrivals(model.ordering)
        shown = list(animations.frames(images, when, columns, column_captions=captions))
        animations.save(shown, film)
        typer.echo(f"Wrote {film}: the same in {len(shown)} frames.")


def complete(
    drawing: Drawing,
    images: list[Path] | None = None,
    known: str = "top",
    completions: int = 3,
    dataset: str | None = None,
    split: str = "test",
    first: int = 10,
    data_root: Path | None = None,
    convert: bool = False,
    reorder: bool | None = None,
    max_batch: int | None = None,
) -> None:
    """Complete images of which a part is known, and write a sheet: given, known, completions, truth.

    Raises:
        ConfigError: There are no images, nothing or everything is known, or the file cannot be written.
        DataError: A file is missing or no image, or there is no such data set.
        ShapeError: Images or mask have another size than the model's.
        ContextError: A context is missing, unknown or out of range.
    """
    _require_one(images, dataset)
    model, spec = drawing.model, data_spec(drawing.model)
    path = output_path(drawing.out, drawing.name, [PNG], "-completions")
    mask = known_region(known, model)
    given = (
        read_images(images, model, convert=convert)
        if images
        else first_of(load_for(model, str(dataset), split, data_root), model, first)
    )
    _check_one_each(mask, known, len(given.x))
    context = {**given.context, **context_of(drawing.ctx, model, len(given.x), brought=list(given.context))}
    options = {**drawing.options, "max_batch": max_batch, "reorder": reorder}
    drawn = spec.decode(_drawn(model, given.x, mask, context, completions, options))
    if not is_first():
        return
    by_image = drawn.unflatten(0, (completions, len(given.x))).transpose(0, 1)
    shown = mask.repeat_interleave(spec.patch, -1).repeat_interleave(
        spec.patch, -2
    )  # as large as what levels stand for
    sheet = pictures.completion_sheet(spec.decode(given.x), shown, by_image, captions=given.captions)
    pictures.save(sheet, path)
    seed = drawing.options["seed"]
    typer.echo(f"Wrote {path}: {len(given.x)} images, {known} known, {completions} completions each, seed {seed}.")


def _captions(model: "AutoregressiveModel", context: dict[str, Any], columns: int | None) -> list[str]:
    """Name the columns where each holds samples of one label."""
    for name, spec in model.context.items():
        labels, width = context[name], columns or 0
        if spec.kind == "labels" and width and all(label == labels[k % width] for k, label in enumerate(labels)):
            names = spec.to_config()["names"] or range(spec.to_config()["num_classes"])
            return [str(names[label]) for label in labels[:width]]
    return []


def _require_one(images: list[Path] | None, dataset: str | None) -> None:
    if bool(images) == bool(dataset):
        came = "both" if images else "neither"
        raise ConfigError(f"Completing needs images or a data set, got {came}. Use --dataset digits.")


def _check_one_each(mask: Tensor, known: str, images: int) -> None:
    if mask.ndim == 4 and len(mask) not in (1, images):
        repair = f"Use masks[:{images}], or a mask of shape {tuple(mask.shape[1:])} for all."
        raise ShapeError(f"{known} must hold one mask an image, {images}, got {len(mask)}. {repair}")


def _drawn(
    model: "AutoregressiveModel",
    x: Tensor,
    mask: Tensor,
    context: dict[str, Any],
    completions: int,
    options: Mapping[str, Any],
) -> Tensor:
    """Draw all completions as one batch (completions * N, ...): the first of each image, then the second of each."""
    values = model.check_context(context or None, len(x)) or {}
    repeated = {name: value.repeat(completions, *[1] * (value.ndim - 1)) for name, value in values.items()}
    masks = mask.expand(len(x), *mask.shape[-3:]).repeat(completions, 1, 1, 1)
    return model.complete(x.repeat(completions, 1, 1, 1), masks, repeated or None, **options)
