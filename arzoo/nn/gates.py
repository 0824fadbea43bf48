"""Gated activation units and the activations that go with them."""

import torch
import torch.nn.functional as F
from torch import Tensor


def gated(x: Tensor, dim: int = 1) -> Tensor:
    """The gated activation unit tanh(a) * sigmoid(b) of the two halves a, b of the channels.

    Args:
        x: Pre-activations (B, 2 * C, ...).
        dim: Of the channels, where they are not the second.

    Returns:
        Activations (B, C, ...).

    References:
        van den Oord et al. 2016b, "Conditional Image Generation with PixelCNN Decoders", equation 2.

    Example:
        >>> gated(torch.tensor([[0.0, 9.0]])).tolist()
        [[0.0]]
    """
    signal, gate = x.chunk(2, dim)
    return torch.tanh(signal) * torch.sigmoid(gate)


def concat_elu(x: Tensor, dim: int = 1, out: Tensor | None = None) -> Tensor:
    """The concatenated exponential linear unit: elu(x) and elu(-x) side by side.

    Args:
        x: Pre-activations (B, C, ...).
        dim: Of the channels, where they are not the second.
        out: Where to write them, such as the place of a layer's state that they are read from.

    Returns:
        Activations (B, 2 * C, ...).

    References:
        Shang et al. 2016, "Understanding and Improving Convolutional Neural Networks via Concatenated Rectified Linear
        Units", equation 1, with the ELU that PixelCNN++ (Salimans et al. 2017) puts in.

    Example:
        >>> concat_elu(torch.tensor([[2.0, -2.0]]))
        tensor([[ 2.0000, -0.8647, -0.8647,  2.0000]])
    """
    return F.elu_(torch.cat([x, -x], dim, out=out))
