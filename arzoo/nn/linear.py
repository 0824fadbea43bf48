"""Masked linear layers, each with a whole-vector `forward` and an incremental form.

The incremental form works out every unit once, at the step at which the last that it may see has become known:

    state(num_positions) -> state        due(state, known) -> slice        at(state, x, known) -> y

Units lie by degree in a state, so that those due at a step are one slice, and what they see is another: the work of a
step is one product of the two, and that of all steps together is that of one whole pass.
"""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn


@dataclass
class LinearState:
    """A masked linear layer packed by degree.

    Attributes:
        weight: Masked weights (out, in), rows and columns each by degree.
        bias: (out,) by degree.
        starts: Where the units begin that are due once degrees up to 0, 1, 2 ... are known; then their number.
        seen: How many inputs have degrees up to 0, 1, 2 ...
    """

    weight: Tensor
    bias: Tensor
    starts: list[int]
    seen: list[int]


class MaskedLinear(nn.Module):
    """Linear layer between units that have degrees (see `arzoo.nn.degrees`).

    The mask follows from the degrees as the weights are used, and is never written into them. So layers of different
    orderings can share one and the same weights. About half of them are hidden by any one mask; where the ordering is
    settled, `packed` stores the others alone.

    Args:
        in_degrees: Degree of each input, integers (in,).
        out_degrees: Degree of each output, integers (out,).
        strict: Whether an output sees lower degrees alone, as those of the whole network do (equations 9 and 13, and
            direct connections), or its own degree too, as hidden units do (equations 8 and 12).
        bias: Whether to add a bias.
        packed: Whether the weights are only those that these degrees show, row by row, (1, number of them).

    References:
        Germain et al. 2015, "MADE: Masked Autoencoder for Distribution Estimation".

    Example:
        >>> layer = MaskedLinear(torch.tensor([3, 1, 2]), torch.tensor([1, 2, 2, 1]))
        >>> layer.mask.int()
        tensor([[0, 1, 0],
                [0, 1, 1],
                [0, 1, 1],
                [0, 1, 0]], dtype=torch.int32)
    """

    in_degrees: Tensor
    out_degrees: Tensor
    places: Tensor

    def __init__(
        self,
        in_degrees: Tensor,
        out_degrees: Tensor,
        *,
        strict: bool = False,
        bias: bool = True,
        packed: bool = False,
    ) -> None:
        super().__init__()
        self.strict, self.packed = strict, packed
        self.register_buffer("in_degrees", in_degrees, persistent=False)
        self.register_buffer("out_degrees", out_degrees, persistent=False)
        if packed:
            self.register_buffer("places", self.mask.flatten().nonzero().flatten(), persistent=False)
        # Of two dimensions when packed as well: weight decay leaves vectors alone.
        shape = (1, len(self.places)) if packed else (len(out_degrees), len(in_degrees))
        self.weight = nn.Parameter(torch.empty(shape))
        self.bias = nn.Parameter(torch.empty(len(out_degrees))) if bias else None
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw weights and bias uniformly within 1/sqrt(half the inputs), of which a unit sees about half.

        The bound does not depend on the degrees, which may change while the weights stay.
        """
        bound = math.sqrt(2 / len(self.in_degrees))
        for parameter in self.parameters():
            nn.init.uniform_(parameter, -bound, bound)

    def connect(self, in_degrees: Tensor, out_degrees: Tensor) -> None:
        """Give inputs and outputs of a layer that is not packed other degrees, integers (in,) and (out,)."""
        self.in_degrees = in_degrees.to(self.in_degrees.device)
        self.out_degrees = out_degrees.to(self.out_degrees.device)

    @property
    def highest_seen(self) -> Tensor:
        """The highest degree that each output may see, integers (out,)."""
        return self.out_degrees - int(self.strict)

    @property
    def mask(self) -> Tensor:
        """Which output sees which input, booleans (out, in)."""
        return self.in_degrees <= self.highest_seen[:, None]

    def masked_weight(self) -> Tensor:
        """The weights with what may not be seen set to zero, (out, in)."""
        if not self.packed:
            return torch.where(self.mask, self.weight, 0)  # three times as fast as a product with a boolean mask
        size = (len(self.out_degrees), len(self.in_degrees))
        return self.weight.new_zeros(math.prod(size)).index_copy(0, self.places, self.weight[0]).view(size)

    def forward(self, x: Tensor) -> Tensor:
        """All outputs at once: (B, in) to (B, out)."""
        return F.linear(x, self.masked_weight(), self.bias)

    def state(self, num_positions: int) -> LinearState:
        """The layer packed by degree, for an ordering of `num_positions`."""
        rows, columns = self.out_degrees.argsort(stable=True), self.in_degrees.argsort(stable=True)
        bias = self.weight.new_zeros(len(rows)) if self.bias is None else self.bias.detach()
        due, seen = (
            torch.bincount(degrees, minlength=num_positions + 1).cumsum(0).tolist()
            for degrees in (self.highest_seen, self.in_degrees)
        )
        return LinearState(self.masked_weight().detach()[rows][:, columns], bias[rows], [0, *due], seen)

    def due(self, state: LinearState, known: int) -> slice:
        """Where the units lie, in a buffer by degree, that are due once degrees up to `known` are known."""
        return slice(state.starts[known], state.starts[known + 1])

    def at(self, state: LinearState, x: Tensor, known: int) -> Tensor:
        """The outputs that are due at a step.

        Args:
            state: Of the layer.
            x: Inputs by degree (B, in), of which those up to `known` are there.
            known: The degree up to which inputs are known, 0 ... D - 1.

        Returns:
            (B, number of outputs due), in the order in which the layer has those of one degree.
        """
        rows, seen = self.due(state, known), state.seen[known]
        return torch.addmm(state.bias[rows], x[:, :seen], state.weight[rows, :seen].T)
