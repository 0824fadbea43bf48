"""WaveNet: stacks of gated dilated causal convolutions over raw audio, told who speaks and what.

References:
    van den Oord, Dieleman, Zen, Simonyan, Vinyals, Graves, Kalchbrenner, Senior, Kavukcuoglu, "WaveNet: A Generative
    Model for Raw Audio", 2016, arXiv:1609.03499: section 2.1 (dilated causal convolutions), 2.2 (softmax over mu-law
    levels), 2.3 (gates), 2.4 and figure 4 (residual and skip connections), 2.5 (conditioning).
    Salimans et al. 2017, "PixelCNN++", section 2.1 (mixtures of logistics, for 16 bits).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

import arzoo
from arzoo.errors import ConfigError, check_count
from arzoo.nn import Condition, ConditionSize, DilatedGate, DilatedState, Dropout, SequenceEncoder, Upsampling


class LevelInput(nn.Module):
    """The input at each position: the level before it, by a vector of its own or as a number on a line.

    One-hot levels through a 1x1 convolution are a table of vectors. 65,536 of them would be a table that no clip fills;
    there the level is scaled to [-1, 1] first. Before the first level there is nothing, which is zero.

    Args:
        num_levels: Number of levels.
        channels: Features of a position.
        scaled: Whether levels are numbers on a line.
    """

    def __init__(self, num_levels: int, channels: int, *, scaled: bool) -> None:
        super().__init__()
        self.num_levels = num_levels
        self.table = None if scaled else nn.Embedding(num_levels, channels)
        self.line = nn.Linear(1, channels) if scaled else None

    def forward(self, x: Tensor) -> Tensor:
        """Features (..., channels) of levels of any shape."""
        if self.table is not None:
            return self.table(x.long())
        line = cast(nn.Linear, self.line)
        return line((x.to(line.weight.dtype) * (2 / (self.num_levels - 1)) - 1)[..., None])


class GatedLayer(nn.Module):
    """One layer of figure 4; its skip connection is the network's, which adds those of all layers in one product.

        x --+--> dilated --> tanh . sigmoid --+--> skip
            |                                1x1
            +------------------------------> (+) --> x

    Args:
        channels: Of the residual connection.
        gate_channels: Of the dilated convolution; the gate has half as many.
        kernel_size: Taps of the convolution.
        dilation: Positions from tap to tap.
        told: Size of the condition.
        dropout: Probability that the convolution is not shown a feature.
        last: Whether no layer follows, so that nothing reads the residual connection.
    """

    def __init__(
        self,
        channels: int,
        gate_channels: int,
        kernel_size: int,
        dilation: int,
        told: ConditionSize,
        dropout: float,
        *,
        last: bool,
    ) -> None:
        super().__init__()
        self.dropout = Dropout(dropout)
        self.gate = DilatedGate(channels, gate_channels // 2, kernel_size, dilation, told)
        # Without a bias: that of the next convolution says the same.
        self.residual = None if last else nn.Linear(gate_channels // 2, channels, bias=False)

    def forward(self, x: Tensor, told: Condition) -> tuple[Tensor, Tensor]:
        """Take all positions, (T, B, channels), through the layer: x behind it, and z for the skip connection."""
        return self._add(x, self.gate(self.dropout(x), told))

    def stretch(self, state: DilatedState, position: int, x: Tensor, told: Condition) -> tuple[Tensor, Tensor]:
        """Take some positions, (k, B, channels), through the layer, as `forward`."""
        return self._add(x, self.gate.stretch(state, position, x, told))

    def _add(self, x: Tensor, z: Tensor) -> tuple[Tensor, Tensor]:
        return x if self.residual is None else x + self.residual(z), z


@dataclass
class WaveNetState:
    """What the network keeps between positions, in memory that is there from the start; the caller's.

    Attributes:
        layers: Rings of the dilated convolutions, and what is known of their blocks.
        told: What the context says, the series whole.
        residuals: Weights of the residual 1x1 convolutions, each (in, out), turned round as the gates come.
        skip: Those of all skip connections, (layers * h, skip).
        gates: Gates of all layers at a position, with the other sign, (B, layers * h).
        places: Views of them, one a layer.
    """

    layers: list[DilatedState]
    told: Condition
    residuals: list[Tensor]
    skip: Tensor
    gates: Tensor
    places: list[Tensor]


class WaveNet(nn.Module):
    """Levels shifted by one, gated layers, their skip connections summed, and two 1x1 convolutions.

    Args:
        num_levels: Number of levels of a symbol.
        num_params: Params a position, from the head.
        scaled: Whether the input is levels on a line, and not a vector for each.
        dilations: Of each layer.
        channels: Of the residual connection.
        gate_channels: Of the dilated convolutions; gates have half as many.
        skip_channels: Of the sum of the skip connections, and between the last two 1x1 convolutions.
        kernel_size: Taps of a dilated convolution.
        dropout: Probability that a convolution is not shown a feature.
        encoder: Of the context.

    Attributes:
        receptive_field: How many symbols before a position its params depend on.
    """

    def __init__(
        self,
        num_levels: int,
        num_params: int,
        *,
        scaled: bool,
        dilations: list[int],
        channels: int,
        gate_channels: int,
        skip_channels: int,
        kernel_size: int,
        dropout: float,
        encoder: SequenceEncoder,
    ) -> None:
        super().__init__()
        self.encoder, self.input = encoder, LevelInput(num_levels, channels, scaled=scaled)
        last = len(dilations) - 1
        self.stack = nn.ModuleList(
            GatedLayer(channels, gate_channels, kernel_size, dilation, encoder.size, dropout, last=layer == last)
            for layer, dilation in enumerate(dilations)
        )
        self.skip = nn.Linear(len(dilations) * gate_channels // 2, skip_channels)
        self.hidden = nn.Linear(skip_channels, skip_channels)
        self.output = nn.Linear(skip_channels, num_params)
        self.receptive_field = 1 + sum(layer.gate.reach for layer in self.layers)

    @property
    def layers(self) -> list[GatedLayer]:
        """The gated layers in their order."""
        return list(self.stack)  # type: ignore[arg-type]

    def forward(self, x: Tensor, context: dict[str, Tensor] | None = None) -> Tensor:
        """Params (B, num_params, T) of levels (B, T)."""
        told = self.encoder(context, self.skip.weight.dtype).between(0, x.shape[1])
        h, gates = F.pad(self.input(x.T[:-1]), (0, 0, 0, 0, 1, 0)), []
        for layer in self.layers:
            h, z = layer(h, told)
            gates.append(z)
        return self._params(gates)

    def _params(self, gates: list[Tensor]) -> Tensor:
        """Params (B, num_params, T) of the gates of all layers, each (T, B, h)."""
        return self._said(self.skip(torch.cat(gates, 2))).permute(1, 2, 0)

    def _said(self, skip: Tensor) -> Tensor:
        return self.output(F.relu(self.hidden(F.relu(skip))))

    def dependence(self, ordering: arzoo.orderings.Ordering) -> Tensor:
        """Which symbols the params at each position depend on, booleans (P, E): as many as the receptive field has."""
        earlier = ordering.earlier()
        return earlier.triu(-self.receptive_field)

    @torch.no_grad()
    def init_state(self, batch: int, context: dict[str, Tensor] | None = None) -> WaveNetState:
        """A state before the first position, for `batch` events.

        The weights are packed into it, so it must be made anew after they have changed.
        """
        told = self.encoder(context, self.skip.weight.dtype)
        residuals = [layer.residual.weight for layer in self.layers if layer.residual is not None]
        gates = self.skip.weight.new_zeros(batch, self.skip.in_features)
        return WaveNetState(
            [layer.gate.state(batch, told) for layer in self.layers],
            told,
            [-weight.T.contiguous() for weight in residuals],
            -self.skip.weight.T.contiguous(),
            gates,
            list(gates.chunk(len(self.layers), 1)),
        )

    @torch.no_grad()
    def step(self, state: WaveNetState, previous: Tensor, position: int) -> Tensor:
        """Params (B, num_params) at one position, from the level (B, 1) before it; positions come in order from 0."""
        gates = [layer.gate for layer in self.layers]
        for gate, own in zip(gates, state.layers, strict=True):
            if position % gate.block == 0:
                gate.begin(own, position)
        slots = [gate.slot(own, position) for gate, own in zip(gates, state.layers, strict=True)]
        slots[0].copy_(self.input(previous[:, 0])) if position else slots[0].zero_()
        for layer, gate in enumerate(gates):
            z = gate.at(state.layers[layer], position, state.places[layer])
            if layer < len(state.residuals):
                torch.addmm(slots[layer], z, state.residuals[layer], out=slots[layer + 1])
        return self._said(torch.addmm(self.skip.bias, state.gates, state.skip))

    @torch.no_grad()
    def steps(self, state: WaveNetState, previous: Tensor, position: int) -> Tensor:
        """Params (B, num_params, k) at several positions, and the state as k single steps would leave it.

        Args:
            state: From `init_state`; updated in place.
            previous: Levels (B, k, 1) of the symbols before each of the positions.
            position: The first of them.
        """
        told = state.told.between(position, position + previous.shape[1])
        h, gates = self.input(previous[:, :, 0].T), []
        if not position:
            h[0].zero_()
        for layer, own in zip(self.layers, state.layers, strict=True):
            h, z = layer.stretch(own, position, h, told)
            gates.append(z)
        return self._params(gates)


def build(
    event_shape: tuple[int | None, ...] = (None,),
    num_levels: int = 256,
    num_stacks: int = 3,
    layers_per_stack: int = 8,
    residual_channels: int = 64,
    gate_channels: int = 128,
    skip_channels: int = 64,
    kernel_size: int = 2,
    num_mixtures: int = 0,
    dropout: float = 0.0,
    upsampling: Upsampling = "transposed",
    series_channels: int = 32,
    context: Mapping[str, arzoo.context.ContextSpec] | None = None,
) -> arzoo.AutoregressiveModel:
    """A WaveNet with a softmax over the levels, or a discretized mixture of logistics.

    Args:
        event_shape: (None,) for sequences of any length, or (T,).
        num_levels: Number of levels of a symbol.
        num_stacks: How often the dilations begin again at 1.
        layers_per_stack: Layers of a stack, of dilations 1, 2, 4 ... 2^(n-1).
        residual_channels: Features of a position from layer to layer.
        gate_channels: Of a dilated convolution, even: half of them go through tanh, half through the sigmoid.
        skip_channels: Of the sum of the skip connections, and between the two 1x1 convolutions behind it.
        kernel_size: Taps of a dilated convolution, at least 2.
        num_mixtures: Logistics of the mixture that a position is drawn from; 0 for a softmax.
        dropout: Probability that a convolution is not shown a feature.
        upsampling: How series come up to the rate of the symbols: "transposed" or "repeat".
        series_channels: Feature maps to which transposed convolutions bring each series.
        context: Labels and latents of shape (D,), which say the same to every position, and series.

    Returns:
        A model with fresh weights.

    Raises:
        ConfigError: If a size is out of range, the event is no sequence, or a context is of another kind.
    """
    counts = {"num_stacks": num_stacks, "layers_per_stack": layers_per_stack, "residual_channels": residual_channels}
    for name, size in {**counts, "skip_channels": skip_channels, "series_channels": series_channels}.items():
        check_count(name, size)
    if check_count("gate_channels", gate_channels, least=2) % 2:
        raise ConfigError(
            f"`gate_channels` must be even, half for tanh and half for the sigmoid, got {gate_channels}. "
            f"Use gate_channels={gate_channels + 1}."
        )
    ordering = arzoo.orderings.LeftToRight(event_shape)
    mixed = check_count("num_mixtures", num_mixtures, least=0) > 0
    head = (
        arzoo.heads.DiscretizedLogisticMixture(num_levels, num_mixtures, num_channels=1)
        if mixed
        else arzoo.heads.Categorical(num_levels)
    )
    backbone = WaveNet(
        num_levels,
        head.num_params,
        scaled=mixed,
        dilations=[2**layer for layer in range(layers_per_stack)] * num_stacks,
        channels=residual_channels,
        gate_channels=gate_channels,
        skip_channels=skip_channels,
        kernel_size=kernel_size,
        dropout=dropout,
        encoder=SequenceEncoder(context or {}, series_channels, upsampling),
    )
    return arzoo.AutoregressiveModel(ordering, backbone, head, context=context)
