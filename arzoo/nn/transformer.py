"""Self-attention of a sequence to itself so far, with a whole-sequence `forward` and an incremental form.

Position n attends to the positions 0 ... n, itself among them, as a transformer does whose input is shifted by one:

    inputs     start x0 x1 x2
    keys         0   1  2  3
    query 0      1   .  .  .      foretells x0
    query 1      1   1  .  .      foretells x1
    query 2      1   1  1  .
    query 3      1   1  1  1

`PastAttention` is for networks whose input is not shifted: there a query may not see its own position.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from arzoo.errors import ConfigError
from arzoo.nn.attending import attend
from arzoo.nn.packed import PackedLinear


@dataclass
class KeyValueState:
    """What self-attention keeps between positions, in memory that is there from the start.

    Attributes:
        keys: (B * heads, channels / heads, P), in the order of the positions: so the products of one query with all of
            them take a third of the time in bfloat16, and the same in float32.
        values: (B * heads, P, channels / heads).
        input: The weights of queries, keys and values, packed for the batch.
        output: Those of what attention says.
    """

    keys: Tensor
    values: Tensor
    input: PackedLinear
    output: PackedLinear


class CausalSelfAttention(nn.Module):
    """Multi-head attention of each position to itself and all earlier ones.

    o_n = W_o [sum over m <= n of softmax_m(q_n . k_m / sqrt(D)) v_m], the heads of width D side by side.

    Args:
        channels: Features in and out.
        num_heads: Divides the channels.

    Raises:
        ConfigError: If the heads do not divide the channels.

    References:
        Vaswani et al. 2017, "Attention Is All You Need", section 3.2.
    """

    def __init__(self, channels: int, num_heads: int) -> None:
        super().__init__()
        if num_heads < 1 or channels % num_heads:
            fits = max(heads for heads in range(1, max(1, min(num_heads, channels)) + 1) if channels % heads == 0)
            raise ConfigError(
                f"`num_heads` must divide the channels of attention, {channels}, got {num_heads}. Use {fits}."
            )
        self.num_heads = num_heads
        self.input = nn.Linear(channels, 3 * channels)
        self.output = nn.Linear(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        """Attend at every position: (B, P, channels) to the same."""
        query, key, value = self._heads(x)
        heads = attend(query, key, value, causal=True)
        return self.output(heads.transpose(1, 2).flatten(2))

    def state(self, batch: int, num_positions: int) -> KeyValueState:
        """An empty state for sequences of a length; it packs the weights, so make it anew after they have changed."""
        heads, width = batch * self.num_heads, self.output.in_features // self.num_heads
        return KeyValueState(
            self.output.weight.new_zeros(heads, width, num_positions),
            self.output.weight.new_zeros(heads, num_positions, width),
            PackedLinear(self.input, batch),
            PackedLinear(self.output, batch),
        )

    def at(self, state: KeyValueState, position: int, x: Tensor) -> Tensor:
        """Attend at a position, (B, channels) to the same; all before it have been attended at."""
        query, key, value = state.input(x).view(len(x), 3, -1).unbind(1)
        heads, width, _ = state.keys.shape
        after = position + 1  # slices alone: by a number of its own each position would be compiled anew
        state.keys[:, :, position:after] = key.reshape(heads, width, 1)
        state.values[:, position:after] = value.reshape(heads, 1, width)
        query = query.reshape(heads, 1, width) / math.sqrt(width)
        weights = torch.softmax(torch.bmm(query, state.keys[:, :, :after]), 2)
        return state.output(torch.bmm(weights, state.values[:, :after]).view(x.shape))

    def _heads(self, x: Tensor) -> tuple[Tensor, ...]:
        """Queries, keys and values of (B, P, channels), each (B, heads, P, D)."""
        return self.input(x).unflatten(2, (3, self.num_heads, -1)).permute(2, 0, 3, 1, 4).unbind(0)
