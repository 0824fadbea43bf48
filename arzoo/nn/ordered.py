"""What backbones of masked linear layers share: they follow any ordering, and can change it without other weights."""

import copy
import math
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self, TypeVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from arzoo.context import ContextSpec, Labels, Latent
from arzoo.errors import ConfigError
from arzoo.nn.degrees import symbol_degrees
from arzoo.nn.linear import LinearState, MaskedLinear
from arzoo.orderings import Ordering, natural

M = TypeVar("M", bound=nn.Module)


@dataclass
class OrderedState:
    """What an ordered backbone keeps between positions; the caller's.

    Attributes:
        inputs: The context and the symbols so far as the network's input, by degree, (B, inputs); the rest is zero.
        units: The units so far of each hidden layer, by degree.
        layers: The layers packed by degree, as the backbone arranges them.
    """

    inputs: Tensor
    units: list[Tensor]
    layers: Sequence[LinearState]


class OrderedBackbone(nn.Module, ABC):
    """Template of a backbone of masked linear layers, for events of fixed shape in any ordering.

    A subclass names its layers and their degrees, the last of them `output`, and says how params follow from them: of a
    whole event (`outputs`), by their masks (`seen`), and at one position (`at`).

    Inputs are features of the context, of degree 0, and of each symbol, of the degree of its place in the ordering.
    Outputs are the params of the positions; or a few numbers z a position that move the logits of all levels along
    smooth curves c, logit(l) = b_l + sum_g z_g c_g(l), with the same features c as the inputs and a bias b of its own.

    Args:
        ordering: With colours as positions.
        num_levels: Number of levels of a symbol.
        num_params: Params a position, from the head.
        input_features: Features of a symbol, see `level_features`.
        output_features: Curves by which the logits move; None leaves each param to itself.
        context: What the model is conditioned on: labels, and latents of any shape.

    Raises:
        ConfigError: If the ordering has no fixed length or leaves colours to the head, or a context is of another kind.
    """

    table: Tensor
    curves: Tensor | None
    output: MaskedLinear

    def __init__(
        self,
        ordering: Ordering,
        num_levels: int,
        num_params: int,
        input_features: int,
        output_features: int | None = None,
        context: Mapping[str, ContextSpec] | None = None,
    ) -> None:
        super().__init__()
        _check_ordering(ordering, ordering.event_shape)
        self.ordering, self.num_levels, self.num_params = ordering, num_levels, num_params
        self.context = dict(context or {})
        self.context_size = sum(_size(name, spec) for name, spec in self.context.items())
        self.register_buffer("table", level_features(num_levels, input_features), persistent=False)
        curves = None if output_features is None else level_features(num_levels, output_features)
        self.register_buffer("curves", curves, persistent=False)
        # A vector, for weight decay is to leave it alone.
        size = self.num_levels * ordering.num_positions
        self.level_bias = None if curves is None else nn.Parameter(torch.zeros(size))

    @property
    def num_inputs(self) -> int:
        """Features of the context and of all symbols."""
        return self.context_size + self.ordering.num_positions * self.table.shape[1]

    @property
    def output_size(self) -> int:
        """Outputs of the network at a position."""
        return self.num_params if self.curves is None else self.curves.shape[1]

    @property
    def input_degrees(self) -> Tensor:
        """Degree of each input: 0 for the context, of its symbol for a feature of a symbol."""
        symbols = symbol_degrees(self.ordering).repeat_interleave(self.table.shape[1])
        return torch.cat([symbols.new_zeros(self.context_size), symbols])

    @property
    def output_degrees(self) -> Tensor:
        """Degree of each output: of its position, the first outputs of all positions first."""
        return symbol_degrees(self.ordering).repeat(self.output_size)

    def inputs(self, x: Tensor, context: dict[str, Tensor] | None) -> Tensor:
        """Features (B, num_inputs) of levels (B, *event_shape) and their context."""
        symbols = F.embedding(x.flatten(1).long(), self.table).flatten(1)
        return torch.cat([self.told(context), symbols], 1) if self.context else symbols

    def told(self, context: dict[str, Tensor] | None) -> Tensor:
        """The context as features (B, context_size): labels one-hot, latents laid flat."""
        values = context or {}
        return torch.cat([_features(spec, values[name], self.table.dtype) for name, spec in self.context.items()], 1)

    def forward(self, x: Tensor, context: dict[str, Tensor] | None = None) -> Tensor:
        """Params (B, num_params, *grid) of levels (B, *event_shape)."""
        params = self.outputs(self.inputs(x, context)).view(len(x), self.output_size, -1)
        if self.curves is not None and self.level_bias is not None:
            params = self.curves @ params + self.level_bias.view(self.num_levels, -1)
        return params.view(len(x), self.num_params, *x.shape[1:])

    def with_ordering(self, ordering: Ordering) -> Self:
        """This backbone for another ordering of the same events, with the very same parameters.

        Raises:
            ConfigError: If the ordering is of other events or leaves colours to the head, or weights that it would need
                are not stored.
        """
        _check_ordering(ordering, self.ordering.event_shape)
        return self.reconnected(ordering=ordering)

    def reconnected(self, **attributes: Any) -> Self:
        """A backbone with other attributes and the degrees that follow from them, and the very same parameters.

        Raises:
            ConfigError: If the layers are packed.
        """
        if self.output.packed:
            raise ConfigError(
                f"A model that stores only the weights that {self.ordering!r} uses can follow no other, got "
                f"{attributes}. Build it with packed=False."
            )
        other = sharing(self)
        for name, value in attributes.items():
            setattr(other, name, value)
        for layer, (inputs, outputs) in zip(other.layers(), other.degrees(), strict=True):
            layer.connect(inputs, outputs)
        return other

    @torch.no_grad()
    def init_from_data(self, x: Tensor, context: dict[str, Tensor] | None = None) -> None:
        """Start the output biases at the log frequencies of the levels at each position, each level counted once more.

        Pixels that are nearly always black would need thousands of steps to say so.
        """
        counts = 1 + F.one_hot(x.flatten(1).long(), self.num_levels).sum(0).T
        logits = counts.to(self.table.dtype).log()
        start = logits if self.num_params == self.num_levels else logits[1:] - logits[:1]  # a Bernoulli has one logit
        bias = self.output.bias if self.level_bias is None else self.level_bias
        bias.copy_(start.flatten())  # type: ignore[union-attr]

    def dependence(self, ordering: Ordering) -> Tensor:
        """Which symbols the params at each position depend on, booleans (P, E): the product of the masks."""
        by_feature = self.seen()[: ordering.num_positions, self.context_size :]
        return by_feature.unflatten(1, (ordering.num_positions, -1)).any(2).cpu()

    def init_state(self, batch: int, context: dict[str, Tensor] | None = None) -> OrderedState:
        """A state before the first position, for `batch` events.

        The weights are packed into it, so it must be made anew after they have changed.
        """
        inputs = self.table.new_zeros(batch, self.num_inputs)
        if self.context:
            inputs[:, : self.context_size] = self.told(context)
        layers = [layer.state(self.ordering.num_positions) for layer in self.layers()]
        return OrderedState(inputs, [inputs.new_zeros(batch, size) for size in self.unit_counts()], layers)

    def step(self, state: OrderedState, previous: Tensor, position: int) -> Tensor:
        """Params (B, num_params) at one position, from the level (B, 1) before it; positions come in order from 0."""
        if position:
            width = self.table.shape[1]
            first = self.context_size + (position - 1) * width
            state.inputs[:, first : first + width] = self.table[previous[:, 0]]
        params = self.at(state, position)
        if self.curves is None or self.level_bias is None:
            return params
        bias = self.level_bias.view(self.num_levels, -1)[:, self.ordering.permutation[position]]
        return torch.addmm(bias, params, self.curves.T)

    @abstractmethod
    def layers(self) -> list[MaskedLinear]:
        """The layers, in an order of the subclass's own."""

    @abstractmethod
    def degrees(self) -> list[tuple[Tensor, Tensor]]:
        """Degrees of inputs and outputs of each of the layers, from `self.ordering`."""

    @abstractmethod
    def outputs(self, inputs: Tensor) -> Tensor:
        """Outputs of all positions, (B, output_size * P), from features (B, num_inputs)."""

    @abstractmethod
    def seen(self) -> Tensor:
        """Which output is reached by which input, booleans (output_size * P, num_inputs)."""

    @abstractmethod
    def at(self, state: OrderedState, position: int) -> Tensor:
        """Outputs (B, output_size) at one position, once all before it are in `state.inputs`."""

    def unit_counts(self) -> list[int]:
        """Number of units of each hidden layer; none where there is none."""
        return []


def ordering_for(event_shape: tuple[int | None, ...], ordering: Ordering | None = None) -> Ordering:
    """Return the ordering that a builder was given, checked against its events, or the natural one.

    Raises:
        ConfigError: If the ordering is of other events, has no fixed length, or leaves colours to the head.
    """
    chosen = ordering or natural(event_shape)
    _check_ordering(chosen, tuple(event_shape))
    return chosen


def level_features(num_levels: int, num_features: int) -> Tensor:
    """Return the network's input for each level: discrete cosines, the smooth ones first.

    Feature f of level l is -sqrt(2) cos(pi f (l + 1/2) / num_levels) for f = 1, 2 ...: orthogonal over the levels, of
    mean 0 and mean square 1. With two levels the one feature is -1 or 1. All `num_levels` - 1 of them say as much as a
    one-hot vector; the first few say where a level lies, and keep neighbouring levels alike.

    Args:
        num_levels: Number of levels.
        num_features: 1 ... num_levels - 1.

    Returns:
        (num_levels, num_features).

    Raises:
        ConfigError: If there are fewer features than one, or more than the levels allow.

    Example:
        >>> level_features(2, 1)
        tensor([[-1.],
                [ 1.]])
    """
    if not 1 <= num_features < num_levels:
        raise ConfigError(
            f"A symbol of {num_levels} levels must have 1 to {num_levels - 1} features, got {num_features}. "
            f"Use {num_levels - 1}, which says as much as one-hot levels."
        )
    levels = torch.arange(num_levels, dtype=torch.float64, device="cpu")[:, None] + 0.5
    waves = torch.arange(1, num_features + 1, dtype=torch.float64, device="cpu") * math.pi / num_levels
    return (-math.sqrt(2) * torch.cos(levels * waves)).to(torch.get_default_dtype())


def sharing(module: M) -> M:
    """Return a copy of a module, and of all modules in it, that holds the very same parameters and buffers.

    A buffer that is replaced in the copy stays what it was in the module; a parameter that is trained in one is
    trained in both.
    """
    return copy.deepcopy(module, {id(tensor): tensor for tensor in (*module.parameters(), *module.buffers())})


def _check_ordering(ordering: Ordering, event_shape: tuple[int | None, ...]) -> None:
    if None in ordering.event_shape:
        raise ConfigError(
            f"`event_shape` of a network for any ordering must be fixed, got {ordering.event_shape}. Use (100,)."
        )
    if not ordering.channels_as_positions:
        raise ConfigError(
            f"An ordering must have colours as positions for a network for any ordering, got {ordering!r}. "
            "Use channels_as_positions=True."
        )
    if ordering.event_shape != event_shape:
        raise ConfigError(
            f"An ordering must be of the model's events, {event_shape}, got {ordering!r}. "
            f"Use event_shape={event_shape}."
        )


def _size(name: str, spec: ContextSpec) -> int:
    if isinstance(spec, Labels):
        return spec.num_classes
    if isinstance(spec, Latent):
        return math.prod(spec.shape)
    raise ConfigError(
        f"A network of linear layers takes labels and latents as context, got {name!r} of kind {spec.kind!r}. "
        "Use arzoo.context.Latent(shape) for features of a fixed shape."
    )


def _features(spec: ContextSpec, value: Any, dtype: torch.dtype) -> Tensor:
    features = F.one_hot(value, spec.num_classes) if isinstance(spec, Labels) else value.flatten(1)
    return features.to(dtype)
