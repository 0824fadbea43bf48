"""From a distribution over levels to a level: temperature, top-k, top-p and the inverse CDF.

Every draw of the zoo ends in `inverse_cdf`, so that a sample is a function of its uniform alone and the codec can
repeat it. Everything here is float64: the cumulated rounding of 65,536 levels in float32 would move draws.
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F

from arzoo.errors import ConfigError


def inverse_cdf(pmf: Tensor, uniforms: Tensor) -> Tensor:
    """Return the smallest level whose cumulated probability exceeds the uniform.

    A level of probability zero is never returned, not even where rounding leaves the total below the uniform: the
    CDF counts as 1 from the level on that completes its total.

    Args:
        pmf: (B, num_levels), float64, each row sums to 1.
        uniforms: (B, 1), float64 in [0, 1).

    Returns:
        (B, 1), int64.

    Example:
        >>> pmf = torch.tensor([[0.0, 0.5, 0.5, 0.0]], dtype=torch.float64).expand(3, 4)
        >>> inverse_cdf(pmf, torch.tensor([[0.0], [0.5], [1 - 2**-53]], dtype=torch.float64)).flatten()
        tensor([1, 2, 2])
    """
    cdf = pmf.cumsum(-1)
    return ((cdf <= uniforms) & (cdf < cdf[:, -1:])).sum(-1, keepdim=True)


def adjust(pmf: Tensor, temperature: float = 1.0, top_k: int | None = None, top_p: float | None = None) -> Tensor:
    """Sharpen or flatten a distribution, then keep its most probable levels only.

    In this order: `pmf^(1/temperature)`; the `top_k` most probable levels; of those the fewest most probable ones
    whose renormalised mass reaches `top_p`. Of two equally probable levels the lower counts as the more probable.

    Args:
        pmf: (B, num_levels), each row sums to 1.
        temperature: 1 leaves the distribution as it is, 0 keeps its most probable level alone.
        top_k: At least 1, or None to keep all.
        top_p: In (0, 1], or None to keep all.

    Returns:
        (B, num_levels), each row sums to 1.

    Raises:
        ConfigError: An argument is outside its range.

    Example:
        >>> pmf = torch.tensor([[0.5, 0.3, 0.2]], dtype=torch.float64)
        >>> adjust(pmf, top_k=2)
        tensor([[0.6250, 0.3750, 0.0000]], dtype=torch.float64)
        >>> adjust(pmf, temperature=0.0)
        tensor([[1., 0., 0.]], dtype=torch.float64)

    References:
        The Curious Case of Neural Text Degeneration, Holtzman et al. 2020, section 3 (top-p).
    """
    check_adjustment(temperature, top_k, top_p)
    if temperature == 0:
        top_k = 1
    elif temperature != 1:
        pmf = _tempered(pmf, temperature)
    if top_k is not None:
        pmf = _keep(pmf, lambda ordered: torch.arange(pmf.shape[-1], device=pmf.device) < top_k)
    if top_p is not None and top_p < 1:
        pmf = _keep(pmf, lambda ordered: F.pad(ordered.cumsum(-1)[:, :-1], (1, 0)) < top_p)
    return pmf


def check_adjustment(temperature: float, top_k: int | None, top_p: float | None) -> None:
    """Refuse a temperature, top-k or top-p that has no meaning.

    Raises:
        ConfigError: An argument is outside its range.
    """
    if not (temperature >= 0 and math.isfinite(temperature)):
        raise ConfigError(f"`temperature` must be finite and at least 0, got {temperature}. Use 1.0.")
    if top_k is not None and top_k < 1:
        raise ConfigError(f"`top_k` must be at least 1, got {top_k}. Use None to keep every level.")
    if top_p is not None and not 0 < top_p <= 1:
        raise ConfigError(f"`top_p` must be in (0, 1], got {top_p}. Use None to keep every level.")


def _tempered(pmf: Tensor, temperature: float) -> Tensor:
    logs = pmf.log()
    # the mode is moved to 0 first: divided by a tiny temperature every other value would overflow with it
    return torch.softmax((logs - logs.amax(-1, keepdim=True)) / temperature, -1)


def _keep(pmf: Tensor, kept: Callable[[Tensor], Tensor]) -> Tensor:
    ordered, levels = pmf.sort(stable=True, dim=-1, descending=True)
    pmf = torch.zeros_like(pmf).scatter(-1, levels, ordered * kept(ordered))
    return pmf / pmf.sum(-1, keepdim=True)
