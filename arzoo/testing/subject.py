"""The model under test, with seeded draws of its weights and of what it is given."""

import math
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from arzoo.errors import ContextError
from arzoo.testing.generators import seeded
from arzoo.testing.places import sizes
from arzoo.testing.settings import kept

if TYPE_CHECKING:
    from arzoo.model import AutoregressiveModel
    from arzoo.orderings import Ordering

# Length of the events of a model that leaves it free: 2 ** 12 binary events can still be listed.
LENGTH = 12

# A longer one, beyond the usual sizes of a table that is too short.
LONG_LENGTH = 70

# Weights are moved by noise of these sizes, relative to 1 / sqrt(fan-in): small noise keeps units out of saturation,
# large noise brings dead ones back to life.
GAINS = (1.0, 2.0, 0.5, 1.5)

# Draws that a check looks at: a fault in a unit that is dead at one of them shows at another.
DRAWS = 3

Context = dict[str, Tensor] | None


class Subject:
    """A way to build a model, and everything random that the checks need, each a function of a seed.

    Args:
        build: Returns the model, as `arzoo.create` does.
        length: Of the events of a model that leaves it free.

    Attributes:
        memory: What one check has measured and another needs.
    """

    def __init__(self, build: Callable[[], "AutoregressiveModel"], length: int = LENGTH) -> None:
        self.build, self.length = build, length
        self.memory: dict[str, Any] = {}

    @cached_property
    def model(self) -> "AutoregressiveModel":
        """The model in float64, evaluating, its weights moved off their start."""
        return self.redrawn(0)

    @cached_property
    def ordering(self) -> "Ordering":
        """The model's ordering; where the length is free, at the subject's."""
        ordering = self.model.ordering
        return ordering.with_length(self.length) if None in ordering.event_shape else ordering

    @property
    def event_shape(self) -> tuple[int, ...]:
        """Shape of one event."""
        return sizes(self.ordering.event_shape)

    @property
    def dims(self) -> int:
        """Number of symbols of an event."""
        return math.prod(self.event_shape)

    @cached_property
    def longer(self) -> "Subject | None":
        """The same model with longer events, where the length is free."""
        return Subject(self.build, LONG_LENGTH) if None in self.model.event_shape else None

    def fresh(self, *, seed: int = 0) -> "AutoregressiveModel":
        """Build the model anew, on the CPU in float64, evaluating; generators are lent a seed, settings kept."""
        with seeded(seed), kept():
            return self.build().to("cpu", torch.float64).eval()

    def redrawn(self, seed: int, dtype: torch.dtype = torch.float64) -> "AutoregressiveModel":
        """Build the model and move every weight, so that a start at zero hides nothing."""
        model = self.fresh(seed=seed)
        redraw(model.backbone, seed)
        return model.to(dtype)

    def events(self, count: int, seed: int = 0) -> Tensor:
        """Random levels (count, *event_shape)."""
        shape = (count, *self.event_shape)
        return torch.randint(self.model.num_levels, shape, generator=torch.Generator().manual_seed(seed))

    def contexts(self, count: int, seed: int = 0) -> Context:
        """A random value of every declared context for each of `count` events, or None where none is declared.

        Raises:
            ContextError: If a context is of a kind that the suite cannot draw.
        """
        generator = torch.Generator().manual_seed(seed)
        specs = self.model.context.items()
        return {name: draw_context(spec, count, self.dims, generator) for name, spec in specs} or None


@torch.no_grad()
def redraw(module: nn.Module, seed: int) -> None:
    """Add noise of the size of a generous initialisation to every trained weight.

    Noise is added and not put in place, so that what starts at one (the gain of a normalisation) stays near it.
    """
    generator, gain = torch.Generator().manual_seed(seed), GAINS[seed % len(GAINS)]
    for weight in module.parameters():
        if weight.requires_grad:
            noise = torch.randn(weight.shape, generator=generator, dtype=torch.float64)
            weight.add_(gain / math.sqrt(_fan_in(weight)) * noise)


def draw_context(spec: Any, count: int, length: int, generator: torch.Generator) -> Tensor:
    """Random values of one context.

    Args:
        spec: What is declared.
        count: Number of events.
        length: Of an event, in symbols, where the context follows it.
        generator: Of the randomness.

    Raises:
        ContextError: If it is of a kind that the suite cannot draw.
    """
    if spec.kind == "labels":
        return torch.randint(spec.num_classes, (count,), generator=generator)
    if spec.kind == "latent":
        return torch.randn(count, *spec.shape, generator=generator, dtype=torch.float64)
    if spec.kind == "series":
        frames = math.ceil(length / spec.hop)
        return torch.randn(count, spec.channels, frames, generator=generator, dtype=torch.float64)
    raise ContextError(
        f"The suite draws contexts of kind labels, latent and series, got {spec.kind!r}. Use one of these."
    )


def rows(context: Context, index: Any) -> Context:
    """The context of some events of a batch."""
    return {name: value[index] for name, value in context.items()} if context else None


def copied(context: Context) -> Context:
    """A copy of the context, values included."""
    return {name: value.clone() for name, value in context.items()} if context else None


def cast(context: Context, dtype: torch.dtype) -> Context:
    """The context with its floats in the dtype of the weights."""
    if context is None:
        return None
    return {name: value.to(dtype) if value.is_floating_point() else value for name, value in context.items()}


def _fan_in(weight: Tensor) -> int:
    return max(1, weight[0].numel()) if weight.dim() > 1 else 4
