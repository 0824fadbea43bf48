"""Gated activation units."""

import torch
from torch import Tensor


def gated(x: Tensor) -> Tensor:
    """The gated activation unit tanh(a) * sigmoid(b) of the two halves a, b of the channels.

    Args:
        x: Pre-activations (B, 2 * C, ...).

    Returns:
        Activations (B, C, ...).

    References:
        van den Oord et al. 2016b, "Conditional Image Generation with PixelCNN Decoders", equation 2.

    Example:
        >>> gated(torch.tensor([[0.0, 9.0]])).tolist()
        [[0.0]]
    """
    signal, gate = x.chunk(2, dim=1)
    return torch.tanh(signal) * torch.sigmoid(gate)
