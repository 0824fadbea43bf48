"""The head that levels ask for: what a builder gives its model."""

from arzoo.errors import check_count
from arzoo.heads.base import Head
from arzoo.heads.categorical import Bernoulli, Categorical
from arzoo.heads.mixtures import DiscretizedLogisticMixture


def for_levels(num_levels: int, num_mixtures: int = 0, num_channels: int = 1) -> Head:
    """Return a mixture of discretized logistics, or without one a softmax over the levels.

    Where there are two levels, the Bernoulli is the same as the softmax with half the params.

    Args:
        num_levels: At least 2.
        num_mixtures: Logistics in the mixture; 0 for a softmax.
        num_channels: Channels of a pixel that the mixture owns; 1 where each value has a position of its own.

    Raises:
        ConfigError: `num_levels` is less than 2, or `num_mixtures` less than 0.

    Example:
        >>> for_levels(2)
        Bernoulli()
        >>> for_levels(256, num_mixtures=10).num_params
        30
    """
    if check_count("num_mixtures", num_mixtures, least=0):
        return DiscretizedLogisticMixture(num_levels, num_mixtures, num_channels=num_channels)
    return Bernoulli() if num_levels == 2 else Categorical(num_levels)
