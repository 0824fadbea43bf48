"""A dense layer in the form in which a processor multiplies it fastest, for the incremental form of others."""

from typing import Any, Self

import torch
import torch.nn.functional as F
from torch import Tensor, nn

LEAST = 2**18
"""Weights below which a product that is packed waits for its set-up longer than it gains."""


class PackedLinear:
    """A linear layer for some rows at a time, packed for oneDNN where that is the fastest there is.

    For a few rows a product does little but read the weights, and packed ones are read in about two thirds of the time
    (`benchmarks/packed.py`).

    Elsewhere it is the layer: on an accelerator, where weights are few, in a dtype that oneDNN does not multiply here,
    and in a compiled step. Its weights are never written, so that copies of a state share them.

    Args:
        layer: It must be packed anew once its weights have changed.
        rows: How many are to be multiplied at a time; others may be, at leisure.

    Example:
        >>> layer = nn.Linear(3, 2)
        >>> x = torch.ones(1, 3)
        >>> torch.equal(PackedLinear(layer, 1)(x), layer(x))
        True
    """

    def __init__(self, layer: nn.Linear, rows: int) -> None:
        self.weight, self.bias = layer.weight.detach(), None if layer.bias is None else layer.bias.detach()
        self.packed = torch.ops.mkldnn._reorder_linear_weight(self.weight, rows) if is_packable(self.weight) else None

    def __call__(self, x: Tensor) -> Tensor:
        """(rows, in) to (rows, out)."""
        if self.packed is None or torch.compiler.is_compiling():
            return F.linear(x, self.weight, self.bias)
        return torch.ops.mkldnn._linear_pointwise(x, self.packed, self.bias, "none", [], "")

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self


def is_packable(weight: Tensor) -> bool:
    """Whether products with a weight (out, in) are faster once it has been packed."""
    if weight.device.type != "cpu" or weight.numel() < LEAST or not torch.backends.mkldnn.is_available():
        return False
    if weight.dtype is torch.bfloat16:
        return torch.ops.mkldnn._is_mkldnn_bf16_supported()
    return weight.dtype is torch.float32
