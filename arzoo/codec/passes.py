"""The one loop that writes and reads: the steps of the cached sampler, with a coder where that draws."""

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from arzoo.codec.coders import Coder
from arzoo.codec.symbols import symbol_coder
from arzoo.orderings import Ordering
from arzoo.sampling import Request, evaluating, fixed_ordering, step_function

if TYPE_CHECKING:
    from arzoo.model import AutoregressiveModel


def code_events(
    model: "AutoregressiveModel",
    code: Coder,
    inside: Tensor,
    context: dict[str, Tensor] | None,
    events: Tensor | None = None,
) -> Tensor:
    """Write events side by side, or read them.

    Symbols outside are not coded and take no bits. The model is told, in their place, what stands one place earlier in
    its ordering, in the same channel: on a raster, the last pixel of a row is repeated beyond its end.

    Args:
        model: The model.
        code: Writer or reader.
        inside: Which symbols are coded, (n, *event_shape) of one shape, bool; all channels of a place or none.
        context: Checked context of these events.
        events: Levels to be written, of the shape of `inside`; None to read them.

    Returns:
        The levels, int64, of the same shape; what is outside is 0.
    """
    n, ordering = len(inside), fixed_ordering(model.ordering, None, inside)
    symbols, parts = ordering.symbols, _Parts(inside.flatten(1)[:, ordering.symbols[:, 0]].to(model.device))
    levels = None if events is None else events.flatten(1)[:, symbols].to(model.device)
    code_symbols, back = symbol_coder(model.head, code), _channels(ordering) // ordering.num_symbols
    # One tensor for all: small ones, kept between the steps' own, would scatter the memory that steps use over again.
    done = torch.zeros(parts.end, n, ordering.num_symbols, dtype=torch.int64, device=model.device)
    with torch.inference_mode(), evaluating(model):
        step = step_function(model, ordering, n, context, Request(n))
        previous = torch.zeros(n, ordering.num_symbols, dtype=torch.int64, device=model.device)
        for position, place in enumerate(done.unbind(0)):
            params, rows = step(position, previous), parts.rows(position)
            here = None if levels is None else levels[:, position]
            if rows is None:
                previous = code_symbols(params, here)
            else:
                previous = done[max(position - back, 0)].clone()
                if len(rows):
                    previous[rows] = code_symbols(params[rows], None if here is None else here[rows])
            place.copy_(previous)
    found = torch.zeros(inside.shape, dtype=torch.int64)
    found.flatten(1)[:, symbols[: parts.end].flatten()] = done.transpose(0, 1).flatten(1).cpu()
    return found * inside


class _Parts:
    """Which events have a symbol at each position.

    Args:
        mask: (n, P), bool.

    Attributes:
        end: Positions up to the last that any event has.
    """

    def __init__(self, mask: Tensor) -> None:
        self._mask, self._whole = mask, mask.all(0).tolist()
        self.end = 1 + int(mask.any(0).nonzero().max())

    def rows(self, position: int) -> Tensor | None:
        """Return the numbers of those that have; None where all do, so that nothing is copied."""
        return None if self._whole[position] else self._mask[:, position].nonzero().squeeze(1)


def _channels(ordering: Ordering) -> int:
    return ordering.event_shape[0] or 1 if len(ordering.event_shape) == 3 else 1
