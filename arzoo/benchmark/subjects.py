"""The model that is measured, with what it needs to be asked: levels and a context."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from arzoo import registry
from arzoo.backbones import is_incremental
from arzoo.checkpoints.loading import device_of, dtype_of, load
from arzoo.errors import ConfigError
from arzoo.factory import create
from arzoo.sampling import CachedSteps
from arzoo.testing.subject import draw_context

if TYPE_CHECKING:
    from arzoo.model import AutoregressiveModel
    from arzoo.orderings import Ordering
    from arzoo.sampling import Drawn

LENGTH = 2048
"""Symbols of an event whose length is free."""


@dataclass(frozen=True)
class Subject:
    """A model under measurement; every event of a batch has a context of its own, the same in every run.

    Attributes:
        name: As it was asked for.
        model: The model.
        ordering: Its ordering, of fixed length.
    """

    name: str
    model: "AutoregressiveModel"
    ordering: "Ordering"

    def context(self, batch: int) -> dict[str, Tensor] | None:
        """A random value of every declared context."""
        generator, length = torch.Generator().manual_seed(0), self.ordering.num_positions
        specs = self.model.context.items()
        return {name: draw_context(spec, batch, length, generator) for name, spec in specs} or None

    def events(self, batch: int) -> tuple[Tensor, dict[str, Tensor] | None]:
        """Random levels, of no more symbols of a sequence than the params of one depend on, and their context."""
        *inner, length = (int(size or 0) for size in self.ordering.event_shape)
        field = getattr(self.model.backbone, "receptive_field", length)
        shape = (batch, *inner, length if inner else min(length, field))
        levels = torch.randint(self.model.num_levels, shape, generator=torch.Generator().manual_seed(0))
        context = self.model.check_context(self.context(batch), batch, length)
        return levels.to(self.model.device), context

    def stream(self, batch: int, given: int = 0) -> "Iterator[Drawn]":
        """The sampling loop, with the first `given` positions known."""
        length = LENGTH if None in self.model.event_shape else None
        if given <= 0:
            return self.model.stream(batch, self.context(batch), length=length)
        shape = [int(size or 0) for size in self.ordering.event_shape]
        levels, mask = torch.zeros(batch, *shape, dtype=torch.int64), torch.zeros(shape, dtype=torch.bool)
        mask.view(-1)[self.ordering.symbols[:given].flatten()] = True
        return self.model.stream(batch, self.context(batch), known=levels, known_mask=mask)

    def steps(self, batch: int) -> CachedSteps:
        """The steps of the network alone, with a fresh state."""
        context = self.model.check_context(self.context(batch), batch, self.ordering.num_positions)
        return CachedSteps(self.model, batch, context)


def bundled() -> list[str]:
    """Return the ids of the checkpoints whose weights lie in a plugin, sorted."""
    return [id for id, entry in registry.checkpoints().items() if entry.bundle]


def subject(name: str, *, device: str | None = None, dtype: str | None = None) -> Subject:
    """Return the model that a name stands for.

    Args:
        name: A checkpoint, as `arzoo.load` takes it, or "architecture:config" for fresh weights.
        device: Where it runs.
        dtype: Arithmetic of the weights.

    Raises:
        UnknownModelError: There is no such checkpoint, architecture or config.
        ConfigError: The model has no step to measure.
    """
    model = _fresh(name, device, dtype) if name.partition(":")[0] in registry.models() else load(name, device, dtype)
    if not is_incremental(model.backbone):
        kind = type(model.backbone).__name__
        raise ConfigError(f"{name} must have a step() to measure, got a {kind} without. Write init_state() and step().")
    fixed = None not in model.event_shape
    return Subject(name, model.eval(), model.ordering if fixed else model.ordering.with_length(LENGTH))


def _fresh(name: str, device: str | None, dtype: str | None) -> "AutoregressiveModel":
    architecture, _, config = name.partition(":")
    if not config:
        first = next(iter(registry.models()[architecture].configs))
        raise ConfigError(f"An architecture must have a config behind it, got {name!r}. Use {name}:{first}.")
    return create(architecture, config).to(device=device_of(device), dtype=dtype_of(dtype))
