"""`arzoo score`: how far images are from what a model was trained on."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from arzoo.cli.contexts import ContextCommand
from arzoo.cli.options import DataRoot, Device, Dtype, Name, Split

if TYPE_CHECKING:
    from torch import Tensor

    from arzoo.anomaly import Measured, Reference
    from arzoo.cli.images import Inputs
    from arzoo.model import AutoregressiveModel

app = typer.Typer(add_completion=False)
SHOWN = 20
"""Images of a data set that are listed, the oddest first; a record holds all."""


@app.command(cls=ContextCommand)
def score(
    ctx: typer.Context,
    name: Name,
    images: Annotated[list[Path] | None, typer.Argument(help="Images of the model's size; or give --dataset.")] = None,
    dataset: Annotated[str | None, typer.Option(help="Score images of this data set.")] = None,
    split: Split = "test",
    first: Annotated[int, typer.Option(help="How many images of the data set.", min=1)] = 100,
    outliers: Annotated[
        str | None, typer.Option(help="Make outliers of the images first: noise, constant, scrambled, rotated ...")
    ] = None,
    against: Annotated[
        str | None, typer.Option(help="A data set of ordinary images: how well the score tells them apart, as AUROC.")
    ] = None,
    by: Annotated[
        str | None,
        typer.Option("--score", help="joint, likelihood, typicality, complexity or ratio; joint where it can be."),
    ] = None,
    background: Annotated[str | None, typer.Option(help="A background model, for the ratio: a checkpoint.")] = None,
    coder: Annotated[str, typer.Option(help="What says how complex an image is: webp, png or smallest.")] = "webp",
    reference: Annotated[
        Path | None, typer.Option(help="Statistics of training images; else those that come with the weights.")
    ] = None,
    fit: Annotated[
        int | None,
        typer.Option(help="Measure so many training images, and write --reference or NAME.reference.json.", min=10),
    ] = None,
    convert: Annotated[
        bool, typer.Option("--convert", help="Bring images of another mode or size to the model's.")
    ] = False,
    record: Annotated[Path | None, typer.Option("--json", help="Write all figures here.")] = None,
    data_root: DataRoot = None,
    device: Device = None,
    dtype: Dtype = None,
) -> None:
    """Score images: the higher, the less they are like what the model was trained on.

    Which scores come without training images: likelihood, complexity, and with --background the ratio. The others
    compare with statistics of training images, which bundled models bring; --fit makes them for any model.
    """
    import arzoo
    from arzoo.anomaly import auroc
    from arzoo.checkpoints import config_of
    from arzoo.cli.output import writable
    from arzoo.cli.references import fitted, reference_for

    path, config = writable(record) if record else None, config_of(name)
    model = arzoo.load(name, device=device, dtype=dtype)
    if fit:
        reference = fitted(name, model, config, fit, coder, reference, data_root)
        if not images and not dataset:
            return
    behind = arzoo.load(background, device=device, dtype=dtype) if background else None
    known = reference_for(name, config, coder, reference)
    chosen = by or ("ratio" if background else "joint" if known else "complexity")
    judge = partial(_scored, chosen, model, behind, known, coder)
    given = _given(model, images, dataset, split, first, data_root, outliers, convert=convert)
    measured, found = judge(given, _context(ctx, model, given))
    area = None
    if against:
        usual = _given(model, None, against, split, len(given.x), data_root, None)
        area = auroc(judge(usual, usual.context)[1], found)
    _say(name, chosen, given, measured, found, known, listed=SHOWN if dataset else len(found))
    if area is not None:
        typer.echo(f"AUROC against {len(usual.x)} images of {against}: {area:.3f}")
    if path:
        about = {"checkpoint": name, "score": chosen, "background": background, "coder": coder, "command": ctx.obj}
        _write(path, {**about, "against": against, "auroc": area}, given, measured, found)
    if by is None and chosen == "complexity":
        typer.echo("Note: complexity is the score where no training images were measured; --fit 1000 does.", err=True)


def _given(
    model: "AutoregressiveModel",
    images: list[Path] | None,
    dataset: str | None,
    split: str,
    first: int,
    data_root: Path | None,
    outliers: str | None,
    *,
    convert: bool = False,
) -> "Inputs":
    """Return the images to score.

    Raises:
        ConfigError: There are files and a data set, or neither.
        DataError: A file is missing or no image, or there is no such data set.
        ShapeError: Images are of another size or mode than the model.
    """
    from arzoo import anomaly
    from arzoo.benchmark.data import load_for
    from arzoo.cli.images import data_spec, first_of, read_images
    from arzoo.errors import ConfigError

    if bool(images) == bool(dataset):
        came = "both" if images else "neither"
        raise ConfigError(f"Scoring needs images or a data set, got {came}. Use --dataset digits.")
    spec = data_spec(model)
    if images:
        found = read_images(images, model, convert=convert)
    else:
        found = first_of(load_for(model, str(dataset), split, data_root), model, first)
    if outliers is None:
        return found
    return found._replace(x=spec.encode(anomaly.outliers(outliers, spec.decode(found.x))))


def _context(ctx: typer.Context, model: "AutoregressiveModel", given: "Inputs") -> Mapping[str, Any]:
    from arzoo.cli.contexts import context_of

    return {**given.context, **context_of(ctx, model, len(given.x), brought=list(given.context))}


def _scored(
    by: str,
    model: "AutoregressiveModel",
    behind: "AutoregressiveModel | None",
    known: "Reference | None",
    coder: str,
    given: "Inputs",
    told: Mapping[str, Any],
) -> tuple["Measured", "Tensor"]:
    """Return what was measured of some images, and their scores."""
    from arzoo import anomaly

    anomaly.check_score(by, known, behind)
    figures = [
        anomaly.measure(
            each,
            given.x,
            {name: told[name] for name in each.context if name in told} or None,
            coder=coder,
            progress=True,
        )
        for each in (model, behind)
        if each is not None
    ]
    return figures[0], anomaly.score(by, figures[0], known, figures[1] if behind else None)


def _say(
    name: str,
    by: str,
    given: "Inputs",
    measured: "Measured",
    found: "Tensor",
    known: "Reference | None",
    listed: int,
) -> None:
    from rich.table import Table

    from arzoo.anomaly import SCORES
    from arzoo.cli.console import stdout

    compared = known if known and by in known.percentiles else None
    table = Table("image", by, "bits/dim", "expected", "complexity", *(["training images below"] if compared else []))
    below = compared.share_below(by, found) if compared else found
    for k in found.argsort(descending=True)[:listed].tolist():
        share = [f"{below[k]:.0%}"] if compared else []
        figures = (found[k], *(each[k] for each in measured))
        table.add_row(given.captions[k], *(f"{figure:.3f}" for figure in figures), *share)
    typer.echo(f"{name}, {by}: {SCORES[by].says}; higher is less like the training images")
    stdout().print(table)
    if listed < len(found):
        typer.echo(f"The {listed} oddest of {len(found)} images; of all, mean {found.mean():.3f}.")


def _write(path: Path, about: Mapping[str, Any], given: "Inputs", measured: "Measured", found: "Tensor") -> None:
    from arzoo.files import write_json

    rows = zip(given.captions, found.tolist(), *(each.tolist() for each in measured), strict=True)
    names = ("image", "score", "bits_per_dim", "expected", "complexity")
    record = {**about, "images": [dict(zip(names, row, strict=True)) for row in rows]}
    write_json(path, record)
