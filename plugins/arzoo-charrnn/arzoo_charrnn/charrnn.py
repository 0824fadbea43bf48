"""A character RNN: LSTM layers that read a text symbol by symbol, and a softmax over the next one.

References:
    Hochreiter, Schmidhuber 1997, "Long Short-Term Memory".
    Graves 2013, "Generating Sequences With Recurrent Neural Networks", sections 2 and 3 (arXiv:1308.0850).
    Karpathy 2015, "The Unreasonable Effectiveness of Recurrent Neural Networks".
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

import arzoo
from arzoo.errors import check_count
from arzoo.nn import LSTM, LSTMState


@dataclass
class CharRNNState:
    """What the network keeps between positions; the caller's.

    Attributes:
        table: What the first layer hears of each level and, last, of the start, (num_levels + 1, 4 * hidden_channels).
        layers: State of the LSTM.
    """

    table: Tensor
    layers: LSTMState


class CharRNN(nn.Module):
    """The network: a start and all symbols but the last, each foretelling the next.

        start  x0   x1  ...  x(T-2)     embeddings, of which the start is the last row
        [   >    >    >    >    ]       LSTM layers: equations 7 to 11 of Graves, without peepholes
        [    logits of levels   ]
          x0   x1   x2  ...  x(T-1)

    Args:
        num_levels: Number of levels of a symbol.
        num_params: Params a position, from the head.
        embedding_channels: Features of a symbol.
        hidden_channels: Units of a layer.
        num_layers: LSTM layers.
        dropout: Chance that a feature of what a layer hands on is dropped.
    """

    def __init__(
        self,
        num_levels: int,
        num_params: int,
        embedding_channels: int,
        hidden_channels: int,
        num_layers: int,
        dropout: float,
    ) -> None:
        super().__init__()
        self.num_levels = num_levels
        self.embedding = nn.Embedding(num_levels + 1, embedding_channels)
        self.lstm = LSTM(embedding_channels, hidden_channels, num_layers, dropout)
        self.output = nn.Linear(hidden_channels, num_params)

    def forward(self, x: Tensor) -> Tensor:
        """Params (B, num_params, T) of levels (B, T)."""
        said = F.pad(x.long(), (1, 0), value=self.num_levels)[:, :-1]
        return self.output(self.lstm(self.embedding(said))).transpose(1, 2)

    def init_state(self, batch: int, context: dict[str, Tensor] | None = None) -> CharRNNState:
        """A state before the first position, for `batch` events.

        It holds the weights packed for a step, so it is made anew after they have changed.
        """
        return CharRNNState(self.lstm.heard(self.embedding.weight), self.lstm.state(batch))

    def step(self, state: CharRNNState, previous: Tensor, position: int) -> Tensor:
        """Params (B, num_params) at one position, from the level (B, 1) before it; positions come in order from 0."""
        said = previous[:, 0] if position else torch.full_like(previous[:, 0], self.num_levels)
        return self.output(self.lstm.at(state.layers, state.table.index_select(0, said)))

    def steps(self, state: CharRNNState, previous: Tensor, position: int) -> Tensor:
        """Params (B, num_params, k) of k positions at once, from the levels (B, k, 1) before each of them."""
        said = previous[:, :, 0]
        if not position:
            said = F.pad(said[:, 1:], (1, 0), value=self.num_levels)
        return self.output(self.lstm.stretch(state.layers, self.embedding(said))).transpose(1, 2)


def build(
    event_shape: tuple[int | None] = (None,),
    num_levels: int = 65,
    embedding_channels: int = 32,
    hidden_channels: int = 400,
    num_layers: int = 1,
    dropout: float = 0.0,
) -> arzoo.AutoregressiveModel:
    """A character RNN with a softmax over the levels of each symbol.

    Args:
        event_shape: (None,) for texts of any length, or (T,).
        num_levels: Number of levels of a symbol: the characters of the alphabet.
        embedding_channels: Features of a symbol.
        hidden_channels: Units of a layer.
        num_layers: LSTM layers, at least 1.
        dropout: Chance that a feature of what a layer hands on is dropped, to the next or to the softmax.

    Returns:
        A model with fresh weights.

    Raises:
        ConfigError: If the events are no sequences, or a size or the dropout is out of range.
    """
    sizes = {"embedding_channels": embedding_channels, "hidden_channels": hidden_channels, "num_layers": num_layers}
    for name, size in sizes.items():
        check_count(name, size)
    ordering, head = arzoo.orderings.LeftToRight(event_shape), arzoo.heads.for_levels(num_levels)
    backbone = CharRNN(num_levels, head.num_params, **sizes, dropout=dropout)
    return arzoo.AutoregressiveModel(ordering, backbone, head)
