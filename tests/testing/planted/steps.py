"""Steps that forget, and states that are not the caller's."""

import torch

from planted.fault import both, fault
from planted.toys import Dense, Memory, Recurrent


class ForgetfulDense(Dense):
    def note(self, state, values, symbols):
        """Notes nothing."""


class LosesUpdate(Dense):
    """The state is not updated in place."""

    def note(self, state, values, symbols):
        super().note({"total": state["total"].clone()}, values, symbols)


class OnlyPrevious(Dense):
    def note(self, state, values, symbols):
        state.setdefault("start", state["total"].clone())
        state["total"] = state["start"].clone()
        super().note(state, values, symbols)


class ForgetfulRecurrent(Recurrent):
    def step(self, state, previous, position):
        return super().step(Memory(state.hidden), previous, position)


class StartsAnew(Recurrent):
    def step(self, state, previous, position):
        state.hidden = self.start.expand(len(state.hidden), -1)
        return super().step(state, previous, position)


class ReadsOutput(Recurrent):
    """The step reads its own output where forward reads the symbol."""

    def step(self, state, previous, position):
        params = super().step(state, previous, position)
        state.hidden = state.hidden * 0.9
        return params


class WithoutContext:
    """The context reaches forward alone."""

    def init_state(self, batch, context=None):
        return super().init_state(batch, {"label": torch.zeros_like(context["label"])})


class OneEventForAll:
    def step(self, state, previous, position):
        params = super().step(state, previous, position)
        return params[:1].expand_as(params)


class ReadsBeforeTheFirst:
    """`previous` is read at the first position, where it is nothing."""

    def step(self, state, previous, position):
        params = super().step(state, previous, position)
        return params + previous.sum(1, keepdim=True) if position == 0 else params


class SinglePrecision:
    """Right to six digits."""

    def step(self, state, previous, position):
        params = super().step(state, previous, position)
        return params.float().to(params.dtype) * (1 + 1e-7)


class StateInLayer:
    """The state is kept in the backbone; the caller gets a token."""

    def init_state(self, batch, context=None):
        self.kept = super().init_state(batch, context)
        return "token"

    def step(self, state, previous, position):
        return super().step(self.kept, previous, position)


class StateByBatch(StateInLayer):
    """One state for each size of batch."""

    def init_state(self, batch, context=None):
        self.kept_of = {**getattr(self, "kept_of", {}), batch: super().init_state(batch, context) and self.kept}
        return batch

    def step(self, state, previous, position):
        self.kept = self.kept_of[len(previous)]
        return super().step(state, previous, position)


class StateMadeAtFirstStep(StateInLayer):
    def init_state(self, batch, context=None):
        return (batch, context)

    def step(self, state, previous, position):
        if position == 0:
            super().init_state(*state)
        return super().step(state, previous, position)


FAULTS = [
    *(fault("cached-step", kind) for kind in (ForgetfulDense, LosesUpdate, OnlyPrevious)),
    *(fault("cached-step", kind) for kind in (ForgetfulRecurrent, StartsAnew, ReadsOutput)),
    *both("cached-step", WithoutContext, num_classes=3),
    *both("cached-step", OneEventForAll),
    *both("cached-step", ReadsBeforeTheFirst),
    *both("cached-step", SinglePrecision),
    *both("own-state", StateInLayer),
    *both("own-state", StateByBatch),
    *both("own-state", StateMadeAtFirstStep),
]
