"""Dropout whose mask is cheap on a CPU."""

import torch
from torch import Tensor, nn

from arzoo.errors import ConfigError

_RANGE = 2**16  # of one random number; four of them are drawn at once


class Dropout(nn.Module):
    """Dropout, as `nn.Dropout`, with the chance rounded to a multiple of 2**-16.

    On a CPU torch draws a number of double precision for each value, one after another, which in a small convolutional
    network takes a fifth of the time of a step; sixteen bits are enough to decide. `benchmarks/dropout.py` measures it.

    Args:
        p: Chance that a value is dropped in training, at least 0 and less than 1.

    Raises:
        ConfigError: If `p` is no such chance.

    References:
        Srivastava et al. 2014, "Dropout: A Simple Way to Prevent Neural Networks from Overfitting", section 4.

    Example:
        >>> dropout = Dropout(0.5)
        >>> sorted(set(dropout(torch.ones(1000)).tolist()))
        [0.0, 2.0]
        >>> dropout.eval()(torch.ones(2)).tolist()
        [1.0, 1.0]
    """

    def __init__(self, p: float) -> None:
        super().__init__()
        if not 0 <= p <= 1 - 1 / _RANGE:
            raise ConfigError(f"`dropout` must be at least 0 and less than 1, got {p!r}. Use dropout=0.5.")
        self.p = p

    def forward(self, x: Tensor) -> Tensor:
        """Drop values of features of any shape, and scale the rest so that their expectation stays."""
        dropped = round(self.p * _RANGE)
        if not self.training or not dropped:
            return x
        if x.device.type != "cpu":
            return nn.functional.dropout(x, self.p)
        kept = uniform_bits(x) >= dropped - _RANGE // 2
        return x * (kept * (_RANGE / (_RANGE - dropped))).to(x.dtype)

    def extra_repr(self) -> str:
        """The chance, for `print(module)`."""
        return f"p={self.p}"


def uniform_bits(x: Tensor) -> Tensor:
    """Random integers -2**15 ... 2**15 - 1 in the shape of `x`, from torch's generator, four for one draw of it."""
    draws = torch.empty(-(-x.numel() // 4), dtype=torch.int64, device=x.device).random_(-(2**63), None)
    return draws.view(torch.int16)[: x.numel()].view(x.shape)
