"""MADE: an autoencoder whose masks make it autoregressive, in any ordering.

References:
    Germain et al. 2015, "MADE: Masked Autoencoder for Distribution Estimation", arXiv:1502.03509.
"""

from itertools import pairwise

import torch.nn.functional as F
from torch import Tensor, nn

import arzoo
from arzoo.errors import check_count
from arzoo.nn import MaskedLinear, OrderedBackbone, OrderedState, hidden_degrees, ordering_for, through


class MADE(OrderedBackbone):
    """Masked hidden layers, a masked output, and direct connections from input to output.

        h1 = relu(b1 + (W1 * M1) x)      M1[k, d]  = 1 where m1(k) >= m0(d)       equations 6 and 8
        hl = relu(bl + (Wl * Ml) hl-1)   Ml[k, k'] = 1 where ml(k) >= ml-1(k')    equation 12
        y  = c + (V * MV) hL             MV[d, k]  = 1 where m0(d) > mL(k)        equations 7, 9 and 13
               + (A * MA) x              MA[d, d'] = 1 where m0(d) > m0(d')       direct connections

    Degrees m are those of `arzoo.nn.degrees`: m0 of the ordering, ml of the connectivity.

    Args:
        ordering: With colours as positions.
        num_levels: Number of levels of a symbol.
        num_params: Params a position, from the head.
        input_features: Features of a symbol.
        output_features: Curves by which the logits of a position move, or None.
        hidden_units: Units of each hidden layer.
        direct: Whether there are direct connections.
        connectivity: Which degrees the hidden units have, see `hidden_degrees`.
        span: The lowest and the highest of these degrees, or None.
        context: What the network is conditioned on.
        packed: Whether only the weights that these masks show are stored.
    """

    def __init__(
        self,
        ordering: arzoo.orderings.Ordering,
        num_levels: int,
        num_params: int,
        input_features: int,
        output_features: int | None,
        hidden_units: tuple[int, ...],
        direct: bool,
        connectivity: int,
        span: tuple[int, int] | None,
        context: dict[str, arzoo.context.ContextSpec] | None,
        packed: bool,
    ) -> None:
        super().__init__(ordering, num_levels, num_params, input_features, output_features, context)
        self.hidden_units, self.has_direct, self.connectivity = hidden_units, direct, connectivity
        self.span = span or (0, ordering.num_positions)
        *hidden, output = self.degrees()[: len(hidden_units) + 1]
        self.hidden = nn.ModuleList(MaskedLinear(*degrees, packed=packed) for degrees in hidden)
        self.output = MaskedLinear(*output, strict=True, bias=output_features is None, packed=packed)
        ends = (self.input_degrees, self.output_degrees)
        self.direct = MaskedLinear(*ends, strict=True, packed=packed, bias=False) if direct else None

    @property
    def hidden_layers(self) -> list[MaskedLinear]:
        """The hidden layers, from the input on."""
        return list(self.hidden)  # type: ignore[arg-type]

    def layers(self) -> list[MaskedLinear]:
        """Hidden layers, output, direct connections."""
        return [*self.hidden_layers, self.output, *([self.direct] if self.direct else [])]

    def degrees(self) -> list[tuple[Tensor, Tensor]]:
        """Of the layers' inputs and outputs: the units of a layer have no lower degree than any in the layer below."""
        inputs, outputs = self.input_degrees, self.output_degrees
        units, highest = [inputs], max(0, min(self.span[1], self.ordering.num_positions - 1))
        for layer, size in enumerate(self.hidden_units):
            lowest = min(max(self.span[0], int(units[-1].min())), highest)
            units.append(hidden_degrees(size, lowest, highest, connectivity=self.connectivity, layer=layer))
        return [*pairwise([*units, outputs]), *([(inputs, outputs)] if self.has_direct else [])]

    def with_connectivity(self, connectivity: int) -> "MADE":
        """This backbone with other degrees of the hidden units (section 4.3), and the very same parameters.

        Raises:
            ConfigError: If weights that it would need are not stored.
        """
        return self.reconnected(connectivity=connectivity)

    def outputs(self, inputs: Tensor) -> Tensor:
        """Those of all positions."""
        h = inputs
        for layer in self.hidden_layers:
            h = F.relu(layer(h))
        y = self.output(h)
        return y if self.direct is None else y + self.direct(inputs)

    def seen(self) -> Tensor:
        """The product of the masks, and the direct connections."""
        first, *others = self.layers()[: len(self.hidden_units) + 1]
        seen = first.mask
        for layer in others:
            seen = through(layer.mask, seen)
        return seen if self.direct is None else seen | self.direct.mask

    def unit_counts(self) -> list[int]:
        """Of the hidden layers."""
        return list(self.hidden_units)

    def at(self, state: OrderedState, position: int) -> Tensor:
        """The units that are due at a position, layer by layer, and its params."""
        below = state.inputs
        for layer, own, units in zip(self.hidden_layers, state.layers, state.units, strict=False):
            units[:, layer.due(own, position)] = F.relu(layer.at(own, below, position))
            below = units
        y = self.output.at(state.layers[len(self.hidden)], below, position)
        return y if self.direct is None else y + self.direct.at(state.layers[-1], state.inputs, position)


def build(
    event_shape: tuple[int, ...] = (1, 28, 28),
    num_levels: int = 2,
    hidden_units: tuple[int, ...] = (500,),
    direct: bool = True,
    input_features: int = 1,
    output_features: int | None = None,
    ordering: arzoo.orderings.Ordering | None = None,
    connectivity: int = 0,
    span: tuple[int, int] | None = None,
    packed: bool = False,
    context: dict[str, arzoo.context.ContextSpec] | None = None,
) -> arzoo.AutoregressiveModel:
    """A MADE with a Bernoulli for each symbol, or a softmax where there are more than two levels.

    Args:
        event_shape: (C, H, W), or (T,) for sequences of fixed length.
        num_levels: Number of levels of a symbol, at least 2.
        hidden_units: Units of each hidden layer, at least one layer.
        direct: Connect every input with the outputs after it.
        input_features: Inputs a symbol, 1 ... num_levels - 1: the first discrete cosines of its level.
        output_features: Outputs a position, likewise: the logits of its levels move along these cosines, from biases
            of their own. None moves each logit by itself.
        ordering: Raster, or left to right, where not given.
        connectivity: 0 spreads the degrees of the hidden units evenly; another number is the seed that draws them.
        span: The lowest and the highest degree of hidden units, from 1 on; all where not given. Units of the first and
            the last degrees are idle where the first and the last symbols of an event hardly vary, as around a digit.
        packed: Store only the weights that the masks show: half the size, but ordering and connectivity are fixed for
            good.
        context: Labels and latents of any shape, seen by the first layer and the direct connections.

    Returns:
        A model with fresh weights.

    Raises:
        ConfigError: If the ordering does not fit, or a size is out of range.
    """
    check_count("hidden_units", len(hidden_units))
    for size in hidden_units:
        check_count("hidden_units", size)
    ordering = ordering_for(event_shape, ordering)
    head = arzoo.heads.for_levels(num_levels)
    backbone = MADE(
        ordering,
        num_levels,
        head.num_params,
        input_features,
        output_features,
        hidden_units,
        direct,
        connectivity,
        check_span(span, ordering.num_positions),
        context,
        packed,
    )
    return arzoo.AutoregressiveModel(ordering, backbone, head, context=context)


def check_span(span: tuple[int, int] | None, num_positions: int) -> tuple[int, int] | None:
    """Refuse degrees that no hidden unit can have.

    Raises:
        ConfigError: They are not two rising numbers from 1 to D - 1.
    """
    if span is None:
        return None
    lowest, highest = span
    if not 1 <= lowest <= highest < num_positions:
        raise arzoo.ConfigError(
            f"`span` must be two rising degrees from 1 to {num_positions - 1}, got {tuple(span)}. "
            f"Use span=(1, {num_positions - 1})."
        )
    return lowest, highest
