"""Attention to a neighbourhood: positions ask in blocks, and a block sees itself and a memory of what came before it.

Along the ordering, a query block is a run of positions. Its memory is a set of earlier positions; in one dimension the
last few, in two a frame of pixels above and beside. Every query sees the whole memory, and of its own block what is not
later than itself:

    memory     block
    1 1 1 1    1 . . .     first query
    1 1 1 1    1 1 . .
    1 1 1 1    1 1 1 .
    1 1 1 1    1 1 1 1     last query

The blocks of all events are folded into one batch, so that the cost of attention is the number of positions times the
size of a block and its memory, and one fused kernel does it.

References:
    Parmar et al. 2018, "Image Transformer", section 3.3.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from arzoo.errors import ConfigError
from arzoo.nn.attending import attend
from arzoo.orderings import BlockRaster


@dataclass(frozen=True)
class QueryBlocks:
    """Which positions ask together, and what they see of the past; counted along the ordering.

    Args:
        length: Positions of a block, l_q.
        memory: For each block, the earlier positions that all of it sees, rising.
    """

    length: int
    memory: Sequence[np.ndarray]

    @property
    def num_positions(self) -> int:
        """Positions of all blocks, P."""
        return self.length * len(self.memory)

    def seen(self) -> Tensor:
        """Which positions each position sees, booleans (P, P).

        Example:
            >>> blocks_1d(6, query_length=2, memory_length=1).seen().int()
            tensor([[1, 0, 0, 0, 0, 0],
                    [1, 1, 0, 0, 0, 0],
                    [0, 1, 1, 0, 0, 0],
                    [0, 1, 1, 1, 0, 0],
                    [0, 0, 0, 1, 1, 0],
                    [0, 0, 0, 1, 1, 1]], dtype=torch.int32)
        """
        seen = np.zeros((self.num_positions, self.num_positions), dtype=bool)
        for block, memory in enumerate(self.memory):
            rows = slice(block * self.length, (block + 1) * self.length)
            seen[rows, rows] = np.tri(self.length, dtype=bool)
            seen[rows, memory] = True
        return torch.from_numpy(seen)


def blocks_1d(num_positions: int, query_length: int, memory_length: int) -> QueryBlocks:
    """Runs of an ordering, each with a memory of the positions just before it ("local 1D attention").

    Args:
        num_positions: P, in whichever ordering.
        query_length: l_q, at least 1, a divisor of P.
        memory_length: l_m, at least 0; the first blocks have less.

    Raises:
        ConfigError: If the blocks do not divide the positions.
    """
    if num_positions % query_length:
        raise ConfigError(
            f"Query blocks must divide the positions of an event, {num_positions}, got blocks of {query_length}. "
            f"Use {math.gcd(num_positions, query_length)}."
        )
    starts = range(0, num_positions, query_length)
    return QueryBlocks(query_length, [np.arange(max(0, start - memory_length), start) for start in starts])


def blocks_2d(ordering: BlockRaster, memory: tuple[int, int]) -> QueryBlocks:
    """The rectangles of an ordering, each with a memory of the pixels around it that are known ("local 2D attention").

    The frame is h_m pixels high above a rectangle and w_m wide on its left and on its right; what lies on its right is
    known in the rows above the rectangle alone:

        m m m m m m m m
        m m m m m m m m
        m m q q q q . .
        m m q q q q . .

    Args:
        ordering: Its rectangles are the query blocks; where colours are positions, a pixel is as many.
        memory: h_m and w_m, at least 0.

    Raises:
        ConfigError: If the rectangles do not divide the image.
    """
    i, j = ordering.coordinates.numpy()[:, -2:].T
    height, width = int(i.max()) + 1, int(j.max()) + 1
    rows, columns = ordering.block
    if height % rows or width % columns:
        raise ConfigError(
            f"Query blocks must divide the height and width of an image, {(height, width)}, got blocks of "
            f"{ordering.block}. Use {(math.gcd(height, rows), math.gcd(width, columns))}."
        )
    length = ordering.num_positions // ((height // rows) * (width // columns))
    starts = range(0, ordering.num_positions, length)
    return QueryBlocks(length, [_frame(i, j, start, ordering.block, memory) for start in starts])


def _frame(i: np.ndarray, j: np.ndarray, start: int, block: Sequence[int], memory: tuple[int, int]) -> np.ndarray:
    """The positions before `start` in the frame of the block that starts there, by their rows and columns."""
    top, left = i[start] - memory[0], j[start] - memory[1]
    right = j[start] + block[1] + memory[1]
    return np.flatnonzero(
        (top <= i[:start]) & (i[:start] < i[start] + block[0]) & (left <= j[:start]) & (j[:start] < right)
    )


@dataclass
class LocalState:
    """What local attention keeps between positions, in memory that is there from the start; D keys, D values.

    Attributes:
        past: All positions of the finished blocks, (P, B, heads, 2 D).
        near: What the current block sees: its memory, then itself, (M, B, heads, 2 D).
    """

    past: Tensor
    near: Tensor


class LocalAttention(nn.Module):
    """Attention of each position to itself, to the earlier ones of its block, and to the memory of the block.

    o_n = sum over the m that n sees of softmax_m(q_n . k_m / sqrt(D)) v_m, in each head. It has no weights. Positions
    come first in all its tensors, in the order of the ordering, and keys and values side by side: one gather brings
    both to every block.

    Args:
        blocks: Who sees whom.

    References:
        Parmar et al. 2018, section 3.3; Vaswani et al. 2017, "Attention Is All You Need", equation 1.

    Example:
        >>> attend = LocalAttention(blocks_1d(4, query_length=1, memory_length=1))
        >>> keys, values = torch.zeros(4, 1, 1, 1), torch.tensor([2.0, 4.0, 8.0, 0.0]).view(4, 1, 1, 1)
        >>> attend(torch.zeros(4, 1, 1, 1), torch.cat([keys, values], 3)).flatten().tolist()
        [2.0, 3.0, 6.0, 4.0]
    """

    gathered: Tensor
    mask: Tensor

    def __init__(self, blocks: QueryBlocks) -> None:
        super().__init__()
        self.length, self.num_positions = blocks.length, blocks.num_positions
        self.num_known = [len(memory) for memory in blocks.memory]
        gathered, mask = _tables(blocks)
        self.register_buffer("gathered", torch.from_numpy(gathered), persistent=False)
        self.register_buffer("mask", torch.from_numpy(mask)[:, None], persistent=False)

    def forward(self, query: Tensor, memory: Tensor) -> Tensor:
        """Attend at every position.

        Args:
            query: (P, B, heads, D).
            memory: Keys and values, (P, B, heads, 2 D).

        Returns:
            (P, B, heads, D).
        """
        num_blocks, width = self.gathered.shape
        near = memory.index_select(0, self.gathered.flatten()).view(num_blocks, width, -1, memory.shape[3])
        asked = query.reshape(num_blocks, self.length, -1, query.shape[3])
        keys, values = near.transpose(1, 2).split(query.shape[3], 3)
        y = attend(asked.transpose(1, 2), keys, values, mask=self.mask)
        return y.transpose(1, 2).reshape(query.shape)

    def state(self, batch: int, num_heads: int, channels: int, like: Tensor) -> LocalState:
        """An empty state for heads of `channels` each, of the dtype and on the device of `like`."""
        sizes = (self.num_positions, max(self.num_known) + self.length)
        return LocalState(*(like.new_zeros(size, batch, num_heads, 2 * channels) for size in sizes))

    def at(self, state: LocalState, position: int, query: Tensor, memory: Tensor) -> Tensor:
        """Attend at a position, once all before it have been.

        Args:
            state: From `state`; updated in place.
            position: 0 ... P - 1, rising by one from call to call.
            query: (B, heads, D).
            memory: Key and value of the position itself, (B, heads, 2 D).

        Returns:
            (B, heads, D).
        """
        block, place = divmod(position, self.length)
        if not place:
            self._begin(state, block)
        last = self.num_known[block] + place
        state.near[last] = memory
        keys, values = state.near[: last + 1].permute(1, 2, 0, 3).split(query.shape[2], 3)
        return attend(query.unsqueeze(2), keys, values).squeeze(2)

    def _begin(self, state: LocalState, block: int) -> None:
        """Keep the block that is finished, and lay out what the next one sees."""
        if block:
            first, known = (block - 1) * self.length, self.num_known[block - 1]
            state.past[first : first + self.length] = state.near[known : known + self.length]
        known = self.num_known[block]
        state.near[:known] = state.past[self.gathered[block, :known]]


def _tables(blocks: QueryBlocks) -> tuple[np.ndarray, np.ndarray]:
    """What is gathered for each block, (N, M): memory, any padding, the block; and who of the block sees it, (N, l, M).

    Padding repeats position 0 and is seen by nobody.
    """
    count, width = len(blocks.memory), max(len(memory) for memory in blocks.memory)
    gathered = np.zeros((count, width + blocks.length), dtype=np.int64)
    mask = np.zeros((count, blocks.length, width + blocks.length), dtype=bool)
    gathered[:, width:] = np.arange(blocks.num_positions).reshape(count, -1)
    mask[:, :, width:] = np.tri(blocks.length, dtype=bool)
    for block, memory in enumerate(blocks.memory):
        gathered[block, : len(memory)] = memory
        mask[block, :, : len(memory)] = True
    return gathered, mask
