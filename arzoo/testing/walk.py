"""The params of every position, by whole passes and by steps that are fed given values instead of drawn ones."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, cast

import torch
from torch import Tensor

from arzoo.backbones import StretchBackbone, is_incremental, takes_stretches
from arzoo.testing.failures import NotApplicable
from arzoo.testing.subject import Context

if TYPE_CHECKING:
    from arzoo.model import AutoregressiveModel
    from arzoo.orderings import Ordering


class Walk:
    """A model taken through events position by position, with a state of its own.

    Args:
        model: The model.
        ordering: Its ordering, of fixed length.
        x: Levels (B, *event_shape) to feed.
        context: Their context.

    Raises:
        NotApplicable: If the backbone has no incremental form.
    """

    def __init__(self, model: "AutoregressiveModel", ordering: "Ordering", x: Tensor, context: Context) -> None:
        if not is_incremental(model.backbone):
            raise NotApplicable("the backbone has no init_state() and step()")
        self.backbone = cast(StretchBackbone, model.backbone)  # steps() is asked for below
        self.symbols, self.flat = ordering.symbols, x.flatten(1)
        # On the meta device a context has no numbers that could be checked.
        checked = context if x.is_meta else model.check_context(context, len(x))
        self.state = self.backbone.init_state(len(x), checked) if model.context else self.backbone.init_state(len(x))

    def step(self, position: int) -> Tensor:
        """Params (B, num_params) at the next position; at the first, `previous` is noise that must not matter."""
        previous = self.flat[:, self.symbols[position - 1]].clone()
        return self.backbone.step(self.state, previous, position).clone()

    def stretch(self, positions: range) -> Tensor:
        """Params (k, B, num_params) at the next positions, taken at once; noise stands before the first, as in `step`.

        Raises:
            NotApplicable: If the backbone cannot take them so.
        """
        if not takes_stretches(self.backbone):
            raise NotApplicable("the backbone has no steps()")
        before = self.symbols[positions.start - 1 : positions.stop - 1] if positions.start else self.symbols.roll(1, 0)
        previous = self.flat[:, before[: len(positions)]].clone()
        return self.backbone.steps(self.state, previous, positions.start).movedim(2, 0).clone()

    def steps(self) -> Iterator[Tensor]:
        """The params of every position, in the order in which they are drawn."""
        return (self.step(position) for position in range(len(self.symbols)))

    def params(self) -> Tensor:
        """All of them, (P, B, num_params)."""
        return torch.stack(list(self.steps()))


def params_by_steps(model: "AutoregressiveModel", ordering: "Ordering", x: Tensor, context: Context) -> Tensor | None:
    """All params (P, B, num_params) by steps; None without an incremental form, or where a step raises.

    That a step raises is for `cached-step` to say, after all that can be said of whole passes.
    """
    try:
        return Walk(model, ordering, x, context).params()
    except Exception:
        return None


def whole_pass(model: "AutoregressiveModel", ordering: "Ordering", x: Tensor, context: Context) -> Tensor:
    """The params of every position from one pass, in the order in which they are drawn, (P, B, num_params)."""
    return model(x, context).flatten(2)[:, :, ordering.permutation].movedim(2, 0)
