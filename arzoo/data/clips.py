"""Sequences of different lengths, such as recordings and texts, kept end to end."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import torch
from torch import Tensor


@dataclass(frozen=True, eq=False)
class Clips:
    """N sequences of their own lengths, as one long tensor.

    Args:
        symbols: All symbols, clip after clip, (S,) integers.
        lengths: Of the clips, (N,) int64; they add up to S.

    Example:
        >>> clips = Clips.of([torch.tensor([1, 2, 3]), torch.tensor([4])])
        >>> clips.padded(torch.tensor([0, 1]))
        (tensor([[1, 2, 3],
                [4, 0, 0]]), tensor([3, 1]))
    """

    symbols: Tensor
    lengths: Tensor

    @classmethod
    def of(cls, sequences: Sequence[Tensor]) -> Self:
        """Lay sequences (T_i,) of one integer dtype end to end."""
        return cls(torch.cat(list(sequences)), torch.tensor([len(each) for each in sequences], dtype=torch.int64))

    def __len__(self) -> int:
        return len(self.lengths)

    @property
    def shape(self) -> tuple[int | None, ...]:
        """(N, None), as a tensor of N items has a shape; the length is free."""
        return len(self), None

    @cached_property
    def starts(self) -> Tensor:
        """Where each clip begins in `symbols`, (N,) int64."""
        return self.lengths.cumsum(0) - self.lengths

    def unbind(self) -> list[Tensor]:
        """Return the clips, each (T_i,), as views."""
        return list(self.symbols.split(self.lengths.tolist()))

    def padded(self, rows: Tensor, first: Tensor | None = None, width: int | None = None) -> tuple[Tensor, Tensor]:
        """Return some clips, or pieces of them, with the lowest level behind those that are shorter.

        Args:
            rows: Which, (B,) int64; one may come several times.
            first: Where the piece of each begins, (B,) int64; at its start where not given.
            width: The most symbols of a piece, and the size that all are padded to; that of the longest where not
                given.

        Returns:
            Symbols (B, width), and how many of each row are no padding, (B,) int64.
        """
        begin = torch.zeros_like(rows) if first is None else first
        left = self.lengths[rows] - begin
        width = int(left.max()) if width is None else width
        lengths = left.clamp(max=width)
        places = torch.arange(width)
        there = places < lengths[:, None]
        found = (self.starts[rows] + begin)[:, None] + places
        return self.symbols[found.where(there, 0)].where(there, 0), lengths
