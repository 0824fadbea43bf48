"""Layers of long short-term memory over a sequence: whole, in stretches from a state, and a position at a time.

    i, f, g, o = W_x x_t + W_h h_(t-1) + b      c_t = s(f) c_(t-1) + s(i) tanh(g)      h_t = s(o) tanh(c_t)

A position hears itself and all before it, so the input of a network must be shifted by one:

    inputs     start x0 x1 x2
    hidden         h0 > h1 > h2 > h3
    foretold       x0   x1   x2   x3

Whole sequences and stretches go through torch's fused layers; a step has its weights packed for one product a layer.

References:
    Hochreiter, Schmidhuber 1997, "Long Short-Term Memory"; Gers et al. 2000, "Learning to Forget" (f, and its start).
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from arzoo.nn.dropout import Dropout
from arzoo.nn.sweep import carried_on


@dataclass
class LSTMState:
    """What the layers keep between positions.

    Attributes:
        hidden: Hidden states h of the layers side by side, (B, layers, channels), so that what a layer hears from below
            and from itself lies together.
        cells: Cell states c, (layers, B, channels).
        weights: Of each layer, to all of its gates: of the first (channels, 4 * channels), of the others, which hear
            the layer below as well, (2 * channels, 4 * channels).
        biases: Of each layer but the first, (4 * channels,).
    """

    hidden: Tensor
    cells: Tensor
    weights: list[Tensor]
    biases: list[Tensor]


class LSTM(nn.Module):
    """LSTM layers, each reading the hidden states of the one below, with dropout on what each hands on.

    Dropout is not on the recurrence, which would forget what it is to keep (Zaremba et al. 2014, section 3.2). The bias
    of the forget gates starts at 1: a layer that begins by forgetting never learns what lies far back.

    Args:
        in_channels: Features of the input.
        channels: Units of a layer.
        num_layers: At least 1.
        dropout: Chance that a feature of what a layer hands on is dropped.

    Example:
        >>> LSTM(in_channels=3, channels=8, num_layers=2)(torch.zeros(1, 5, 3)).shape
        torch.Size([1, 5, 8])
    """

    def __init__(self, in_channels: int, channels: int, num_layers: int = 1, dropout: float = 0.0) -> None:
        super().__init__()
        sizes = [in_channels, *[channels] * (num_layers - 1)]
        self.channels, self.dropout = channels, Dropout(dropout)
        self.layers = nn.ModuleList(nn.LSTM(size, channels, batch_first=True) for size in sizes)
        self.reset_parameters()

    @torch.no_grad()
    def reset_parameters(self) -> None:
        """Draw all weights uniformly within 1/sqrt(channels), as torch does, and start at remembering."""
        for layer in self._layers:
            layer.reset_parameters()
            _, _, bias, _ = layer.parameters()
            bias[self.channels : 2 * self.channels] = 1

    def forward(self, x: Tensor) -> Tensor:
        """Hidden states (B, T, channels) of the last layer, of inputs (B, T, in_channels)."""
        for layer in self._layers:
            x = self.dropout(layer(x)[0])
        return x

    def state(self, batch: int) -> LSTMState:
        """A state before the first position. It holds the weights, so it is made anew after they have changed."""
        (_, weight, _), *others = (_parts(layer) for layer in self._layers)
        weights = [_packed(weight), *(_packed(torch.cat(both, 1)) for *both, _ in others)]
        hidden = weight.new_zeros(batch, len(weights), self.channels)
        cells = weight.new_zeros(len(weights), batch, self.channels)
        return LSTMState(hidden, cells, weights, [_packed(bias) for *_, bias in others])

    def heard(self, x: Tensor) -> Tensor:
        """What the gates of the first layer hear of inputs (K, in_channels), (K, 4 * channels), as `at` takes it.

        Where inputs come from a table, what is heard of them is a table too.
        """
        weight, _, bias = _parts(self._layers[0])
        return torch.addmm(_packed(bias), x.detach(), _packed(weight))

    def at(self, state: LSTMState, heard: Tensor) -> Tensor:
        """Take one position through the layers.

        Args:
            state: Updated in place.
            heard: What the first layer hears of the input, (B, 4 * channels), from `heard`.

        Returns:
            Hidden state of the last layer, (B, channels).
        """
        known, below = heard, 0
        for layer, weight in enumerate(state.weights):
            gates = torch.addmm(known, state.hidden[:, below : layer + 1].flatten(1), weight)
            state.cells[layer], state.hidden[:, layer] = carried_on(gates, state.cells[layer])
            known, below = state.biases[layer] if layer < len(state.biases) else known, layer
        return state.hidden[:, -1].clone()

    def stretch(self, state: LSTMState, x: Tensor) -> Tensor:
        """Take some positions through the layers at once, from a state, which is left as that many steps leave it.

        Args:
            state: Updated in place.
            x: Inputs (B, k, in_channels).

        Returns:
            Hidden states of the last layer, (B, k, channels).
        """
        for number, layer in enumerate(self._layers):
            before = state.hidden[:, number][None].contiguous(), state.cells[number][None]
            x, (hidden, cell) = layer(x, before)
            state.hidden[:, number], state.cells[number] = hidden[0], cell[0]
        return x

    @property
    def _layers(self) -> list[nn.LSTM]:
        return list(self.layers)  # type: ignore[arg-type]


def _parts(layer: nn.Module) -> tuple[Tensor, Tensor, Tensor]:
    """Weights of the input, (4 * channels, in), of the hidden state, (4 * channels, channels), and the whole bias."""
    from_input, from_hidden, *biases = (parameter.detach() for parameter in layer.parameters())
    return from_input, from_hidden, biases[0] + biases[1]


def _packed(parameter: Tensor) -> Tensor:
    """Weights (gates, in) as (in, gates), or a bias (gates,), with torch's gates i, f, g, o as o, f, i, g."""
    i, f, g, o = parameter.chunk(4)
    return torch.cat([o, f, i, g]).T.contiguous() if parameter.dim() > 1 else torch.cat([o, f, i, g])
