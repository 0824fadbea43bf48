"""Weights in the form in which a processor multiplies them fastest, for the incremental form of layers.

For a few rows a product does little but read the weights, and packed ones are read faster, at best twice as fast
(`benchmarks/packed.py`). Elsewhere they are multiplied as they lie: on an accelerator, where they are few, in a dtype
that oneDNN does not multiply here, and in a compiled step.
"""

from typing import Any, Self

import torch
import torch.nn.functional as F
from torch import Tensor, nn

FEW_ROWS = 4

LEAST_FOR_FEW, LEAST = 2**17, 2**16
"""Weights below which a packed product waits for its set-up longer than it gains, with fewer rows and with more."""


class PackedLinear:
    """A linear layer for some rows at a time, packed for oneDNN where that is the fastest there is.

    Its weights are never written, so that copies of a state share them.

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
        self.packed = _packed(self.weight, rows)

    def __call__(self, x: Tensor) -> Tensor:
        """(rows, in) to (rows, out)."""
        if self.packed is None or torch.compiler.is_compiling():
            return F.linear(x, self.weight, self.bias)
        return _product(x, self.packed, self.bias)

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self


class PackedProduct:
    """A product that is added to what is known already, y + x W; otherwise as `PackedLinear`.

    Args:
        weight: W, (in, out).
        rows: How many are to be multiplied at a time; others may be, at leisure.

    Example:
        >>> PackedProduct(torch.eye(2), 1)(torch.tensor([[10.0, 20.0]]), torch.tensor([[1.0, 2.0]]))
        tensor([[11., 22.]])
    """

    def __init__(self, weight: Tensor, rows: int) -> None:
        self.weight, self.packed = weight.contiguous(), _packed(weight.T, rows)

    def __call__(self, y: Tensor, x: Tensor) -> Tensor:
        """(rows, out) and (rows, in) to (rows, out)."""
        if self.packed is None or torch.compiler.is_compiling():
            return torch.addmm(y, x, self.weight)
        return _product(x, self.packed, None).add_(y)

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self


def is_packable(weight: Tensor, rows: int) -> bool:
    """Whether products of some rows with a weight are faster once it has been packed."""
    least = LEAST if rows >= FEW_ROWS else LEAST_FOR_FEW
    if weight.device.type != "cpu" or weight.numel() < least or not torch.backends.mkldnn.is_available():
        return False
    if weight.dtype is torch.bfloat16:
        return torch.ops.mkldnn._is_mkldnn_bf16_supported()
    return weight.dtype is torch.float32


def _packed(weight: Tensor, rows: int) -> Tensor | None:
    """A weight (out, in) as oneDNN wants it for so many rows, or None where that would not help."""
    if not is_packable(weight, rows):
        return None
    return torch.ops.mkldnn._reorder_linear_weight(weight.contiguous(), rows)


def _product(x: Tensor, packed: Tensor, bias: Tensor | None) -> Tensor:
    return torch.ops.mkldnn._linear_pointwise(x, packed, bias, "none", [], "")
