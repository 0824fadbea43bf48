"""Sound as integer levels: mu-law companding, and evenly spaced levels as a file of sound has them."""

import math
from abc import ABC, abstractmethod
from typing import Any

import torch
from torch import Tensor

from arzoo.data.specs import DataSpec, check_decodable
from arzoo.errors import ConfigError, ShapeError, check_count

MOST_LEVELS = 1 << 16


class Waveform(DataSpec, ABC):
    """Samples of one channel in [-1, 1], at one rate.

    Args:
        num_levels: 2 to 65,536.
        sample_rate: Samples a second, in Hz.

    Raises:
        ConfigError: A number is outside its range.
    """

    medium = "audio"

    def __init__(self, num_levels: int, sample_rate: int) -> None:
        super().__init__()
        if not 2 <= num_levels <= MOST_LEVELS:
            name, nearest = type(self).__name__, min(max(num_levels, 2), MOST_LEVELS)
            rule = f"`num_levels` of {name} must be 2 to {MOST_LEVELS}"
            raise ConfigError(f"{rule}, got {num_levels}. Use {name}({nearest}).")
        self.num_levels = num_levels
        self.sample_rate = check_count("sample_rate", sample_rate)

    def encode(self, raw: Tensor) -> Tensor:
        """Return the level nearest to each sample.

        Args:
            raw: Floats in [-1, 1], (..., T).

        Returns:
            Levels of the same shape, uint8 up to 256 levels, int32 above.

        Raises:
            ShapeError: `raw` are no floats, or a sample lies outside [-1, 1].
        """
        check_samples(raw)
        places = self._places(raw.double())  # in single precision the centre of a level could fall into the next
        levels = (places + 0.5).floor().clamp(max=self.num_levels - 1)
        return levels.to(torch.uint8 if self.num_levels <= 256 else torch.int32)

    def decode(self, levels: Tensor) -> Tensor:
        """Return the sample that each level stands for.

        Args:
            levels: Integers 0 … num_levels-1, (..., T).

        Returns:
            float32 in [-1, 1], of the same shape.

        Raises:
            ShapeError: A level is out of range, or `levels` are no integers.
        """
        check_decodable(levels, self.num_levels)
        return self._samples(levels.double()).clamp(-1, 1).float()

    def to_config(self) -> dict[str, Any]:
        """Return the JSON-able arguments that rebuild this spec, `kind` among them."""
        return {"kind": self.kind, "num_levels": self.num_levels, "sample_rate": self.sample_rate}

    def extra_repr(self) -> str:
        """Return what `repr` shows between the brackets."""
        return f"{self.num_levels}, {self.sample_rate}"

    @abstractmethod
    def _places(self, samples: Tensor) -> Tensor:
        """Where samples lie on the scale of the levels, both float64."""

    @abstractmethod
    def _samples(self, places: Tensor) -> Tensor:
        """What stands at places on the scale of the levels, both float64."""


class MuLaw(Waveform):
    """Levels that are evenly spaced after companding, so that quiet samples are told apart more finely than loud ones.

    f(x) = sign(x) ln(1 + mu |x|) / ln(1 + mu) with mu = num_levels - 1, and level k stands for f(x) = 2 k / mu - 1.
    -1 is level 0 and 1 is level mu. Levels lie symmetrically about silence; where their number is even, 0.0 has no
    level of its own and takes the upper one of the two in the middle.

    Args:
        num_levels: 2 to 65,536.
        sample_rate: Samples a second, in Hz.

    Raises:
        ConfigError: A number is outside its range.

    References:
        van den Oord et al. 2016, "WaveNet", section 2.2; ITU-T Recommendation G.711, whose segments approximate f.

    Example:
        >>> spec = MuLaw(256, sample_rate=8000)
        >>> spec.encode(torch.tensor([-1.0, -0.01, 0.0, 0.01, 1.0]))
        tensor([  0,  98, 128, 157, 255], dtype=torch.uint8)
        >>> spec.decode(torch.tensor([0, 128, 255]))
        tensor([-1.0000e+00,  8.6212e-05,  1.0000e+00])
    """

    kind = "mulaw"

    def __init__(self, num_levels: int = 256, sample_rate: int = 8000) -> None:
        super().__init__(num_levels, sample_rate)

    def _places(self, samples: Tensor) -> Tensor:
        mu = self.num_levels - 1
        companded = samples.sign() * (mu * samples.abs()).log1p() / math.log1p(mu)
        return (companded + 1) * (mu / 2)

    def _samples(self, places: Tensor) -> Tensor:
        mu = self.num_levels - 1
        companded = places * (2 / mu) - 1
        return companded.sign() * (companded.abs() * math.log1p(mu)).expm1() / mu


class PCM(Waveform):
    """Evenly spaced levels: level k stands for 2 k / num_levels - 1, so that 65,536 are the integers of a 16-bit file.

    -1 is level 0 and silence level num_levels / 2; 1 itself has no level, and takes the last.

    Args:
        num_levels: 2 to 65,536.
        sample_rate: Samples a second, in Hz.

    Raises:
        ConfigError: A number is outside its range.

    Example:
        >>> PCM().encode(torch.tensor([-1.0, 0.0, 1 / 32768, 1.0]))
        tensor([    0, 32768, 32769, 65535], dtype=torch.int32)
    """

    kind = "pcm"

    def __init__(self, num_levels: int = MOST_LEVELS, sample_rate: int = 8000) -> None:
        super().__init__(num_levels, sample_rate)

    def _places(self, samples: Tensor) -> Tensor:
        return (samples + 1) * (self.num_levels / 2)

    def _samples(self, places: Tensor) -> Tensor:
        return places * (2 / self.num_levels) - 1


def check_samples(raw: Tensor) -> None:
    """Refuse what is no waveform.

    Raises:
        ShapeError: `raw` are no floats, or a sample lies outside [-1, 1].
    """
    rule = "`raw` must be floats in [-1, 1]"
    if not raw.is_floating_point():
        raise ShapeError(f"{rule}, got {raw.dtype}. Use raw / 32768 for 16-bit samples.")
    outside = raw[~(raw.abs() <= 1)]  # no number is outside as well
    if outside.numel():
        raise ShapeError(f"{rule}, got {outside[0].item():.6g}. Use raw.clamp(-1, 1).")
