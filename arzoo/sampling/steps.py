"""The params of events a position at a time, cached or by whole passes, and in stretches of many positions."""

import contextlib
import warnings
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from arzoo.backbones import is_incremental, takes_stretches
from arzoo.errors import ConfigError, check_count
from arzoo.events import check_levels
from arzoo.orderings import Ordering
from arzoo.sampling.compiled import CompiledStep
from arzoo.sampling.request import Request

if TYPE_CHECKING:
    from arzoo.model import AutoregressiveModel

STRETCH = 1024
"""Positions that pass at once: enough for the speed of a whole pass, and little memory."""

Context = dict[str, Tensor] | None
StepFunction = Callable[[int, Tensor], Tensor]


class CachedSteps:
    """The steps of an incremental backbone, with a state of their own.

    Args:
        model: The model.
        n: Number of events at a time.
        context: Checked context of these events.
        compile: Whether single steps are to be compiled.
    """

    def __init__(self, model: "AutoregressiveModel", n: int, context: Context, *, compile: bool = False) -> None:
        backbone: Any = model.backbone
        self.backbone = backbone
        self._step = CompiledStep(backbone) if compile else backbone.step
        with torch.inference_mode(), evaluating(model):
            told = (context,) if model.context else ()
            self.state = backbone.init_state(n, *told)

    def __call__(self, position: int, previous: Tensor) -> Tensor:
        """Params (n, num_params) at a position, from the symbols (n, num_symbols) before it."""
        return self._step(self.state, previous, position)

    def stretches(self, levels: Tensor, size: int = STRETCH) -> Iterator[tuple[range, Tensor]]:
        """Take the next positions a stretch at a time, where the backbone has `steps`.

        Args:
            levels: Of the first positions, in their order, (n, K, num_symbols).
            size: Positions of a stretch.

        Yields:
            The positions of a stretch, and their params (n, num_params, k).
        """
        before = levels.roll(1, 1)
        for first in range(0, levels.shape[1], size):
            positions = range(first, min(first + size, levels.shape[1]))
            # The modes are entered anew for each: a generator must not leave them on for its consumer in between.
            with torch.inference_mode(), evaluating(self.backbone):
                params = self.backbone.steps(self.state, before[:, first : positions.stop], first)
            yield positions, params


def stretches(
    model: "AutoregressiveModel", x: Tensor, context: Mapping[str, Any] | None = None, size: int = STRETCH
) -> Iterator[Tensor]:
    """The params of events a stretch at a time, so that the memory they take does not grow with their length.

    No gradient is recorded, and dropout is off.

    Args:
        model: One whose backbone has `steps`.
        x: Levels (B, *event_shape).
        context: Value of each declared context, by name.
        size: Positions of a stretch.

    Yields:
        Params (B, num_params, k) of the next k positions in the order in which they are drawn; side by side, those of
        sequences are what the whole pass gives.

    Raises:
        ConfigError: If the backbone has no `steps`, or `size` is less than 1.
        ShapeError: If shape, dtype or range of `x` is not the model's.
        ContextError: If a context is missing, unknown or out of range.
    """
    if not takes_stretches(model.backbone):
        raise ConfigError(
            f"{model.title} must have a backbone with steps() to go by stretches, "
            f"got a {type(model.backbone).__name__}. Use model(x)."
        )
    check_count("size", size)
    x = check_levels(x, model.event_shape, model.num_levels, model.title).to(model.device)
    checked = model.check_context(context, len(x), x.shape[-1])
    ordering = model.ordering if None not in model.event_shape else model.ordering.with_length(x.shape[-1])
    levels = x.flatten(1)[:, ordering.symbols.to(x.device)].long()
    return (params for _, params in CachedSteps(model, len(x), checked).stretches(levels, size))


def step_function(
    model: "AutoregressiveModel", ordering: Ordering, n: int, context: Context, request: Request
) -> StepFunction | CachedSteps:
    """The function that gives the params (n, num_params) at a position from the symbols before it.

    Args:
        model: The model.
        ordering: The model's ordering, of fixed length.
        n: Number of events drawn at a time.
        context: Checked context of these events.
        request: Whether the backbone's `step` is wanted, where it has one, and compiled.
    """
    if request.cached and is_incremental(model.backbone):
        return CachedSteps(model, n, context, compile=request.compile)
    return _whole_passes(model, ordering, n, context)


def warn_of_whole_passes(backbone: nn.Module, ordering: Ordering) -> None:
    """Say what sampling costs without a `step`: a whole pass works at all positions, where a step would at one."""
    positions = f"{ordering.num_positions:,}"
    warnings.warn(
        f"{type(backbone).__name__} has no step(), so each of the {positions} positions costs a whole pass, about "
        f"{positions} times the work of a step. Build it from arzoo.nn layers or write init_state() and step().",
        stacklevel=2,
    )


def _whole_passes(model: "AutoregressiveModel", ordering: Ordering, n: int, context: Context) -> StepFunction:
    x = blank(n, ordering).to(model.device)
    flat, symbols, places = x.flatten(1), ordering.symbols.to(model.device), ordering.permutation.tolist()

    def step(position: int, previous: Tensor) -> Tensor:
        if position:
            flat[:, symbols[position - 1]] = previous
        return model.params(x, context).flatten(2)[:, :, places[position]]

    return step


def blank(n: int, ordering: Ordering) -> Tensor:
    """Events (n, *event_shape) of the lowest level, for an ordering of fixed length."""
    return torch.zeros(n, *(size for size in ordering.event_shape if size is not None), dtype=torch.int64)


@contextlib.contextmanager
def evaluating(module: nn.Module) -> Iterator[None]:
    """Evaluation mode (no dropout) for the time being."""
    if not module.training:
        yield
        return
    module.eval()
    try:
        yield
    finally:
        module.train()
