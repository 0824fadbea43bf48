"""Attention over the whole past, with a whole-grid `forward` and an incremental form.

Along the ordering, position n attends to the positions 0 ... n - 1 and never to itself:

    keys       0 1 2 3
    query 0    . . . .      nothing is earlier: the output is 0
    query 1    1 . . .
    query 2    1 1 . .
    query 3    1 1 1 .

Without its first query and its last key this is the causal square that fused kernels are made for; no mask is kept,
and no row is empty.
"""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from arzoo.nn.attending import attend
from arzoo.orderings import Ordering


@dataclass
class PastState:
    """What attention keeps between positions: all it has been told, in memory that is there from the start.

    Attributes:
        memory: Keys and values side by side, (B, P, K + V), in the order of the positions.
        keys: (B, K, P), a view.
        values: (B, P, V), a view.
    """

    memory: Tensor
    keys: Tensor
    values: Tensor


class PastAttention(nn.Module):
    """Single-headed attention of each position to all strictly earlier ones, in any ordering of whole pixels.

    o_n = sum over m < n of softmax_m(q_n . k_m / sqrt(K)) v_m, and 0 at the first position. It has no weights.

    Args:
        ordering: Of the positions, one for each pixel of the grid.

    References:
        Chen et al. 2018, "PixelSNAIL", section 2; Vaswani et al. 2017, "Attention Is All You Need", equation 1.

    Example:
        >>> from arzoo.orderings import Raster
        >>> attend = PastAttention(Raster((1, 1, 3)))
        >>> attend(torch.zeros(1, 2, 1, 3), torch.zeros(1, 2, 1, 3), torch.tensor([[[[3.0, 5.0, 9.0]]]])).tolist()
        [[[[0.0, 3.0, 4.0]]]]
    """

    path: Tensor | None
    steps: Tensor | None

    def __init__(self, ordering: Ordering) -> None:
        super().__init__()
        self.num_positions = ordering.num_positions
        path = ordering.permutation
        as_it_lies = path.tolist() == list(range(len(path)))  # raster: nothing needs to be gathered
        self.register_buffer("path", None if as_it_lies else path, persistent=False)
        self.register_buffer("steps", None if as_it_lies else path.argsort(), persistent=False)

    def forward(self, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        """Attend at every position.

        Args:
            query: (B, K, H, W).
            key: (B, K, H, W).
            value: (B, V, H, W).

        Returns:
            (B, V, H, W).
        """
        width = max(query.shape[1], value.shape[1])  # the fused kernels want keys and values of one width
        q, k, v = (self._along_path(x, width) for x in (query, key, value))
        scale = 1 / math.sqrt(query.shape[1])
        later = attend(q[:, :, 1:], k[:, :, :-1], v[:, :, :-1], causal=True, scale=scale)
        y = F.pad(later, (0, 0, 1, 0))[:, 0]
        y = y if self.steps is None else y[:, self.steps]
        return y[..., : value.shape[1]].transpose(1, 2).unflatten(2, query.shape[2:])

    def _along_path(self, x: Tensor, width: int) -> Tensor:
        """Features (B, C, H, W) in the order of the positions, with zeros behind the channels: (B, 1, P, width)."""
        x = x.flatten(2).transpose(1, 2)
        x = x if self.path is None else x[:, self.path]
        return F.pad(x, (0, width - x.shape[2])).contiguous().unsqueeze(1)

    def state(self, batch: int, key_channels: int, value_channels: int, like: Tensor) -> PastState:
        """An empty state, of the dtype and on the device of `like`."""
        memory = like.new_zeros(batch, self.num_positions, key_channels + value_channels)
        keys, values = memory.split([key_channels, value_channels], 2)
        return PastState(memory, keys.mT, values)

    def write(self, state: PastState, position: int, memory: Tensor) -> None:
        """Tell key and value of a position, side by side (B, K + V), once they are known."""
        state.memory.select(1, position).copy_(memory)

    def read(self, state: PastState, position: int, query: Tensor) -> Tensor:
        """Attend at a position with a query (B, K): (B, V). What is before it has been written."""
        if not position:
            return state.values.new_zeros(len(query), state.values.shape[2])
        scores = torch.bmm(query.unsqueeze(1), state.keys.narrow(2, 0, position))
        weights = torch.softmax(scores.mul_(1 / math.sqrt(query.shape[1])), 2)
        return torch.bmm(weights, state.values.narrow(1, 0, position)).squeeze(1)
