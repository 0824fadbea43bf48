"""Image Transformer: self-attention to a neighbourhood of each position, in one dimension or two.

References:
    Parmar, Vaswani, Uszkoreit, Kaiser, Shazeer, Ku, Tran, "Image Transformer", 2018, arXiv:1802.05751: section 3.1
    (inputs and coordinates), 3.2 (the layer), 3.3 (local attention), 3.4 (the two distributions). What the text leaves
    open is as in the authors' code, tensor2tensor/models/image_transformer.py in github.com/tensorflow/tensor2tensor.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

import arzoo
from arzoo.errors import check_count
from arzoo.nn import (
    ConditionBias,
    ContextEncoder,
    Dropout,
    LocalAttention,
    LocalState,
    QueryBlocks,
    blocks_1d,
    blocks_2d,
    through,
)
from arzoo.orderings import BlockRaster, Ordering, Raster
from arzoo_imagetransformer.inputs import COORDINATES, SubPixels, WholePixels, rows_and_columns


class Layer(nn.Module):
    """Self-attention and a network of one hidden layer, each with dropout, residual, and layer norm *after* the sum.

        a = norm(x + dropout(attention(x)))                 equation 1
        y = norm(a + dropout(W1 relu(W2 a + b2) + b1))      equation 2

    Args:
        blocks: Who sees whom.
        channels: d.
        num_heads: Heads of d / num_heads channels.
        hidden: Units of the hidden layer.
        dropout: Probability that a value is dropped before a sum.
    """

    def __init__(self, blocks: QueryBlocks, channels: int, num_heads: int, hidden: int, dropout: float) -> None:
        super().__init__()
        self.num_heads = num_heads
        self.project = nn.Linear(channels, 3 * channels, bias=False)
        self.attention = LocalAttention(blocks)
        self.merge = nn.Linear(channels, channels, bias=False)
        self.forward_network = nn.Sequential(nn.Linear(channels, hidden), nn.ReLU(), nn.Linear(hidden, channels))
        self.norms = nn.ModuleList(nn.LayerNorm(channels) for _ in range(2))
        self.dropout = Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        """Take all positions, (P, B, d), through the layer."""
        return self.finish(x, self.attention(*self.asked(x)))

    def asked(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Queries (..., heads, D), and keys and values (..., heads, 2 D), of vectors (..., d)."""
        heads = self.project(x).unflatten(-1, (self.num_heads, -1))
        query, memory = heads.tensor_split((heads.shape[-1] // 3,), -1)
        return query, memory

    def finish(self, x: Tensor, attended: Tensor) -> Tensor:
        """What follows attention, (..., heads, D), at each position by itself."""
        a = self.norms[0](x + self.dropout(self.merge(attended.flatten(-2))))
        return self.norms[1](a + self.dropout(self.forward_network(a)))

    def state(self, batch: int) -> LocalState:
        """An empty state."""
        weight = self.merge.weight
        return self.attention.state(batch, self.num_heads, len(weight) // self.num_heads, like=weight)

    def at(self, state: LocalState, position: int, x: Tensor) -> Tensor:
        """Take one position, (B, d), through the layer."""
        return self.finish(x, self.attention.at(state, position, *self.asked(x)))


@dataclass
class State:
    """What the network keeps between positions; the caller's.

    Attributes:
        told: What each position is told before any symbol is, (P, B, d).
        layers: Of the layers.
    """

    told: Tensor
    layers: list[LocalState]


class ImageTransformer(nn.Module):
    """From levels to the params of all positions, along the ordering.

        levels --> vectors, a position late --> + coordinates, condition --> dropout --> layer x L --> linear

    That a position is shown the symbol before it, and none where there is none, makes the network causal: it may then
    attend to itself.

    Args:
        ordering: Of the positions; what the blocks are counted in.
        blocks: Who sees whom.
        num_levels: Number of levels of a symbol.
        num_params: Params a position, from the head.
        channels: d.
        num_layers: L.
        num_heads: Heads of attention.
        hidden: Units inside a layer.
        positions: "sine" or "learned" coordinates.
        dropout: Behind the inputs and in the layers.
        context: What the model is conditioned on, by name.
    """

    places: Tensor
    colours: Tensor
    pixels: Tensor

    def __init__(
        self,
        ordering: Ordering,
        blocks: QueryBlocks,
        num_levels: int,
        num_params: int,
        channels: int,
        num_layers: int,
        num_heads: int,
        hidden: int,
        positions: str,
        dropout: float,
        context: dict[str, arzoo.context.ContextSpec],
    ) -> None:
        super().__init__()
        num_colours, height, width = ordering.event_shape
        self.ordering, self.blocks = ordering, blocks
        inputs = SubPixels if ordering.channels_as_positions else WholePixels
        self.inputs = inputs(num_colours, num_levels, channels)
        self.coordinates = COORDINATES[positions](rows_and_columns(ordering), channels)
        self.context = ContextEncoder(context, (height, width))
        self.condition = ConditionBias(self.context.size, channels)
        self.dropout = Dropout(dropout)
        self.layers = nn.ModuleList(Layer(blocks, channels, num_heads, hidden, dropout) for _ in range(num_layers))
        self.output = nn.Linear(channels, num_params)
        first = ordering.symbols[:, 0]
        self.register_buffer("places", ordering.permutation.argsort(), persistent=False)
        self.register_buffer("symbols", ordering.symbols.flatten(), persistent=False)
        self.register_buffer("colours", (first // (height * width))[:, None, None], persistent=False)
        self.register_buffer("pixels", first % (height * width), persistent=False)

    def forward(self, x: Tensor, context: dict[str, Tensor] | None = None) -> Tensor:
        """Params (B, num_params, *grid) of levels (B, C, H, W)."""
        levels = x.flatten(1)[:, self.symbols].long().view(len(x), -1, self.ordering.num_symbols).transpose(0, 1)
        known = self.inputs(levels[:-1], self.colours[:-1])
        y = self.dropout(self.told(context) + F.pad(known, (0, 0, 0, 0, 1, 0)))
        for layer in self.layers:
            y = layer(y)
        params = self.output(y).index_select(0, self.places)
        return params.permute(1, 2, 0).unflatten(2, self.ordering.grid)

    def told(self, context: dict[str, Tensor] | None) -> Tensor:
        """What each position is told before any symbol is, its coordinates and the condition: (P, B or 1, d)."""
        coordinates = self.coordinates()
        bias = self.condition.bias(self.context(context, coordinates.dtype))
        if bias is None:
            return coordinates
        told = bias.flatten(2)
        told = told if told.shape[2] == 1 else told[:, :, self.pixels]
        return coordinates + told.permute(2, 0, 1)

    def dependence(self, ordering: Ordering) -> Tensor:
        """Which symbols the params at each position depend on, booleans (P, E): what L layers of blocks let through."""
        seen = self.blocks.seen()
        reached = torch.eye(len(seen), dtype=torch.bool, device="cpu")
        for _ in self.layers:
            reached = through(seen, reached)
        late = reached[:, 1:].repeat_interleave(ordering.num_symbols, 1)  # a position is shown the symbols before it
        dependence = torch.zeros(len(seen), ordering.symbols.numel(), dtype=torch.bool, device="cpu")
        dependence[ordering.permutation[:, None], ordering.symbols[:-1].flatten()] = late
        return dependence

    def init_state(self, batch: int, context: dict[str, Tensor] | None = None) -> State:
        """A state before the first position, for `batch` images."""
        return State(self.told(context).expand(-1, batch, -1), [layer.state(batch) for layer in self.layers])

    def step(self, state: State, previous: Tensor, position: int) -> Tensor:
        """Params at one position, from the symbols before it.

        Args:
            state: From `init_state`; updated in place.
            previous: Levels at the position before, (B, 1), or (B, C) of a whole pixel; ignored at position 0.
            position: 0 ... P - 1; must rise by one from call to call.

        Returns:
            Params (B, num_params).
        """
        x = state.told[position]
        if position:
            x = x + self.inputs(previous, self.colours[position - 1, 0])
        for layer, own in zip(self.layers, state.layers, strict=True):
            x = layer.at(own, position, x)
        return self.output(x)


def build(
    event_shape: tuple[int, ...] = (1, 28, 28),
    num_levels: int = 256,
    hidden_channels: int = 128,
    num_layers: int = 4,
    num_heads: int = 4,
    ffn_channels: int = 512,
    query_block: tuple[int, ...] = (4, 4),
    memory_block: tuple[int, ...] = (4, 4),
    num_mixtures: int = 0,
    positions: str = "sine",
    dropout: float = 0.0,
    ordering: Ordering | None = None,
    context: dict[str, arzoo.context.ContextSpec] | None = None,
) -> arzoo.AutoregressiveModel:
    """An Image Transformer with a softmax for each colour of a pixel, or a mixture of logistics for all of them.

    Args:
        event_shape: (C, H, W).
        num_levels: Number of levels of a value, at least 2.
        hidden_channels: d, a multiple of 4 and of `num_heads`.
        num_layers: Layers, at least 1.
        num_heads: Heads of attention.
        ffn_channels: Units of the hidden layer inside each layer.
        query_block: (positions,) of a query block for attention in one dimension, a divisor of their number; (height,
            width) in pixels for two, divisors of those of the image.
        memory_block: (positions,) before a query block that it sees; or (rows of pixels above it, columns on
            either side).
        num_mixtures: Logistics in the mixture, whose positions are whole pixels; 0 for a softmax over the levels, or a
            Bernoulli where there are two, whose positions are the colours.
        positions: Coordinates as "sine" waves, or "learned".
        dropout: Probability that a value is dropped in training, at least 0 and less than 1.
        ordering: Left out, it follows from the blocks: raster in one dimension, block-raster in two.
        context: Labels and latents that the model is conditioned on, by name.

    Returns:
        A model with fresh weights.

    Raises:
        ConfigError: If blocks do not divide the image, another ordering is asked for, a size is out of range, or a
            context is of another kind.
    """
    for name in ("hidden_channels", "num_layers", "num_heads", "ffn_channels"):
        check_count(name, locals()[name])
    check_inside_layers(hidden_channels, num_heads, positions)
    follows, blocks = arrange(event_shape, num_mixtures == 0, query_block, memory_block)
    check_ordering(ordering, follows)
    head = arzoo.heads.for_levels(num_levels, num_mixtures, follows.event_shape[0])
    network = ImageTransformer(
        follows,
        blocks,
        num_levels,
        head.num_params,
        hidden_channels,
        num_layers,
        num_heads,
        ffn_channels,
        positions,
        dropout,
        context or {},
    )
    return arzoo.AutoregressiveModel(follows, network, head, context=context)


def arrange(
    event_shape: tuple[int, ...], colours: bool, query: Sequence[int], memory: Sequence[int]
) -> tuple[Ordering, QueryBlocks]:
    """The ordering that query blocks ask for, and the blocks along it; `colours` are positions, or pixels are.

    Raises:
        ConfigError: If the blocks are not both of one or both of two sizes, out of range, or do not divide the image.
    """
    if not len(query) == len(memory) in (1, 2):
        raise arzoo.ConfigError(
            "`query_block` and `memory_block` must have one size each, for attention in one dimension, or two, got "
            f"{query!r} and {memory!r}. Use query_block=(4, 4), memory_block=(4, 4)."
        )
    for size in query:
        check_count("query_block", size)
    for size in memory:
        check_count("memory_block", size, least=0)
    if len(query) == 1:
        raster = Raster(event_shape, channels_as_positions=colours)
        return raster, blocks_1d(raster.num_positions, *query, *memory)
    path = BlockRaster(event_shape, channels_as_positions=colours, block=query)
    return path, blocks_2d(path, (memory[0], memory[1]))


def check_ordering(ordering: Ordering | None, follows: Ordering) -> None:
    """Refuse an ordering that is not the one of the blocks."""
    if ordering not in (None, follows):
        raise arzoo.ConfigError(
            f"The ordering of an imagetransformer follows from its `query_block` and must be {follows!r}, got "
            f"{ordering!r}. Leave `ordering` out."
        )


def check_inside_layers(channels: int, num_heads: int, positions: str) -> None:
    """Refuse channels that coordinates or heads do not divide, and unknown coordinates."""
    if channels % 4 or channels % num_heads:
        raise arzoo.ConfigError(
            f"`hidden_channels` must be a multiple of 4 and of `num_heads`, {num_heads}, got {channels}. "
            f"Use hidden_channels={4 * num_heads}."
        )
    if positions not in COORDINATES:
        raise arzoo.ConfigError(f"`positions` must be one of {', '.join(COORDINATES)}, got {positions!r}. Use 'sine'.")
