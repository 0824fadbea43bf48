"""Heads that are no distribution, or not the one they are drawn from."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import nn

from arzoo.heads import Categorical, DiscretizedLogisticMixture, Head, inverse_cdf
from planted.fault import Fault, fault
from planted.toys import Dense, Recurrent


class Logits(Categorical):
    """The softmax is forgotten in log_prob."""

    def _log_prob(self, params, x):
        return params.gather(1, x)


class UnnormalisedPmf(Categorical):
    def _pmf(self, params, prefix):
        return params.exp()


class SoftmaxOverGrid(Categorical):
    """The softmax runs over the last axis, whatever that is."""

    def _log_prob(self, params, x):
        return params.log_softmax(-1).gather(1, x)


@dataclass(frozen=True)
class LogisticDensity(Head):
    """The density at the middle of a bin times its width, in place of the mass."""

    name: ClassVar[str] = "density"
    num_params: ClassVar[int] = 2
    num_symbols: ClassVar[int] = 1
    num_levels: int

    def _log_prob(self, params, x):
        mean, log_scale = params.split(1, 1)
        z = (x * (2 / (self.num_levels - 1)) - 1 - mean) * (-log_scale).exp()
        return -z - log_scale - 2 * nn.functional.softplus(-z) + torch.tensor(2 / (self.num_levels - 1)).log()

    def _pmf(self, params, prefix):
        levels = torch.arange(self.num_levels).expand(len(params), -1)
        return self._log_prob(params[:, :, None], levels[:, None]).exp()[:, 0]


class EdgesOf256(LogisticDensity):
    """The copied edge test, right for 256 levels."""

    def _log_prob(self, params, x):
        mean, log_scale = params.split(1, 1)
        y, half = x * (2 / (self.num_levels - 1)) - 1, 1 / (self.num_levels - 1)
        above = torch.sigmoid((y + half - mean) * (-log_scale).exp())
        below = torch.sigmoid((y - half - mean) * (-log_scale).exp())
        mass = torch.where(y < -0.999, above, torch.where(y > 0.999, 1 - below, above - below))
        return mass.clamp(min=1e-300).log()


class HalfPrecision(Categorical):
    """Log-probabilities in whatever dtype the network has."""

    def log_prob(self, params, x):
        return super().log_prob(params, x).to(params.dtype)


class LeakySupport(Categorical):
    """A level that is none has a probability."""

    def log_prob(self, params, x):
        return super().log_prob(params, x.clamp(0, self.num_levels - 1))


class LogOfZero(Categorical):
    """NaN gradients at the highest level."""

    def _log_prob(self, params, x):
        level = (self.num_levels - 1 - x).to(params.dtype)
        return super()._log_prob(params, x) + (params.sum(1, keepdim=True) * level * 0).sqrt() * 0


class WarmerDraws(Categorical):
    """A temperature that only the draws know of."""

    def _pmf(self, params, prefix):
        return torch.softmax(0.9 * params, 1)


class OneParamIdle(Categorical):
    @property
    def num_params(self):
        return self.num_levels + 1

    def _log_prob(self, params, x):
        return super()._log_prob(params[:, :-1], x)

    def _pmf(self, params, prefix):
        return super()._pmf(params[:, :-1], prefix)


class DrawsFromTheEnd(Categorical):
    """The CDF is inverted from above."""

    def _draw(self, params, uniforms, kept):
        return super()._draw(params, 1 - uniforms - 2**-54, kept)


class IgnoresKnown(Categorical):
    def sample(self, params, uniforms, known=None, known_mask=None, **options):
        return super().sample(params, uniforms, **options)


class IndependentDraws(DiscretizedLogisticMixture):
    """Channels are drawn one by one from their marginals, although log_prob couples them."""

    def _draw(self, params, uniforms, kept):
        blank = torch.zeros_like(uniforms, dtype=torch.long)
        levels = [
            kept.over(inverse_cdf(self._pmf(params, blank[:, :symbol]), uniforms[:, [symbol]]), symbol)
            for symbol in range(self.num_symbols)
        ]
        return torch.cat(levels, 1)


class IndependentChannels(DiscretizedLogisticMixture):
    """Channels are independent in the likelihood as well, which nobody declared."""

    def _log_prob(self, params, x):
        marginals = [self._pmf_at(params, x, channel) for channel in range(x.shape[1])]
        return torch.stack(marginals, 1)

    def _pmf_at(self, params, x, channel):
        blank = torch.zeros_like(x)
        blank[:, channel] = x[:, channel]
        return super()._log_prob(params, blank)[:, channel]

    def _pmf(self, params, prefix):
        return super()._pmf(params, torch.zeros_like(prefix))


class BlueFirst(DiscretizedLogisticMixture):
    """log_prob takes the channels in the other order than pmf."""

    def _log_prob(self, params, x):
        return super()._log_prob(params, x.flip(1)).flip(1)


class OneParamMore(Dense):
    """Made for another head."""

    def __init__(self, ordering, num_levels, num_params, num_classes=0):
        super().__init__(ordering, num_levels, num_params + 1, num_classes)


class OneParamLess(Recurrent):
    def __init__(self, ordering, num_levels, num_params, num_classes=0):
        super().__init__(ordering, num_levels, num_params - 1, num_classes)


class FewerLevels(Recurrent):
    """An embedding without the highest level."""

    def __init__(self, ordering, num_levels, num_params, num_classes=0):
        super().__init__(ordering, num_levels - 1, num_params, num_classes)


class ParamsLast(Dense):
    def forward(self, x, context=None):
        return super().forward(x, context).movedim(1, -1)


class NoParamsAxis(Recurrent):
    def forward(self, x, context=None):
        return super().forward(x, context).flatten(1, 2)


class StaysInFloat32(Dense):
    def forward(self, x, context=None):
        return super().forward(x, context).float()


class DividesByZero(Recurrent):
    def forward(self, x, context=None):
        params = super().forward(x, context)
        return params * (params - params) / (params - params)


def planted(check: str, head: Head, **arguments) -> list[Fault]:
    """A faulty head on either toy."""
    title = f"-{type(head).__name__}"
    return [fault(check, backbone, title, head=head, **arguments) for backbone in (Dense, Recurrent)]


PIXEL = {"event_shape": (3, 1, 2)}
FAULTS = [
    *planted("head-normalisation", Logits(2)),
    *planted("head-normalisation", UnnormalisedPmf(2)),
    *planted("head-normalisation", SoftmaxOverGrid(17)),
    *planted("head-normalisation", LogisticDensity(17)),
    *planted("head-normalisation", EdgesOf256(256)),
    *planted("head-normalisation", HalfPrecision(17)),
    *planted("head-support", LeakySupport(3)),
    *planted("head-support", LogOfZero(3)),
    *planted("head-chain", WarmerDraws(2)),
    *planted("head-chain", IndependentChannels(3, 2, 3), **PIXEL),
    *planted("head-chain", BlueFirst(3, 2, 3), **PIXEL),
    *planted("head-sampling", IndependentDraws(3, 2, 3), **PIXEL),
    *planted("head-sampling", DrawsFromTheEnd(3)),
    *planted("head-sampling", IgnoresKnown(3)),
    *planted("num-params", OneParamIdle(3)),
    *(fault("interface", kind) for kind in (OneParamMore, OneParamLess, FewerLevels, ParamsLast, NoParamsAxis)),
    *(fault("interface", kind) for kind in (StaysInFloat32, DividesByZero)),
]
