"""What a context says to the layers of a sequence model: one vector a sequence, and series brought up to its rate.

    labels, vectors --> h (B, D) -------------------------> V h  the same at every position    (global conditioning)
    series (c, frames) --> y = f(h), a frame for many ----> V * y  different at every position  (local conditioning)

References:
    van den Oord et al. 2016, "WaveNet: A Generative Model for Raw Audio", section 2.5.
"""

from collections.abc import Mapping
from typing import Literal, get_args

import torch
from torch import Tensor, nn

from arzoo.context import ContextSpec, Labels, Latent, Series
from arzoo.errors import ConfigError
from arzoo.nn.conditioning import Condition, ConditionSize, laid_end_to_end, prime_factors, upsampled

Upsampling = Literal["transposed", "repeat"]


class SequenceEncoder(nn.Module):
    """Any number of labels, vectors and series as one condition of a sequence.

    Labels and vectors are laid end to end in the order declared: global conditioning. Every series is brought up to the
    rate of the sequence, each by a network of its own: local conditioning.

    Args:
        specs: The declared context, by name; empty for an unconditional model.
        channels: Feature maps to which transposed convolutions bring each series.
        upsampling: "transposed", one convolution for each prime factor of the hop; or "repeat", without weights: every
            frame as it is, `hop` times.

    Attributes:
        size: The channels of the condition, by which `ConditionBias` is built.

    Raises:
        ConfigError: If a context is neither labels nor a latent (D,) nor a series, or there is no such way up.

    Example:
        >>> encoder = SequenceEncoder({"speaker": Labels(6), "mel": Series(20, 80)}, upsampling="repeat")
        >>> encoder.size
        ConditionSize(vector=6, map=20)
        >>> encoder({"speaker": torch.tensor([3]), "mel": torch.zeros(1, 20, 2)}, torch.float32).map.shape
        torch.Size([160, 1, 20])
    """

    def __init__(
        self, specs: Mapping[str, ContextSpec], channels: int = 32, upsampling: Upsampling = "transposed"
    ) -> None:
        super().__init__()
        if upsampling not in get_args(Upsampling):
            raise ConfigError(
                f"`upsampling` must be one of {', '.join(get_args(Upsampling))}, got {upsampling!r}. "
                'Use upsampling="transposed".'
            )
        series = {name: spec for name, spec in specs.items() if isinstance(spec, Series)}
        sizes = {name: _vector_size(name, spec) for name, spec in specs.items() if name not in series}
        self.labels = {name: spec.num_classes for name, spec in specs.items() if isinstance(spec, Labels)}
        self.flat, self.hops = list(sizes), {name: spec.hop for name, spec in series.items()}
        self.networks = nn.ModuleList(
            Repeat(spec.hop)
            if upsampling == "repeat"
            else upsampled(spec.channels, channels, [(factor,) for factor in prime_factors(spec.hop)] or [(1,)])
            for spec in series.values()
        )
        wide = sum(spec.channels for spec in series.values()) if upsampling == "repeat" else channels * len(series)
        self.size = ConditionSize(sum(sizes.values()), wide)

    def forward(self, context: Mapping[str, Tensor] | None, dtype: torch.dtype) -> Condition:
        """The condition that a context makes, its map (T, B, c) as long as the shortest series reaches.

        Args:
            context: Value of each declared context, (B, ...), as `AutoregressiveModel.check_context` returns it.
            dtype: Of the layers that will be told.
        """
        if not context:
            return Condition()
        vector = laid_end_to_end(self.flat, self.labels, context, dtype)
        maps = [m(context[name].to(dtype)) for m, name in zip(self.networks, self.hops, strict=True)]
        length = min((each.shape[2] for each in maps), default=0)
        series = torch.cat([each[:, :, :length] for each in maps], 1).permute(2, 0, 1).contiguous() if maps else None
        return Condition(vector, series)


class Repeat(nn.Module):
    """A series (B, c, frames) with every frame as often as it has symbols, (B, c, frames * hop)."""

    def __init__(self, hop: int) -> None:
        super().__init__()
        self.hop = hop

    def forward(self, x: Tensor) -> Tensor:
        """Repeat each frame."""
        return x.repeat_interleave(self.hop, 2)


def _vector_size(name: str, spec: ContextSpec) -> int:
    """D of labels and vectors."""
    if isinstance(spec, Labels):
        return spec.num_classes
    if isinstance(spec, Latent) and len(spec.shape) == 1:
        return spec.shape[0]
    raise ConfigError(
        f"A context of a sequence model must be labels, a latent of shape (D,), or a series, got {spec!r} for "
        f"{name!r}. Use arzoo.context.Series(channels, hop)."
    )
