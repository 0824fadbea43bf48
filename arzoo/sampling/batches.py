"""Batches that fit the memory: where one does not, the next are half as large, and the samples stay the same."""

import warnings
from collections.abc import Callable

import torch

from arzoo.errors import MemoryLimitError, check_count

HOST_MESSAGES = ("not enough memory", "DefaultCPUAllocator", "can't allocate memory")
"""How torch says that the memory of the host is used up, in an error that has no class of its own."""


def in_batches(draw: Callable[[slice], None], rows: slice, max_batch: int | None, title: str) -> None:
    """Draw some rows a batch at a time, in their order.

    Randomness belongs to the sample, so that how rows are cut changes nothing. A batch that the memory does not hold is
    drawn anew in halves.

    Args:
        draw: Draws the rows of one batch.
        rows: All of them.
        max_batch: The most rows at a time; all where not given.
        title: The model, as messages name it.

    Raises:
        ConfigError: `max_batch` is no whole number of at least 1.
        MemoryLimitError: There is not even room for one.
    """
    size = max(1, rows.stop - rows.start) if max_batch is None else check_count("max_batch", max_batch)
    first = rows.start
    while first < rows.stop:
        batch = slice(first, min(first + size, rows.stop))
        lacking = _lacking(draw, batch)
        if lacking is None:
            first = batch.stop
        else:
            size = _halved(batch.stop - batch.start, title, lacking)


def _lacking(draw: Callable[[slice], None], batch: slice) -> str | None:
    """Draw, and return what the memory has no room for, or None; the error holds what was drawn, and is let go here."""
    try:
        draw(batch)
    except (MemoryError, RuntimeError) as error:
        if not _is_memory(error):
            raise
        return (str(error) or "no room").partition("\n")[0]
    return None


def _is_memory(error: Exception) -> bool:
    known = isinstance(error, MemoryError | torch.OutOfMemoryError)
    return known or any(message in str(error) for message in HOST_MESSAGES)


def _halved(size: int, title: str, lacking: str) -> int:
    if size == 1:
        raise MemoryLimitError(
            f"A sample of {title} must fit the memory, there is no room for max_batch=1 ({lacking}). "
            "Use a device with more memory, dtype='bfloat16' or a shorter length."
        )
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    warnings.warn(
        f"The memory is too small for {size:,} samples of {title} at a time. Going on with max_batch={size // 2}, "
        "which changes no sample.",
        stacklevel=2,
    )
    return size // 2
