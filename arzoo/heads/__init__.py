"""Heads: the distribution of the symbols at one position, exact over its integer support."""

from arzoo.heads.base import Head
from arzoo.heads.categorical import Bernoulli, Categorical
from arzoo.heads.choice import for_levels
from arzoo.heads.config import head_from_config
from arzoo.heads.drawing import adjust, check_adjustment, inverse_cdf
from arzoo.heads.mixtures import DiscretizedGaussianMixture, DiscretizedLogisticMixture

__all__ = [
    "Bernoulli",
    "Categorical",
    "DiscretizedGaussianMixture",
    "DiscretizedLogisticMixture",
    "Head",
    "adjust",
    "check_adjustment",
    "for_levels",
    "head_from_config",
    "inverse_cdf",
]
