"""Heads: the distribution of the symbols at one position, exact over its integer support."""

from arzoo.heads.base import Head
from arzoo.heads.categorical import Bernoulli, Categorical, categorical
from arzoo.heads.config import head_from_config
from arzoo.heads.drawing import adjust, inverse_cdf

__all__ = ["Bernoulli", "Categorical", "Head", "adjust", "categorical", "head_from_config", "inverse_cdf"]
