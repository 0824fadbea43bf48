"""What training images are like under a model: the statistics that scores compare with."""

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from arzoo.errors import DataError
from arzoo.files import replacing

REFERENCE = "reference.json"
"""The name of the file, beside the weights."""


@dataclass(frozen=True)
class Reference:
    """Statistics of (bits, surprise, complexity), all in bits per dimension, over images of a training split.

    Args:
        means: Of the three.
        covariances: 3 rows of 3.
        percentiles: Of each score over those images: the 0th to the 100th.
        coder: Of the complexity, and the version of its library.
        count: How many images.
        dataset: Id of the data set.
        split: Which split.
        digest: Identity of the images, see `arzoo.data.split_digest`.
        weights_sha256: Of the weights that measured them; None where they were not loaded from a file.
    """

    means: tuple[float, float, float]
    covariances: tuple[tuple[float, float, float], ...]
    percentiles: dict[str, list[float]]
    coder: tuple[str, str]
    count: int
    dataset: str
    split: str
    digest: str
    weights_sha256: str | None = None

    @cached_property
    def mean(self) -> Tensor:
        """The means, (3,) float64."""
        return torch.tensor(self.means, dtype=torch.float64)

    @cached_property
    def precision(self) -> Tensor:
        """The inverse of the covariances, (3, 3) float64; 0 along a sum of the figures that never varied."""
        return torch.linalg.pinv(self.covariance, hermitian=True, rtol=1e-10)

    @cached_property
    def covariance(self) -> Tensor:
        """The covariances, (3, 3) float64."""
        return torch.tensor(self.covariances, dtype=torch.float64)

    def share_below(self, name: str, scores: Tensor) -> Tensor:
        """Return which share of the training images scored lower, 0 to 1, to a hundredth.

        Args:
            name: Of a score.
            scores: (N,).
        """
        known = torch.tensor(self.percentiles[name], dtype=torch.float64)
        return (torch.searchsorted(known, scores.double().contiguous()) / (len(known) - 1)).clamp(max=1)

    def write(self, path: Path) -> None:
        """Write it as JSON."""
        with replacing(path) as temporary:
            temporary.write_text(json.dumps(vars_of(self), indent=1) + "\n", encoding="utf-8")

    @classmethod
    def read(cls, path: Path) -> "Reference":
        """Read what `write` wrote.

        Raises:
            DataError: The file is missing or something else.
        """
        try:
            held = json.loads(path.read_text(encoding="utf-8"))
            read = cls(**{name: _frozen(value) for name, value in held.items()})
            fits = read.mean.shape == (3,) and read.covariance.shape == (3, 3)
        except (OSError, ValueError, TypeError, AttributeError) as error:
            raise DataError(f"{path} must hold reference statistics, and cannot be read: {error}.") from error
        if not fits:
            raise DataError(f"{path} must hold means and covariances of 3 figures, got {read.means}. Fit it anew.")
        return read


def vars_of(reference: Reference) -> dict[str, Any]:
    """The fields, without what is computed from them."""
    return {name: vars(reference)[name] for name in Reference.__dataclass_fields__}


def _frozen(value: Any) -> Any:
    return tuple(map(_frozen, value)) if isinstance(value, list) else value
