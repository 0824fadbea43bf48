"""`arzoo score`: how far images are from what a model was trained on."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

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
    judge = _Judge(by or ("ratio" if background else "joint" if known else "complexity"), model, behind, known, coder)
    given = _given(model, images, dataset, split, first, data_root, outliers, convert=convert)
    found = judge(given, _context(ctx, model, given))
    usual = _given(model, None, against, split, len(given.x), data_root, None) if against else None
    area = auroc(judge(usual, usual.context).scores, found.scores) if usual else None
    _say(name, judge, found, listed=SHOWN if dataset else len(given.x))
    if usual:
        typer.echo(f"AUROC against {len(usual.x)} images of {against}: {area:.3f}")
    if path:
        about = {"checkpoint": name, "score": judge.by, "background": background, "coder": coder, "command": ctx.obj}
        _write(path, {**about, "against": against, "auroc": area}, found)
    if by is None and judge.by == "complexity":
        typer.echo("Note: complexity is the score where no training images were measured; --fit 1000 does.", err=True)


class _Found(NamedTuple):
    """Images, what was measured of each, and the scores (n,)."""

    given: "Inputs"
    measured: "Measured"
    scores: "Tensor"


class _Judge(NamedTuple):
    """A score, and all that it takes: models in front and behind, statistics of training images, a coder."""

    by: str
    model: "AutoregressiveModel"
    behind: "AutoregressiveModel | None"
    known: "Reference | None"
    coder: str

    def __call__(self, given: "Inputs", told: Mapping[str, Any]) -> _Found:
        """Score images, told their contexts."""
        from arzoo import anomaly

        anomaly.check_score(self.by, self.known, self.behind)
        front = self._measured(self.model, given, told)
        behind = self._measured(self.behind, given, told) if self.behind else None
        return _Found(given, front, anomaly.score(self.by, front, self.known, behind))

    def _measured(self, model: "AutoregressiveModel", given: "Inputs", told: Mapping[str, Any]) -> "Measured":
        from arzoo.anomaly import measure

        own = {name: told[name] for name in model.context if name in told} or None
        return measure(model, given.x, own, coder=self.coder, progress=True)


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


def _say(name: str, judge: _Judge, found: _Found, listed: int) -> None:
    from rich.table import Table

    from arzoo.anomaly import SCORES
    from arzoo.cli.console import stdout

    by, known, scores = judge.by, judge.known, found.scores
    compared = known if known and by in known.percentiles else None
    table = Table("image", by, "bits/dim", "expected", "complexity", *(["training images below"] if compared else []))
    below = compared.share_below(by, scores) if compared else scores
    for k in scores.argsort(descending=True)[:listed].tolist():
        share = [f"{below[k]:.0%}"] if compared else []
        figures = (scores[k], *(each[k] for each in found.measured))
        table.add_row(found.given.captions[k], *(f"{figure:.3f}" for figure in figures), *share)
    typer.echo(f"{name}, {by}: {SCORES[by].says}; higher is less like the training images")
    stdout().print(table)
    if listed < len(scores):
        typer.echo(f"The {listed} oddest of {len(scores)} images; of all, mean {scores.mean():.3f}.")


def _write(path: Path, about: Mapping[str, Any], found: _Found) -> None:
    from arzoo.files import write_json

    rows = zip(found.given.captions, found.scores.tolist(), *(each.tolist() for each in found.measured), strict=True)
    names = ("image", "score", "bits_per_dim", "expected", "complexity")
    write_json(path, {**about, "images": [dict(zip(names, row, strict=True)) for row in rows]})
