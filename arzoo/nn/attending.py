"""Scaled dot-product attention: torch's fused kernels, and where they are slow, the products that they are made of.

On a CPU the fused kernel does its sums in float32 whatever it is given, and its backward pass costs three times its
forward pass. Training in bfloat16 is faster by plain matrix products, which keep the weights of attention in bfloat16
(`benchmarks/attention.py`).
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor

QUERIES = 256  # that ask together in a causal square: what lies above the diagonal is computed for these alone
LONGEST = 2048  # keys up to which all weights of attention may be kept


def attend(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    *,
    mask: Tensor | None = None,
    causal: bool = False,
    scale: float | None = None,
) -> Tensor:
    """Return softmax(scale * query key^T) value, over the keys that a query sees.

    Args:
        query: (..., Q, D).
        key: (..., K, D).
        value: (..., K, V); the fused kernels want V = D.
        mask: Booleans, broadcastable to (..., Q, K): which keys a query sees, at least one; all where not given.
        causal: Whether query n sees the keys 0 ... n alone. Q = K, and no mask.
        scale: Of the scores, 1/sqrt(D) where not given.

    Returns:
        (..., Q, V).

    References:
        Vaswani et al. 2017, "Attention Is All You Need", equation 1.
    """
    if not by_products(query, key):
        return F.scaled_dot_product_attention(query, key, value, attn_mask=mask, is_causal=causal, scale=scale)
    query = query * (1 / math.sqrt(query.shape[-1]) if scale is None else scale)
    if not causal:
        return _weighted(query, key, value, mask)
    parts = query.chunk(math.ceil(query.shape[-2] / QUERIES), -2)
    return torch.cat([_causal_part(part, start, key, value) for part, start in _starts(parts)], -2)


def by_products(query: Tensor, key: Tensor) -> bool:
    """Return whether products are faster than the fused kernel: in training, in half precision, on a CPU."""
    trained = torch.is_grad_enabled() and query.requires_grad
    return trained and query.device.type == "cpu" and query.dtype.itemsize == 2 and key.shape[-2] <= LONGEST


def _starts(parts: tuple[Tensor, ...]) -> list[tuple[Tensor, int]]:
    """Each part of the queries, with the number of the first."""
    return [(part, index * parts[0].shape[-2]) for index, part in enumerate(parts)]


def _causal_part(query: Tensor, start: int, key: Tensor, value: Tensor) -> Tensor:
    """What the queries from `start` on make of the keys up to each."""
    length = query.shape[-2]
    sees = torch.ones(length, start + length, dtype=torch.bool).tril(start)
    return _weighted(query, key[..., : start + length, :], value[..., : start + length, :], sees)


def _weighted(query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None) -> Tensor:
    scores = query @ key.mT
    if mask is not None:
        scores = scores + torch.zeros_like(mask, dtype=scores.dtype).masked_fill_(~mask, -math.inf)
    return scores.softmax(-1).to(value.dtype) @ value
