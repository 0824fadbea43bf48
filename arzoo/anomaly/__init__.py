"""Outliers: how far an event is from what a model was trained on, by several scores, and how well they tell it."""

from arzoo.anomaly.complexity import CODERS, complexity
from arzoo.anomaly.fitting import fit
from arzoo.anomaly.measuring import Measured, measure
from arzoo.anomaly.outliers import OUTLIERS, outliers
from arzoo.anomaly.reference import REFERENCE, Reference
from arzoo.anomaly.scores import (
    SCORES,
    auroc,
    check_score,
    complexity_corrected,
    joint,
    likelihood,
    likelihood_ratio,
    score,
    typicality,
)

__all__ = [
    "CODERS",
    "OUTLIERS",
    "REFERENCE",
    "SCORES",
    "Measured",
    "Reference",
    "auroc",
    "check_score",
    "complexity",
    "complexity_corrected",
    "fit",
    "joint",
    "likelihood",
    "likelihood_ratio",
    "measure",
    "outliers",
    "score",
    "typicality",
]
