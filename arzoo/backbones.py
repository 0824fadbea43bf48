"""What a backbone is: a network that maps levels to the params of a head, at best a position at a time."""

from inspect import Parameter, signature
from typing import Any, Protocol, runtime_checkable

from torch import Tensor

from arzoo.orderings import Ordering


@runtime_checkable
class Backbone(Protocol):
    """Any `nn.Module` whose params at a position depend on the symbols of earlier positions alone.

    `forward` may take the context as a second argument; it is handed over only where one is declared. A backbone may
    also have

    - `dependence(ordering)`: booleans (P, E), exactly which symbols (flat in the event) the params at each position
      (flat in the grid) depend on. Without it, dependence on everything earlier is claimed; the conformance suite
      measures and compares.
    - `init_from_data(x, context)`: data-dependent initialisation, called once before training.
    - `num_features` and `features(x, layers, context)`: how many layers there are to look into, and what some of them
      make of each event, a list of maps (B, channels, *positions), normalised at each position.
    - `with_ordering(ordering)`: the backbone for another ordering, with the very same parameters; its builder takes the
      argument `ordering`. And, where hidden units are masked at will, `with_connectivity(connectivity)`, likewise.
    - `receptive_field`: how many symbols before a position its params can depend on; without it, all.
    """

    def forward(self, x: Tensor) -> Tensor:
        """Params (B, head.num_params, *ordering.grid) of integer levels (B, *event_shape)."""
        ...


@runtime_checkable
class IncrementalBackbone(Backbone, Protocol):
    """A backbone that can be sampled a position at a time, without a whole pass for each."""

    def init_state(self, batch: int, context: dict[str, Tensor] | None = None) -> Any:
        """A state before the first position. It belongs to the caller and holds all that lasts between steps."""
        ...

    def step(self, state: Any, previous: Tensor, position: int) -> Tensor:
        """Params (B, head.num_params) at one position, equal to those of `forward`.

        Args:
            state: From `init_state`; updated in place.
            previous: Levels of the symbols at the position before, (B, head.num_symbols); ignored at position 0.
            position: Place in the ordering, 0 ... P - 1, rising by one from call to call.
        """
        ...


@runtime_checkable
class StretchBackbone(IncrementalBackbone, Protocol):
    """An incremental backbone that can also take many positions at once from a state.

    A long event then passes in stretches, at the speed of a whole pass and in the memory of a stretch. Stretches and
    steps may follow each other at will.
    """

    def steps(self, state: Any, previous: Tensor, position: int) -> Tensor:
        """Params (B, head.num_params, k) at k positions, equal to those of k calls of `step`.

        Args:
            state: From `init_state`; updated in place, and left where the k steps would leave it.
            previous: Levels of the symbols at the positions `position` - 1 ... `position` + k - 2, one before each of
                the k, (B, k, head.num_symbols); the first are ignored where `position` is 0.
            position: Place in the ordering of the first of the k.
        """
        ...


def is_incremental(backbone: Backbone) -> bool:
    """Whether a backbone has `init_state` and `step`."""
    return isinstance(backbone, IncrementalBackbone)


def takes_stretches(backbone: Backbone) -> bool:
    """Whether a backbone has `steps`, beside `init_state` and `step`."""
    return isinstance(backbone, StretchBackbone)


def takes_context(backbone: Backbone) -> bool:
    """Whether a backbone's `forward` has room for the context."""
    parameters = list(signature(backbone.forward).parameters.values())
    return len(parameters) > 1 or any(p.kind is Parameter.VAR_POSITIONAL for p in parameters)


def declared_dependence(backbone: Backbone, ordering: Ordering) -> Tensor:
    """Which symbols a backbone says its params depend on: all earlier ones unless it says otherwise.

    Returns:
        Booleans (P, E): row, flat position in the grid; column, flat symbol in the event.
    """
    declare = getattr(backbone, "dependence", None)
    return ordering.earlier() if declare is None else declare(ordering)
