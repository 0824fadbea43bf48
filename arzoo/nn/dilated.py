"""Gated dilated causal convolutions over time, with a whole-sequence `forward` and an incremental form.

Time comes first, (T, B, C): a shift in time is then a slice, a convolution is one matrix product a tap, and what an
incremental state keeps of a moment lies together. Dilation 4, two taps, seen by one position:

    x   0 . . . 4        y[4] = W_past x[0] + W_now x[4]

The incremental form has two phases, for all taps but one look at what is long known. Positions go by blocks that are no
longer than the dilation; as a block *begins*, the past taps of all its positions are one matrix product:

    state(batch, told) -> state      begin(state, position)      at(state, position, out) -> -z

A state keeps as many past inputs as the layer reaches back, in a ring that is written in place.
"""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from arzoo.errors import check_count
from arzoo.nn.conditioning import Condition, ConditionBias, ConditionSize
from arzoo.nn.gates import gated

UNCONDITIONAL, UNTOLD = ConditionSize(), Condition()
LONGEST_BLOCK = 32  # positions: longer ones gain nothing, and their products would have to wait in a slower cache
KNOWN_SHARE = 0.5  # of a ring's memory: what is known of a block takes no more


@dataclass
class DilatedState:
    """What a gated dilated convolution keeps between positions, in memory that is there from the start.

    Attributes:
        ring: The last inputs, (reach, B, in); that of position t lies at t % reach.
        known: Pre-activations of the block's positions but for the tap that looks at them, (block, B, 2h); where one is
            over, the halves of its gate.
        past: Weights of the past taps, the farthest first, each (in, 2h).
        now: Weights of the last tap, (in, 2h).
        bias: Bias and what a vector says, (B, 2h).
        series: What a series says to each position, (T, B, c), with its weights (c, 2h); or None.
        slots: Views of the ring, one a position, (B, in).
        blocks: Views of the ring, one a block, (block * B, in).
        ready: Views of what is known, one a position, (B, 2h).
        halves: Views of what is known, two a position: signal and gate, each (B, h).
    """

    ring: Tensor
    known: Tensor
    past: list[Tensor]
    now: Tensor
    bias: Tensor
    series: tuple[Tensor, Tensor] | None
    slots: list[Tensor]
    blocks: list[Tensor]
    ready: list[Tensor]
    halves: list[tuple[Tensor, ...]]


class DilatedGate(nn.Module):
    """The gated activation unit of a dilated causal convolution: z = tanh(W_f * x + V_f h) . sigmoid(W_g * x + V_g h).

    Args:
        in_channels: Features of a position.
        channels: h, features of the gate; half as many as the convolution has.
        kernel_size: Taps, at least 2: at a position, `dilation` before it, twice that before it ...
        dilation: Positions from tap to tap.
        told: Size of the condition: h of equation 3, and the series y of local conditioning.

    Attributes:
        reach: How many positions back the farthest tap looks.
        block: Positions of a block of the incremental form: the largest divisor of the dilation up to 32 of which no
            more is known than half of what the ring holds.

    Raises:
        ConfigError: If a size is out of range.

    References:
        van den Oord et al. 2016, "WaveNet: A Generative Model for Raw Audio", equations 2 and 3, sections 2.1 and 2.5.

    Example:
        >>> layer = DilatedGate(3, 4, kernel_size=2, dilation=64)
        >>> layer(torch.zeros(100, 1, 3)).shape, layer.reach, layer.block
        (torch.Size([100, 1, 4]), 64, 8)
    """

    def __init__(
        self, in_channels: int, channels: int, kernel_size: int, dilation: int, told: ConditionSize = UNCONDITIONAL
    ) -> None:
        super().__init__()
        taps = check_count("kernel_size", kernel_size, least=2)
        self.dilation, self.reach = check_count("dilation", dilation), (taps - 1) * dilation
        most = max(1, min(LONGEST_BLOCK, int(KNOWN_SHARE * self.reach * in_channels / (2 * channels))))
        self.block = max(size for size in range(1, most + 1) if dilation % size == 0)
        self.weight = nn.Parameter(torch.empty(2 * channels, in_channels, taps))
        self.bias = nn.Parameter(torch.empty(2 * channels))
        self.told = ConditionBias(told, 2 * channels)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw weights and biases uniformly within 1/sqrt(number of inputs)."""
        bound = 1 / math.sqrt(self.weight[0].numel())
        for parameter in (self.weight, self.bias):
            nn.init.uniform_(parameter, -bound, bound)

    def forward(self, x: Tensor, told: Condition = UNTOLD) -> Tensor:
        """The gate at every position, (T, B, channels), of x, (T, B, in), before which there is nothing but zeros."""
        return self._following(F.pad(x, (0, 0, 0, 0, self.reach, 0)), told)

    def _following(self, x: Tensor, told: Condition) -> Tensor:
        """The gate at the positions of x, (reach + T, B, in), that have all before them that the layer looks at."""
        length, farthest, *nearer = len(x) - self.reach, *self.weight.unbind(2)
        y = F.linear(x[:length], farthest, self.bias)
        for tap, weight in enumerate(nearer, 1):
            y = y + F.linear(x[tap * self.dilation : tap * self.dilation + length], weight)
        bias = self.told.along(told)
        return gated(y if bias is None else y + bias, dim=2)

    def state(self, batch: int, told: Condition = UNTOLD) -> DilatedState:
        """An empty state, and the weights packed for it, so it must be made anew after they have changed.

        Args:
            batch: Number of events.
            told: What the context says, the series whole.
        """
        scale = self._scale()
        taps = (scale[:, None, None] * self.weight.detach()).permute(2, 1, 0).contiguous()
        vector = self.told.along(Condition(told.vector))
        bias = (self.bias if vector is None else self.bias + vector[0]).detach() * scale
        ring = taps.new_zeros(self.reach, batch, taps.shape[1])
        known = taps.new_zeros(self.block, batch, len(scale))
        return DilatedState(
            ring,
            known,
            list(taps[:-1]),
            taps[-1],
            bias,
            self._series(told, scale),
            list(ring),
            [block.flatten(0, 1) for block in ring.split(self.block)],
            list(known),
            [ready.chunk(2, 1) for ready in known],
        )

    def _scale(self) -> Tensor:
        """Factors (2h,) of the weights in a state: tanh(a) = 2 sigmoid(2a) - 1, so that one sigmoid does for both.

        It is the faster of the two by far.
        """
        ones = torch.ones_like(self.bias.detach())
        ones[: len(ones) // 2] = 2
        return ones

    def _series(self, told: Condition, scale: Tensor) -> tuple[Tensor, Tensor] | None:
        if told.map is None or self.told.map_weight is None:
            return None
        return told.map.detach(), (scale[:, None] * self.told.map_weight.detach().flatten(1)).T.contiguous()

    def slot(self, state: DilatedState, position: int) -> Tensor:
        """Where the input (B, in) at a position is to be written, once its block has begun."""
        return state.slots[position % self.reach]

    def begin(self, state: DilatedState, position: int) -> None:
        """Begin a block at a position that its length divides: its past taps, whose inputs are all known, are added up.

        The inputs of a tap lie together in the ring, for blocks divide the dilation; what the farthest tap reads now is
        written over next.
        """
        first, apart = position // self.block, self.dilation // self.block
        self._know(state, position, [state.blocks[(first + tap * apart) % len(state.blocks)] for tap in self._past])

    @property
    def _past(self) -> range:
        return range(self.reach // self.dilation)

    def _know(self, state: DilatedState, position: int, inputs: list[Tensor]) -> None:
        """Write what is known of a block: biases, the past taps of (block * B, in) each, and the series."""
        state.known.copy_(state.bias)
        known = state.known.flatten(0, 1)
        for past, weight in zip(inputs, state.past, strict=True):
            known.addmm_(past, weight)
        if state.series is not None:
            series, weight = state.series
            said = series[position : position + self.block].flatten(0, 1)
            known[: len(said)].addmm_(said, weight)

    def at(self, state: DilatedState, position: int, out: Tensor) -> Tensor:
        """Write the gate at a position whose input is in its slot to `out`, (B, channels), with the other sign.

        -z = sigmoid(b) - 2 sigmoid(2a) sigmoid(b) is one operator, and z would be two: readers turn weights round.
        """
        place = position % self.block
        state.ready[place].addmm_(state.slots[position % self.reach], state.now).sigmoid_()
        signal, gate = state.halves[place]
        return torch.addcmul(gate, signal, gate, value=-2, out=out)

    def stretch(self, state: DilatedState, position: int, x: Tensor, told: Condition = UNTOLD) -> Tensor:
        """The gate at several positions at once, and the state as the same number of single ones would leave it.

        Args:
            state: Updated in place.
            position: The first.
            x: Inputs (k, B, in).
            told: What the context says to these positions.

        Returns:
            (k, B, channels), with the sign that it has.
        """
        x = torch.cat([state.ring.roll(-position, 0), x])
        end = position + len(x) - self.reach
        begun = end - end % self.block
        if position <= begun < end:
            first = begun - position
            taps = [first + tap * self.dilation for tap in self._past]
            self._know(state, begun, [x[tap : tap + self.block].flatten(0, 1) for tap in taps])
        state.ring.copy_(x[-self.reach :].roll(end, 0))
        return self._following(x, told)
