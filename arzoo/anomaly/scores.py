"""Scores: larger for an event that is less like what the model was trained on. Pure functions of what was measured.

The score to use where nothing is known of the outliers is `joint`; it was named before the tables in the guide were
measured, and chosen on pairs of data sets that are not in them. The reasons stand in its docstring.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import torch
from torch import Tensor
from torchmetrics.functional.classification import binary_auroc

from arzoo.anomaly.measuring import Measured
from arzoo.anomaly.reference import Reference
from arzoo.errors import ConfigError, did_you_mean


def likelihood(measured: Measured) -> Tensor:
    """Bits per dimension: the negative log-likelihood itself.

    Returns:
        Scores (N,), float64.

    References:
        Bishop 1994, "Novelty detection and neural network validation".
    """
    return measured.bits


def typicality(measured: Measured, reference: Reference) -> Tensor:
    """How far the bits are from their mean over training data: |b - E[b]|; too few are as odd as too many.

    References:
        Nalisnick et al. 2019, "Detecting Out-of-Distribution Inputs to Deep Generative Models Using Typicality",
        section 3, for a single event.
    """
    return (measured.bits - reference.mean[0]).abs()


def complexity_corrected(measured: Measured) -> Tensor:
    """Bits of the model less the bits of an image coder: simple images no longer score low for being simple.

    References:
        Serrà et al. 2020, "Input Complexity and Out-of-distribution Detection with Likelihood-based Generative
        Models", equation 1.
    """
    return measured.bits - measured.complexity


def likelihood_ratio(measured: Measured, background: Measured) -> Tensor:
    """Bits of the model less those of a background model, which knows what any such image has in common.

    References:
        Ren et al. 2019, "Likelihood Ratios for Out-of-Distribution Detection", equation 4.
    """
    return measured.bits - background.bits


def joint(measured: Measured, reference: Reference) -> Tensor:
    """Typicality of bits, surprise and complexity together: (v - m)ᵀ C⁻¹ (v - m), with v = (b, b - b', c).

    Mean m and covariance C are of training images. It is the largest squared typicality, in standard deviations, of any
    weighted sum of the three figures. Bits alone say how simple an image is, and typicality sees both its ends. Bits
    less complexity is another such sum, and sees what is too dear, or too cheap, *for its complexity*. Surprise, bits
    less the model's own conditional entropies, sees seams, where a model was sure and wrong. Nobody needs to say
    beforehand which way an outlier errs.

    References:
        Mahalanobis 1936, "On the generalised distance in statistics", of the figures of Nalisnick et al. 2019 and of
        Serrà et al. 2020.
    """
    away = measured.vectors - reference.mean
    return (away @ reference.precision * away).sum(1)


class Score(NamedTuple):
    """A score by name.

    Attributes:
        of: Function of what was measured, and of what it needs besides.
        needs: "reference", "background" or "" for nothing.
        says: What it is, in a phrase.
    """

    of: Callable[..., Tensor]
    needs: str
    says: str


SCORES: Mapping[str, Score] = {
    "joint": Score(joint, "reference", "typicality of bits, surprise and complexity together"),
    "likelihood": Score(likelihood, "", "bits/dim of the model"),
    "typicality": Score(typicality, "reference", "bits/dim from their mean over training images"),
    "complexity": Score(complexity_corrected, "", "bits/dim of the model less those of an image coder"),
    "ratio": Score(likelihood_ratio, "background", "bits/dim of the model less those of a background model"),
}


def score(
    name: str, measured: Measured, reference: Reference | None = None, background: Measured | None = None
) -> Tensor:
    """Return the scores of events by the name of the score.

    Args:
        name: Of `SCORES`.
        measured: The events.
        reference: Statistics of training images, for the scores that need them.
        background: The same events under a background model, for the ratio.

    Returns:
        (N,), float64; larger is less like the training images.

    Raises:
        ConfigError: There is no such score, or what it needs is missing.
    """
    check_score(name, reference, background)
    needs = SCORES[name].needs
    given = {"": (measured,), "reference": (measured, reference), "background": (measured, background)}
    return SCORES[name].of(*given[needs])


def check_score(name: str, reference: object | None, background: object | None) -> None:
    """Refuse a score before anything is measured.

    Args:
        name: Of `SCORES`.
        reference: What is there of training images.
        background: What is there of a background model.

    Raises:
        ConfigError: There is no such score, or what it needs is missing.
    """
    if name not in SCORES:
        raise ConfigError(f"`score` must be one of {', '.join(SCORES)}, got {name!r}.{did_you_mean(name, SCORES)}")
    needs = SCORES[name].needs
    if needs and {"reference": reference, "background": background}[needs] is None:
        what, repair = {
            "reference": ("statistics of training images", "arzoo.anomaly.fit(model, dataset), or --fit 1000"),
            "background": ("a background model", "one of the same events, --background NAME"),
        }[needs]
        raise ConfigError(f"The score {name!r} needs {what}, got none. Use {repair}, or the score 'complexity'.")


def auroc(inliers: Tensor, outliers: Tensor) -> float:
    """Return the probability that an outlier scores higher than an inlier: 1 is perfect, 0.5 is chance.

    Args:
        inliers: Scores (N,).
        outliers: Scores (M,).

    Raises:
        ConfigError: There are none of either.

    Example:
        >>> auroc(torch.tensor([0.0, 1.0]), torch.tensor([0.5, 2.0]))
        0.75
    """
    if not len(inliers) or not len(outliers):
        raise ConfigError(f"AUROC needs inliers and outliers, got {len(inliers)} and {len(outliers)}. Give both.")
    ranks = torch.cat([inliers, outliers]).double().unique(return_inverse=True)[1]  # the metric would squash floats
    truth = torch.cat([torch.zeros(len(inliers)), torch.ones(len(outliers))]).long()
    return binary_auroc(ranks.double() / (len(ranks) + 1), truth.to(ranks.device)).item()
