"""Discretized mixtures: a few bell curves share out their mass among the levels, cheap even at 65,536 of them.

Levels are the points 2x/(num_levels-1) - 1 of [-1, 1], and a bin reaches half-way to its neighbours; the lowest and the
highest also take everything beyond. Neighbours share an edge, so every component sums to 1 over the levels, and so does
the mixture. All is computed in units of half a bin, where levels and edges are whole numbers, exact in float32, so that
those of neighbours meet even at 65,536 levels. A level's number there is its *place*, 2x - (num_levels-1).
"""

import functools
from abc import abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from arzoo.errors import ConfigError
from arzoo.heads.base import Head, Kept
from arzoo.heads.bisection import Cdf, Search

MOST_LEVELS = 2**23  # up to which the edges of the bins, odd numbers up to twice as many, are exact in float32
EXACT = 40.0  # from which on log(1 + e^z) is z in float64
FAR = 1e34  # half bins to the outer edges of the support: as good as infinite, but its gradient is 0 and not 0 * inf
LOWEST = -1e9  # scales from the mean; torch's derivative of log Φ is wrong beyond
TINY = 1e-30  # a difference of logarithms whose own logarithm is finite
MANY_ROWS = 32  # from which on a CPU is faster at adding up than at a batched product, see benchmarks/products.py
BROADEST = 50.0  # log-scales above count as this: flat to twenty digits, and a bin's width in float32 is not yet 0


Find = Callable[[int, Cdf, Tensor | None], Tensor]
"""Finds a level by its CDF: see `DiscretizedMixture.settle`."""


class Components(NamedTuple):
    """The params of a mixture, taken apart; M components, C channels.

    Attributes:
        logits: Of the components, (B, M, *grid).
        means: Of each channel, (B, M, *grid), in half bins from the middle of the support.
        rates: (B, C, M, *grid), half bins in units of the scale, which is clamped.
        coefficients: Of each earlier channel in each mean, C(C-1)/2 of them or none, in [-1, 1], (B, M, *grid).
    """

    logits: Tensor
    means: Sequence[Tensor]
    rates: Tensor
    coefficients: Sequence[Tensor]


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

    Attributes:
        precision: What the log mass of a bin is computed in, at least.

    Raises:
        ConfigError: A number is less than 1, or `num_levels` less than 2 or more than float32 can tell apart.
    """

    precision: ClassVar[torch.dtype] = torch.float32
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
        return self.num_mixtures * sum(self._sizes())

    @property
    def num_symbols(self) -> int:
        """The channels."""
        return self.num_channels

    @property
    def _top(self) -> int:
        """The highest level, and its place."""
        return self.num_levels - 1

    def _log_prob(self, params: Tensor, x: Tensor) -> Tensor:
        parts, places = self._components(params), self._places(x).to(params.dtype).unsqueeze(2)
        means = torch.stack([self._mean(parts, places.unbind(1)[:c]) for c in range(self.num_channels)], 1)
        log_mass = self._log_mass(means, parts.rates, places)
        log_weights = F.log_softmax(parts.logits, 1).unsqueeze(1)
        joint = torch.logsumexp(log_weights + log_mass.cumsum(1), 2)  # of each channel with all before it
        return torch.cat([joint[:, :1], joint.diff(dim=1)], 1)

    def _pmf(self, params: Tensor, prefix: Tensor) -> Tensor:
        parts, places = self._columns(params), self._places(prefix).double()[..., None, None].unbind(1)
        logits, rates = parts.logits, parts.rates.unbind(1)
        for channel, place in enumerate(places):
            logits = logits + self._log_mass(self._mean(parts, places[:channel]), rates[channel], place)
        edges = torch.arange(1 - self._top, self._top, 2, device=params.device)
        z = (edges - self._mean(parts, places)) * rates[len(places)]
        # The CDF is tail(-|z|) below the mean and 1 - tail(-|z|) above: each is differenced by itself, as the ones
        # would swallow the tails.
        tail = self._cdf(-z.abs())
        tails = F.pad(torch.where(z < 0, tail, -tail), (1, 1))
        ones = F.pad(F.pad((z >= 0).double(), (1, 0)), (0, 1), value=1)
        return (torch.softmax(logits, 1) * (tails.diff() + ones.diff())).sum(1).clamp(min=0)

    def settle(self, params: Tensor, find: Find) -> Tensor:
        """Settle the symbols of one position in turn, each by a function that is handed its CDF.

        That is what draws and codes of many levels have in common: they ask for the CDF at few places.

        Args:
            params: (B, num_params), float64.
            find: From the number of a symbol, its CDF, and what that comes to where it is not 1, (B, 1, 1), to the
                place (B, 1, 1) of its level.

        Returns:
            Levels (B, num_symbols), int64.
        """
        parts = self._columns(params)
        weights, total = torch.softmax(parts.logits, 1).mT, None
        places: list[Tensor] = []
        for channel, rate in enumerate(parts.rates.unbind(1)):
            mean = self._mean(parts, places)
            places.append(find(channel, self._mixture_cdf(weights, mean, rate), total))
            if channel < self.num_channels - 1:  # joint with the channels so far: what the next CDF comes to
                outside = self._outside(mean, rate, places[-1]).mT
                weights = torch.addcmul(weights, weights, outside, value=-1)
                total = weights.sum(2, keepdim=True)
        return self._levels(torch.cat(places, 1).squeeze(2))

    def _draw(self, params: Tensor, uniforms: Tensor, kept: Kept) -> Tensor:
        """Search every channel's CDF; where rounding decides, ask the pmf, which has the last word."""
        search = Search.of(self.num_levels, uniforms)
        standing = kept if kept.levels is None else Kept(self._places(kept.levels).double(), kept.mask)
        drawn = self.settle(params, lambda channel, cdf, total: standing.over(search(channel, cdf, total), channel))
        if search.in_doubt:
            rows = search.doubtful
            drawn[rows] = self._draw_by_pmf(params[rows], uniforms[rows], kept.at(rows))
        return drawn

    def _mixture_cdf(self, weights: Tensor, mean: Tensor, rate: Tensor) -> Cdf:
        """Return the function from places (B or 1, 1, K) to the probability (B, 1, K) below them, by (B, 1, M)."""
        mixed = _mixed if weights.is_cpu and len(weights) >= MANY_ROWS else torch.bmm
        return lambda places: mixed(weights, self._cdf((places - mean).mul_(rate)))

    def _outside(self, mean: Tensor, rate: Tensor, place: Tensor) -> Tensor:
        """Return the mass (B, M, 1) outside the bins at places (B, 1, 1), to 16 decimals."""
        signs, half = _sides(place.device)
        # Edges below, and edges above turned round: nothing lies beyond the outer ones.
        edges = torch.threshold(torch.addcmul(half, place, signs, value=-1), -self._top - 0.5, -FAR)
        return self._cdf(torch.addcmul(edges, mean, signs).mul_(rate)).sum(2, keepdim=True)

    def _columns(self, params: Tensor) -> Components:
        """Return the components of params (B, num_params) with a last axis to spread places along, (B, M, 1)."""
        return self._components(params.unsqueeze(2))

    def _components(self, params: Tensor) -> Components:
        parts = params.reshape(params.shape[0], -1, self.num_mixtures, *params.shape[2:])
        logits, means, log_scales, coefficients = parts.split_with_sizes(self._sizes(), 1)
        rates = torch.exp(-log_scales.clamp(self.min_log_scale, BROADEST)) / self._top
        return Components(logits.squeeze(1), (means * self._top).unbind(1), rates, torch.tanh(coefficients).unbind(1))

    def _sizes(self) -> list[int]:
        channels = self.num_channels
        return [1, channels, channels, channels * (channels - 1) // 2 if self.coupled else 0]

    def _places(self, levels: Tensor) -> Tensor:
        """Return where levels lie, in half bins from the middle of the support."""
        return 2 * levels - self._top

    def _levels(self, places: Tensor) -> Tensor:
        """Return the levels at places."""
        return ((places + self._top) * 0.5).long()

    def _mean(self, parts: Components, places: Sequence[Tensor]) -> Tensor:
        """Return the means (B, M, *grid) of a channel, given the places of all before it, (B, 1, *grid) each."""
        channel = len(places)
        mean, first = parts.means[channel], channel * (channel - 1) // 2
        if self.coupled:
            for earlier, place in enumerate(places):
                mean = torch.addcmul(mean, parts.coefficients[first + earlier], place)
        return mean

    def _log_mass(self, means: Tensor, rates: Tensor, places: Tensor) -> Tensor:
        """Return the log mass of the bins of the levels at `places`, in nats; all three broadcast."""
        dtype, lowest = torch.promote_types(means.dtype, self.precision), -self._top - 0.5
        means, rates = means.to(dtype), rates.to(dtype)
        lower, upper = torch.threshold(places - 1, lowest, -FAR), -torch.threshold(-1 - places, lowest, -FAR)
        return self._log_bin((lower - means) * rates, (upper - means) * rates, (upper - lower) * rates).to(places.dtype)

    @abstractmethod
    def _log_bin(self, lower: Tensor, upper: Tensor, width: Tensor) -> Tensor:
        """Return the log mass of the standard curve in a bin; `width` is known better than the difference."""

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

    def _log_bin(self, lower: Tensor, upper: Tensor, width: Tensor) -> Tensor:
        return torch.log(-torch.expm1(-width)) - _softplus(lower) - _softplus(-upper)

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
    precision: ClassVar[torch.dtype] = torch.float64

    def _log_bin(self, lower: Tensor, upper: Tensor, width: Tensor) -> Tensor:
        turned = lower + upper > 0
        below, above = torch.where(turned, -upper, lower), torch.where(turned, -lower, upper)
        log_above = torch.special.log_ndtr(above)
        gap = (torch.special.log_ndtr(below.clamp(min=LOWEST)) - log_above).clamp(max=-TINY)
        return log_above + torch.log(-torch.expm1(gap))

    def _cdf(self, z: Tensor) -> Tensor:
        return torch.special.ndtr(z)


@functools.cache
def _sides(device: torch.device) -> tuple[Tensor, Tensor]:
    """Which way the sides of a bin are turned, the one below and the one above, and minus half its width for both."""
    with torch.inference_mode(False):
        signs = torch.tensor([-1.0, 1.0], dtype=torch.float64, device=device)
        return signs, torch.full_like(signs, -1.0)


def _mixed(weights: Tensor, masses: Tensor) -> Tensor:
    """Return what `torch.bmm` does, (B, 1, K) of (B, 1, M) and (B, M, K); the latter are lost."""
    return masses.mul_(weights.mT).sum(1, keepdim=True)


def _softplus(z: Tensor) -> Tensor:
    """Return log(1 + e^z), which is -log σ(-z), to the last digit; faster than torch's log-sigmoid on few numbers."""
    return F.softplus(z, threshold=EXACT)
