"""Discretized mixtures: a few bell curves share out their mass among the levels, cheap even at 65,536 of them.

Levels are the points 2x/(num_levels-1) - 1 of [-1, 1], and a bin reaches half-way to its neighbours; the lowest and the
highest also take everything beyond. Neighbours share an edge, so every component sums to 1 over the levels, and so does
the mixture. Edges are computed in units of half a bin, where they are whole numbers, exact in float32, so that those of
neighbours meet even at 65,536 levels.
"""

from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from arzoo.errors import ConfigError
from arzoo.heads.base import Head
from arzoo.heads.drawing import inverse_cdf

FAN = 16  # brackets tried at once when a CDF is searched: two rounds for 256 levels
ROUNDING = 1e-9  # far above the error of a CDF in float64, far below the chance of any draw
MOST_LEVELS = 2**23  # up to which the edges of the bins, odd numbers up to twice as many, are exact in float32
TINY = 1e-30  # a width in float32 whose logarithm is still finite


class Components(NamedTuple):
    """The params of a mixture, taken apart; M components, C channels.

    Attributes:
        logits: Of the components, (B, M, *grid).
        means: (B, C, M, *grid), in [-1, 1] where a level lies.
        log_scales: (B, C, M, *grid), clamped.
        coefficients: Of each earlier channel in each mean, in [-1, 1], (B, C(C-1)/2, M, *grid), or none.
    """

    logits: Tensor
    means: Tensor
    log_scales: Tensor
    coefficients: Tensor


class Mixture(NamedTuple):
    """The distribution of one symbol, in float64.

    Attributes:
        weights: Of the components, (B, M, 1), each row sums to 1.
        means: (B, M, 1).
        log_scales: (B, M, 1).
    """

    weights: Tensor
    means: Tensor
    log_scales: Tensor


@dataclass(frozen=True)
class DiscretizedMixture(Head):
    """What mixtures of any bell curve share; a subclass gives the curve, by its `_log_mass` and `_cdf`.

    With more than one channel the head owns the pixel: a component is chosen for the whole pixel, and, where `coupled`,
    its mean in a channel moves linearly with the levels of the earlier channels.

    Args:
        num_levels: At least 2.
        num_mixtures: Components, M.
        num_channels: Colours of the pixel, C.
        coupled: Whether the means of later channels depend on the earlier ones.
        min_log_scale: Log-scales below count as this.

    Raises:
        ConfigError: A number is less than 1, or `num_levels` less than 2 or more than float32 can tell apart.
    """

    num_mixtures: int = 10
    num_channels: int = 1
    coupled: bool = True
    min_log_scale: float = -7.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if not all(isinstance(number, int) and number > 0 for number in (self.num_mixtures, self.num_channels)):
            numbers = f"{self.num_mixtures!r} and {self.num_channels!r}"
            raise ConfigError(f"`num_mixtures` and `num_channels` of {self.name} must be at least 1, got {numbers}.")
        if self.num_levels > MOST_LEVELS:
            raise ConfigError(
                f"`num_levels` of {self.name} must be at most {MOST_LEVELS:,}, whose bins float32 can tell apart, "
                f"got {self.num_levels:,}. Use {MOST_LEVELS}."
            )

    @property
    def num_params(self) -> int:
        """Logits, means, log-scales and coefficients: M(1 + 2C + C(C-1)/2), that is 10M for coupled RGB."""
        return sum(self._sizes())

    @property
    def num_symbols(self) -> int:
        """The channels."""
        return self.num_channels

    def _log_prob(self, params: Tensor, x: Tensor) -> Tensor:
        parts = self._components(params)
        log_mass = self._log_mass(self._means(parts, x), parts.log_scales, x.unsqueeze(2))
        log_weights = F.log_softmax(parts.logits, 1).unsqueeze(1)
        joint = torch.logsumexp(log_weights + log_mass.cumsum(1), 2)  # of each channel with all before it
        return torch.cat([joint[:, :1], joint.diff(dim=1)], 1)

    def _pmf(self, params: Tensor, prefix: Tensor) -> Tensor:
        weights, means, log_scales = self._next_symbol(params, prefix)
        _, edges = self._edges(means, log_scales, torch.arange(self.num_levels - 1, device=params.device))
        # The CDF is tail(-|z|) below the mean and 1 - tail(-|z|) above: each is differenced by itself, as the ones
        # would swallow the tails.
        tail = self._cdf(-edges.abs())
        tails = F.pad(torch.where(edges < 0, tail, -tail), (1, 1))
        ones = F.pad(F.pad((edges >= 0).double(), (1, 0)), (0, 1), value=1)
        return (weights * (tails.diff() + ones.diff())).sum(1).clamp(min=0)

    def _draw(self, params: Tensor, prefix: Tensor, uniform: Tensor) -> Tensor:
        mixture = self._next_symbol(params, prefix)
        level = self._search(mixture, uniform)
        edges = self._mixture_cdf(mixture, torch.cat([level - 1, level], 1))
        doubtful = ((edges - uniform).abs() < ROUNDING).any(1)
        if doubtful.any():  # rounding decides: ask the pmf, which has the last word
            level[doubtful] = inverse_cdf(self._pmf(params[doubtful], prefix[doubtful]), uniform[doubtful])
        return level

    def _search(self, mixture: Mixture, uniform: Tensor) -> Tensor:
        """Return the smallest level whose CDF exceeds the uniform, (B, 1), a digit to the base FAN at a time."""
        level = torch.zeros_like(uniform, dtype=torch.long)
        digits = torch.arange(1, FAN, device=level.device)
        for stride in self._strides():
            tried = level + stride * digits - 1
            level = level + stride * (self._mixture_cdf(mixture, tried) <= uniform).sum(1, keepdim=True)
        return level

    def _mixture_cdf(self, mixture: Mixture, x: Tensor) -> Tensor:
        """Return the probability of `x` and below, (B, K) for levels (B, K), far out of [0, 1] beyond the support."""
        _, upper = self._edges(mixture.means, mixture.log_scales, x.unsqueeze(1))
        cdf = (mixture.weights * self._cdf(upper)).sum(1)
        return cdf.masked_fill(x < 0, -1).masked_fill(x >= self.num_levels - 1, 2)

    def _strides(self) -> list[int]:
        strides = [1]
        while strides[0] * FAN < self.num_levels:
            strides.insert(0, strides[0] * FAN)
        return strides

    def _next_symbol(self, params: Tensor, prefix: Tensor) -> Mixture:
        """Return the mixture of the symbol that follows `prefix`, re-weighted by the mass its components gave that."""
        parts, drawn = self._components(params), prefix.shape[1]
        means = self._means(parts, prefix)
        log_mass = self._log_mass(means[:, :drawn], parts.log_scales[:, :drawn], prefix.unsqueeze(2))
        weights = torch.softmax(parts.logits + log_mass.sum(1), 1)
        return Mixture(*(part.unsqueeze(2) for part in (weights, means[:, drawn], parts.log_scales[:, drawn])))

    def _components(self, params: Tensor) -> Components:
        logits, *others = params.split(self._sizes(), 1)
        means, log_scales, coefficients = (part.unflatten(1, (-1, self.num_mixtures)) for part in others)
        return Components(logits, means, log_scales.clamp(min=self.min_log_scale), torch.tanh(coefficients))

    def _sizes(self) -> list[int]:
        channels = self.num_channels
        pairs = channels * (channels - 1) // 2 if self.coupled else 0
        return [number * self.num_mixtures for number in (1, channels, channels, pairs)]

    def _means(self, parts: Components, x: Tensor) -> Tensor:
        """Return the means of the channels given those in `x`, (B, up to one more than `x` has, M, *grid)."""
        if not parts.coefficients.shape[1]:
            return parts.means
        places = x.to(parts.means.dtype).unsqueeze(2) * (2 / (self.num_levels - 1)) - 1
        means = [parts.means[:, 0]]
        for channel in range(1, min(self.num_channels, x.shape[1] + 1)):
            first = channel * (channel - 1) // 2
            coefficients = parts.coefficients[:, first : first + channel]
            means.append(parts.means[:, channel] + (coefficients * places[:, :channel]).sum(1))
        return torch.stack(means, 1)

    def _edges(self, means: Tensor, log_scales: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return the lower and the upper edge of the bins of levels `x`, from the mean and in units of the scale."""
        top = self.num_levels - 1
        per_scale, means = torch.exp(-log_scales) / top, means * top
        lower, upper = (2 * x - top - 1).to(means.dtype), (2 * x - top + 1).to(means.dtype)
        return (lower - means) * per_scale, (upper - means) * per_scale

    @abstractmethod
    def _log_mass(self, means: Tensor, log_scales: Tensor, x: Tensor) -> Tensor:
        """Return the log mass of the bins of levels `x`, in nats; all three broadcast."""

    @abstractmethod
    def _cdf(self, z: Tensor) -> Tensor:
        """Return the mass of the standard curve below z."""


@dataclass(frozen=True)
class DiscretizedLogisticMixture(DiscretizedMixture):
    """A discretized mixture of logistics, the head of PixelCNN++.

    A bin from b to a has mass σ(a) - σ(b), a difference that cancels at many levels; its logarithm is
    log σ(a) + log σ(-b) + log(1 - exp(b - a)), of which nothing cancels.

    Params are laid out as logits M, means C·M, log-scales C·M, and, where coupled, coefficients C(C-1)/2 · M that go
    through tanh: of channel 0 in channel 1, of 0 in 2, of 1 in 2, and so on.

    Example:
        >>> head = DiscretizedLogisticMixture(256, num_mixtures=5, num_channels=3)
        >>> head.num_params
        50
        >>> head.log_prob(torch.zeros(1, 50, 8, 8), torch.zeros(1, 3, 8, 8, dtype=torch.uint8)).shape
        torch.Size([1, 3, 8, 8])

    References:
        PixelCNN++: Improving the PixelCNN with Discretized Logistic Mixture Likelihood and Other Modifications,
        Salimans et al. 2017, sections 2.1 and 2.2.
    """

    name: ClassVar[str] = "discretized-logistic-mixture"

    def _log_mass(self, means: Tensor, log_scales: Tensor, x: Tensor) -> Tensor:
        lower, upper = self._edges(means, log_scales, x)
        lowest, highest = x == 0, x == self.num_levels - 1
        width = (torch.exp(-log_scales) * (2 / (self.num_levels - 1))).clamp(min=TINY)
        # at the ends a bin is infinitely wide: log(1 - exp(-inf)) = 0, with gradient 0
        log_width = torch.log(-torch.expm1(-torch.where(lowest | highest, torch.inf, width)))
        log_below = F.logsigmoid(upper).masked_fill(highest, 0)
        return log_below + F.logsigmoid(-lower).masked_fill(lowest, 0) + log_width

    def _cdf(self, z: Tensor) -> Tensor:
        return torch.sigmoid(z)


@dataclass(frozen=True)
class DiscretizedGaussianMixture(DiscretizedMixture):
    """A discretized mixture of Gaussians, laid out as `DiscretizedLogisticMixture`.

    A bin from b to a has mass Φ(a) - Φ(b). Turned, if need be, so that its centre lies below the mean, its logarithm is
    log Φ(a) + log(1 - exp(log Φ(b) - log Φ(a))). That difference does cancel for narrow bins, so it is computed in
    float64, which leaves nine digits at 65,536 levels.

    Example:
        >>> DiscretizedGaussianMixture(2, num_mixtures=1).log_prob(torch.zeros(1, 3), torch.tensor([1]))  # ln ½
        tensor([-0.6931])
    """

    name: ClassVar[str] = "discretized-gaussian-mixture"

    def _log_mass(self, means: Tensor, log_scales: Tensor, x: Tensor) -> Tensor:
        lower, upper = self._edges(means.double(), log_scales.double(), x)
        lowest, highest = x == 0, x == self.num_levels - 1
        turned = highest | ((lower + upper > 0) & ~lowest)
        lower, upper = torch.where(turned, -upper, lower), torch.where(turned, -lower, upper)
        log_below = torch.special.log_ndtr(upper)
        gap = (torch.special.log_ndtr(lower) - log_below).clamp(max=-TINY)
        # at the ends nothing is taken away: log(1 - exp(-inf)) = 0, with gradient 0
        log_kept = torch.log(-torch.expm1(gap.masked_fill(lowest | highest, -torch.inf)))
        return (log_below + log_kept).to(means.dtype)

    def _cdf(self, z: Tensor) -> Tensor:
        return torch.special.ndtr(z)
