"""Are two results the same, and where do they differ most?"""

from collections.abc import Callable

import torch
from torch import Tensor

from arzoo.testing.failures import CheckFailure

# Two ways to one number in float64, through a small network.
EXACT = 1e-9

# One way to one number, twice: far above rounding, far below any noise that is worth adding.
REPEATED = 1e-11

Index = tuple[int, ...]


def gaps(seen: Tensor, expected: Tensor) -> Tensor:
    """Differences, relative to the largest finite expected value where that is above 1; infinite where either is NaN.

    Example:
        >>> gaps(torch.tensor([1.0, -torch.inf, torch.nan]), torch.tensor([1.5, -torch.inf, 0.0]))
        tensor([0.3333, 0.0000,    inf])
    """
    finite = expected[expected.isfinite()].abs()
    scale = finite.max().clamp(min=1) if finite.numel() else 1
    return ((seen - expected).abs() / scale).masked_fill(seen == expected, 0).nan_to_num(nan=torch.inf)


def differ(seen: Tensor, expected: Tensor, tolerance: float = REPEATED) -> bool:
    """Whether any two values are further apart than `tolerance`, as `gaps` measures it."""
    return bool((gaps(seen, expected) > tolerance).any())


def require_same(
    seen: Tensor,
    expected: Tensor,
    rule: str,
    *,
    tolerance: float = EXACT,
    where: str | Callable[[Index], str] = lambda index: f"index {index}",
    cause: str = "",
) -> None:
    """Fail at the greatest of the gaps, if that is above `tolerance`.

    Args:
        seen: What the model gave.
        expected: What it should give.
        rule: Half a sentence: "a step must give the params of the whole pass".
        tolerance: As `gaps` measures it.
        where: The place, or the function that names the place of an index into the result.
        cause: What usually causes it, if not what the check says.

    Raises:
        CheckFailure: If the two differ in shape, or somewhere by more than `tolerance`.
    """
    if seen.shape != expected.shape:
        raise CheckFailure(f"{rule}, of shape {tuple(expected.shape)}", f"shape {tuple(seen.shape)}")
    apart = gaps(seen, expected)
    if (apart > tolerance).any():
        index = tuple(int(k) for k in torch.unravel_index(apart.argmax(), apart.shape))
        raise CheckFailure(rule, _values(seen[index], expected[index]), where=_named(where, index), cause=cause)


def _named(where: str | Callable[[Index], str], index: Index) -> str:
    return where if isinstance(where, str) else where(index)


def _values(seen: Tensor, expected: Tensor) -> str:
    """Both, and their difference where six digits do not show it."""
    values = [f"{value.item():.6g}" for value in (seen, expected)]
    off = f", which is off by {(seen - expected).item():.1e}" if values[0] == values[1] else ""
    return f"{values[0]} instead of {values[1]}{off}"
