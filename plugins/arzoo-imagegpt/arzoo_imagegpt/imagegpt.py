"""Image GPT: the decoder of a transformer over the symbols of an image, one after another.

References:
    Chen et al. 2020, "Generative Pretraining from Pixels", section 2 (ICML; proceedings.mlr.press/v119/chen20s).
    Radford et al. 2019, "Language Models are Unsupervised Multitask Learners" (the shape of GPT-2).
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

import arzoo
from arzoo.errors import ConfigError, check_count, did_you_mean
from arzoo.nn import (
    CausalSelfAttention,
    ConditionBias,
    ContextEncoder,
    Dropout,
    KeyValueState,
    PackedLinear,
    ordering_for,
)

INITIAL_SCALE = 0.02


def quick_gelu(x: Tensor) -> Tensor:
    """The GELU, nearly: x sigmoid(1.702 x), computed as SiLU, a fused kernel, on a scaled axis.

    References:
        Hendrycks, Gimpel 2016, "Gaussian Error Linear Units", section 2.
    """
    return F.silu(1.702 * x) / 1.702


ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "quick_gelu": quick_gelu,
    "gelu": F.gelu,
    "gelu_tanh": partial(F.gelu, approximate="tanh"),
    "relu": F.relu,
    "silu": F.silu,
}


class Settings(NamedTuple):
    """What all blocks have in common.

    Attributes:
        channels: Features of a position, d.
        num_heads: Of attention.
        mlp_channels: Units between the two layers that work on each position alone.
        activation: Name of their nonlinearity.
        epsilon: Added to the mean square in the layer norm.
        dropout: Probability that a feature is dropped from an embedding or from what a layer adds.
    """

    channels: int
    num_heads: int
    mlp_channels: int
    activation: str
    epsilon: float
    dropout: float

    def norm(self) -> nn.RMSNorm:
        """The layer norm, x / sqrt(mean(x^2) + epsilon) * g: neither centred nor shifted."""
        return nn.RMSNorm(self.channels, self.epsilon)


class MLP(nn.Module):
    """Two layers at each position alone: W2 act(W1 x + b1) + b2."""

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self.activate = ACTIVATIONS[settings.activation]
        self.input = nn.Linear(settings.channels, settings.mlp_channels)
        self.output = nn.Linear(settings.mlp_channels, settings.channels)

    def forward(self, x: Tensor) -> Tensor:
        """(..., channels) to the same."""
        return self.output(self.activate(self.input(x)))


@dataclass
class BlockState:
    """What a block keeps between positions.

    Attributes:
        attention: Keys and values.
        input: The first weights of the MLP, packed for the batch.
        output: The second.
    """

    attention: KeyValueState
    input: PackedLinear
    output: PackedLinear


class Block(nn.Module):
    """A block of section 2.2, which normalises what a layer reads and adds what it says.

        n = norm(h)      a = h + attention(n)      h' = a + MLP(norm(a))

    Args:
        settings: Of all blocks.
    """

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self.attention_norm = settings.norm()
        self.attention = CausalSelfAttention(settings.channels, settings.num_heads)
        self.mlp_norm = settings.norm()
        self.mlp = MLP(settings)
        self.dropout = Dropout(settings.dropout)

    def forward(self, h: Tensor) -> Tensor:
        """Take all positions, (B, P, channels), through the block."""
        return self._think(h + self.dropout(self.attention(self.attention_norm(h))))

    def _think(self, a: Tensor) -> Tensor:
        return a + self.dropout(self.mlp(self.mlp_norm(a)))

    def state(self, batch: int, num_positions: int) -> BlockState:
        """An empty state for sequences of a length."""
        mlp = (PackedLinear(layer, batch) for layer in (self.mlp.input, self.mlp.output))
        return BlockState(self.attention.state(batch, num_positions), *mlp)

    def at(self, state: BlockState, position: int, h: Tensor) -> Tensor:
        """Take one position, (B, channels), through the block."""
        a = h + self.attention.at(state.attention, position, self.attention_norm(h))
        return a + state.output(self.mlp.activate(state.input(self.mlp_norm(a))))


@dataclass
class ImageGPTState:
    """What the network keeps between positions; the caller's.

    Attributes:
        blocks: Of each block.
        output: The weights of the logits, packed for the batch.
        told: What the context adds to the embedding, (B, P or 1, channels), or None.
    """

    blocks: list[BlockState]
    output: PackedLinear
    told: Tensor | None


class ImageGPT(nn.Module):
    """The network: a start token and all symbols but the last, each foretelling the next.

        start  x0  x1 ... x(P-2)      token embeddings, of which the start is the last row
          +    +   +       +          learned embeddings of the place in the ordering, and the context
        [        blocks        ]
        [ norm, logits of levels ]
          x0   x1  x2 ... x(P-1)

    Args:
        ordering: With colours as positions.
        num_levels: Number of levels of a symbol.
        num_layers: Blocks.
        settings: Of the blocks.
        context: What the network is conditioned on.
    """

    path: Tensor
    places: Tensor | None
    pixels: Tensor

    def __init__(
        self,
        ordering: arzoo.orderings.Ordering,
        num_levels: int,
        num_layers: int,
        settings: Settings,
        context: dict[str, arzoo.context.ContextSpec] | None,
    ) -> None:
        super().__init__()
        self.num_levels, self.num_positions = num_levels, ordering.num_positions
        self.tokens = nn.Embedding(num_levels + 1, settings.channels)
        self.positions = nn.Parameter(torch.empty(self.num_positions, settings.channels))
        self.encoder = ContextEncoder(context or {}, image_size(ordering))
        self.told = ConditionBias(self.encoder.size, settings.channels)
        self.dropout = Dropout(settings.dropout)
        self.blocks = nn.ModuleList(Block(settings) for _ in range(num_layers))
        self.norm = settings.norm()
        self.output = nn.Linear(settings.channels, num_levels, bias=False)
        self._follow(ordering)
        self.reset_parameters()

    def _follow(self, ordering: arzoo.orderings.Ordering) -> None:
        """Keep where each place of the ordering is: its symbol, its pixel, and back; raster needs no way back."""
        path = ordering.permutation
        as_it_lies = path.tolist() == list(range(len(path)))
        self.register_buffer("path", path, persistent=False)
        self.register_buffer("places", None if as_it_lies else path.argsort(), persistent=False)
        self.register_buffer("pixels", path % math.prod(image_size(ordering)), persistent=False)

    def reset_parameters(self) -> None:
        """Draw weights as GPT-2 does: normal, and smaller where many layers add up."""
        for layer in (module for module in self.modules() if isinstance(module, nn.Linear)):
            nn.init.normal_(layer.weight, std=INITIAL_SCALE)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
        added = [layer.weight for block in self.layers for layer in (block.attention.output, block.mlp.output)]
        for weight in added:
            nn.init.normal_(weight, std=INITIAL_SCALE / math.sqrt(len(added)))
        for weight in (self.tokens.weight, self.positions, *self.told.parameters()):
            nn.init.normal_(weight, std=INITIAL_SCALE)

    @property
    def layers(self) -> list[Block]:
        """The blocks in their order."""
        return list(self.blocks)  # type: ignore[arg-type]

    def forward(self, x: Tensor, context: dict[str, Tensor] | None = None) -> Tensor:
        """Logits (B, num_levels, *grid) of levels (B, *event_shape)."""
        h = self.embedded(x, context)
        for block in self.layers:
            h = block(h)
        logits = self.output.weight @ self.norm(h).transpose(1, 2)
        logits = logits if self.places is None else logits[:, :, self.places]
        return logits.unflatten(2, x.shape[1:])

    def embedded(self, x: Tensor, context: dict[str, Tensor] | None) -> Tensor:
        """The input of the first block, (B, P, channels), along the ordering."""
        said = x.flatten(1).long()
        said = (said if self.places is None else said[:, self.path])[:, :-1]
        h = self.tokens(F.pad(said, (1, 0), value=self.num_levels)) + self.positions
        told = self.told_of(context)
        return self.dropout(h if told is None else h + told)

    def told_of(self, context: dict[str, Tensor] | None) -> Tensor | None:
        """What a context adds to the embedding: (B, 1, channels), or (B, P, channels) where it differs by place."""
        bias = self.told.bias(self.encoder(context, self.positions.dtype))
        if bias is None:
            return None
        by_pixel = bias.flatten(2).transpose(1, 2)
        return by_pixel if by_pixel.shape[1] == 1 else by_pixel[:, self.pixels]

    @property
    def num_features(self) -> int:
        """The embedding, and what comes out of each block."""
        return len(self.layers) + 1

    def features(self, x: Tensor, layers: Sequence[int], context: dict[str, Tensor] | None = None) -> list[Tensor]:
        """What layers read at each position, normalised: n_i of section 2.4, (B, channels, H, W) or (B, channels, T).

        Args:
            x: Levels (B, *event_shape).
            layers: 0 for the embedding, k for what comes out of k blocks.
            context: Of each declared name.
        """
        outputs = [self.embedded(x, context)]
        for block in self.layers[: max(layers)]:
            outputs.append(block(outputs[-1]))
        norms = [*(block.attention_norm for block in self.layers), self.norm]
        found = [norms[layer](outputs[layer]).transpose(1, 2) for layer in layers]
        placed = found if self.places is None else [maps[:, :, self.places] for maps in found]
        return [maps.unflatten(2, x.shape[1:]).mean(2) if x.ndim == 4 else maps for maps in placed]  # over colours

    def init_state(self, batch: int, context: dict[str, Tensor] | None = None) -> ImageGPTState:
        """A state before the first position, for `batch` events.

        The weights are packed into it, so it must be made anew after they have changed.
        """
        blocks = [block.state(batch, self.num_positions) for block in self.layers]
        return ImageGPTState(blocks, PackedLinear(self.output, batch), self.told_of(context))

    def step(self, state: ImageGPTState, previous: Tensor, position: int) -> Tensor:
        """Logits (B, num_levels) at one position, from the level (B, 1) before it; positions come in order from 0."""
        token = previous[:, 0] if position else torch.full_like(previous[:, 0], self.num_levels)
        h = self.tokens(token) + self.positions[position]
        if state.told is not None:
            h = h + state.told[:, position % state.told.shape[1]]
        for block, own in zip(self.layers, state.blocks, strict=True):
            h = block.at(own, position, h)
        return state.output(self.norm(h))


def image_size(ordering: arzoo.orderings.Ordering) -> tuple[int, int]:
    """(H, W), or (1, T) of sequences."""
    *_, height, width = (1, *ordering.event_shape)
    return height, width  # type: ignore[return-value]


def build(
    event_shape: tuple[int, ...] = (1, 32, 32),
    num_levels: int = 512,
    hidden_channels: int = 512,
    num_layers: int = 24,
    num_heads: int = 8,
    mlp_channels: int | None = None,
    activation: str = "quick_gelu",
    epsilon: float = 1e-5,
    dropout: float = 0.0,
    ordering: arzoo.orderings.Ordering | None = None,
    context: dict[str, arzoo.context.ContextSpec] | None = None,
) -> arzoo.AutoregressiveModel:
    """An Image GPT with a softmax over the levels of each symbol.

    Args:
        event_shape: (C, H, W), each colour a position; (1, H, W) for images of palette colours; or (T,).
        num_levels: Number of levels of a symbol, or colours of a palette.
        hidden_channels: Features of a position, d.
        num_layers: Blocks, at least 1.
        num_heads: Heads of attention; they divide the features.
        mlp_channels: Units inside the MLP of a block; four times the features where not given.
        activation: Nonlinearity of the MLP: quick_gelu, gelu, gelu_tanh, relu or silu.
        epsilon: Added to the mean square in the layer norm.
        dropout: Probability that a feature is dropped from an embedding or from what a layer adds.
        ordering: Raster, or left to right, where not given.
        context: Labels and latents; vectors speak to every position alike, maps (c, h, w) to each differently.

    Returns:
        A model with fresh weights.

    Raises:
        ConfigError: If the ordering does not fit, a size is out of range, or the activation is unknown.
    """
    for name, size in {"hidden_channels": hidden_channels, "num_layers": num_layers, "num_heads": num_heads}.items():
        check_count(name, size)
    inner = check_count("mlp_channels", 4 * hidden_channels if mlp_channels is None else mlp_channels)
    if activation not in ACTIVATIONS:
        known = ", ".join(ACTIVATIONS)
        raise ConfigError(
            f"`activation` must be one of {known}, got {activation!r}.{did_you_mean(activation, ACTIVATIONS)}"
        )
    settings = Settings(hidden_channels, num_heads, inner, activation, epsilon, dropout)
    ordering, head = ordering_for(event_shape, ordering), arzoo.heads.Categorical(num_levels)
    backbone = ImageGPT(ordering, num_levels, num_layers, settings, context)
    return arzoo.AutoregressiveModel(ordering, backbone, head, context=context)
