"""Measures training images, for the statistics that scores compare with."""

from typing import TYPE_CHECKING

import torch
from PIL import features

from arzoo.anomaly.measuring import Measured, measure
from arzoo.anomaly.reference import Reference
from arzoo.anomaly.scores import SCORES, score
from arzoo.errors import ConfigError, check_count
from arzoo.evaluation import check_fit

if TYPE_CHECKING:
    from arzoo.data import Dataset
    from arzoo.model import AutoregressiveModel

PERCENTILES = 101


def fit(
    model: "AutoregressiveModel",
    dataset: "Dataset",
    *,
    count: int = 1000,
    coder: str = "webp",
    weights_sha256: str | None = None,
    progress: bool = True,
) -> Reference:
    """Measure training images, evenly spread over their split.

    Args:
        model: A model of images.
        dataset: The training split; nothing else may be in it, least of all outliers.
        count: How many images; at least 10.
        coder: Of the complexity, see `arzoo.anomaly.complexity`.
        weights_sha256: Of the file that the model was loaded from, to be remembered.
        progress: Show a bar, on a terminal.

    Raises:
        ConfigError: There are too few images to have a covariance, or the model has no images.
        ShapeError: The data set is not of the model's shape.
    """
    check_fit(model, dataset)
    chosen = min(check_count("count", count, least=10), len(dataset))
    if chosen < 10:
        raise ConfigError(f"A reference must be of at least 10 images, got {chosen} of {dataset.id}. Use more.")
    told = dataset.with_context(list(model.context)).subset(torch.arange(chosen) * len(dataset) // chosen)
    x, context, *_ = told.batch(range(chosen))
    measured = measure(model, x, context or None, coder=coder, progress=progress)
    vectors = measured.vectors
    bare = Reference(
        means=tuple(vectors.mean(0).tolist()),
        covariances=tuple(tuple(row) for row in vectors.T.cov().tolist()),
        percentiles={},
        coder=(coder, _version()),
        count=chosen,
        dataset=dataset.id,
        split=dataset.split,
        digest=told.digest,
        weights_sha256=weights_sha256,
    )
    bare.percentiles.update(_percentiles(measured, bare))
    return bare


def _percentiles(measured: Measured, reference: Reference) -> dict[str, list[float]]:
    levels = torch.linspace(0, 1, PERCENTILES, dtype=torch.float64)
    names = [name for name, each in SCORES.items() if each.needs != "background"]
    return {name: score(name, measured, reference).quantile(levels).tolist() for name in names}


def _version() -> str:
    return f"libwebp {features.version('webp')}, zlib {features.version('zlib')}"
