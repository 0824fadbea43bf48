"""What the machine can do at most, measured: how fast it reads memory, and how fast it multiplies and adds."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import torch

LEAST_BYTES = 2**20
"""The smallest working set that bandwidth is measured on: a smaller one measures the call of the operation."""

SIDES = (1024, 2048)
"""Of the square matrices whose product measures the peak."""

SECONDS = 0.3
"""How long each way is tried."""


class Rate(NamedTuple):
    """The fastest that was seen.

    Attributes:
        per_second: Bytes, or operations.
        how: What was done, in words.
    """

    per_second: float
    how: str


def synchronized(device: torch.device) -> float:
    """Return the time, once a device has done what it was asked for; seconds."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return time.perf_counter()


def bandwidth(working_set: int, device: torch.device, seconds: float = SECONDS) -> Rate:
    """Measure how fast a working set is read over and over, as the weights of a network are at each step.

    A working set that fits a cache is read from there, in the measurement as in the network; so the floor that follows
    is that of the cache.

    Args:
        working_set: Bytes; at least `LEAST_BYTES` are read.
        device: Where.
        seconds: How long each way to read is tried.

    Returns:
        Bytes a second of the fastest way, at its fastest.
    """
    size = max(working_set, LEAST_BYTES)
    matrix = torch.ones(size // 4096, 1024, device=device)
    vector, sums = torch.ones(1024, device=device), torch.empty(len(matrix), device=device)
    ways: dict[str, Callable[[], object]] = {
        "a sum": matrix.sum,
        "a product of matrix and vector": lambda: torch.mv(matrix, vector, out=sums),
    }
    return _fastest({name: (4 * matrix.numel(), way) for name, way in ways.items()}, device, seconds, f"{size:,} bytes")


def peak(dtype: torch.dtype, device: torch.device, seconds: float = SECONDS, sides: Sequence[int] = SIDES) -> Rate:
    """Measure how fast large matrices are multiplied.

    Args:
        dtype: Of the matrices.
        device: Where.
        seconds: How long each size is tried.
        sides: Rows and columns of the matrices.

    Returns:
        Operations a second, a multiplication and an addition being two, of the fastest size, at its fastest.
    """
    ways: dict[str, tuple[float, Callable[[], object]]] = {}
    for side in sides:
        matrix, product = (torch.ones(side, side, dtype=dtype, device=device) for _ in range(2))
        ways[f"a product of {side} x {side} matrices"] = (2 * side**3, _product(matrix, product))
    return _fastest(ways, device, seconds, str(dtype).removeprefix("torch."))


def _product(matrix: torch.Tensor, product: torch.Tensor) -> Callable[[], object]:
    return lambda: torch.mm(matrix, matrix, out=product)


def _fastest(
    ways: Mapping[str, tuple[float, Callable[[], object]]], device: torch.device, seconds: float, of: str
) -> Rate:
    rates = [Rate(amount / _least(way, device, seconds), f"{name}, {of}") for name, (amount, way) in ways.items()]
    return max(rates)


def _least(do: Callable[[], object], device: torch.device, seconds: float) -> float:
    """Return the least seconds that a call took, of all that fit into a time, and of three at least."""
    taken: list[float] = []
    end = synchronized(device) + seconds
    while len(taken) < 3 or time.perf_counter() < end:
        start = synchronized(device)
        do()
        taken.append(synchronized(device) - start)
    return min(taken)
