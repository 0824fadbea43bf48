"""Steps that forget, states that are not the caller's, and stretches that lose their place."""

import copy

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


class RightToSixDigits:
    """As with a table of constants that was made in float32."""

    def step(self, state, previous, position):
        return super().step(state, previous, position) * (1 + 1e-7)


class SinglePrecision:
    """Right to six digits, and seen where they are lost."""

    def step(self, state, previous, position):
        params = super().step(state, previous, position)
        return params.float().to(params.dtype)


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


class GoesRound(Recurrent):
    """A table of twelve places, which steps read again from its beginning."""

    def forward(self, x, context=None):
        return super().forward(x, context) + self.table(torch.arange(x.shape[1]).clamp(max=11)).to(x.device)

    def step(self, state, previous, position):
        return super().step(state, previous, position) + self.table(torch.tensor(position % 12))

    def table(self, positions):
        return positions.to(self.start.dtype) / 12


class RaisesInStep:
    """What whole passes show is said first."""

    def step(self, state, previous, position):
        raise RuntimeError("not yet written")


class WritesIntoWeights(Dense):
    """The state is the bias itself, as long as there is one event."""

    def begin(self, batch, context):
        return self.bias[None].expand(batch, *self.bias.shape)

    def init_state(self, batch, context=None):
        total = self.begin(batch, context)
        return {"total": total if batch == 1 else total.clone()}


class WritesIntoStart(Recurrent):
    def step(self, state, previous, position):
        self.start.data.mul_(1.5)
        return super().step(state, previous, position)


class Stretching:
    """Stretches as they should be: as many steps."""

    def steps(self, state, previous, position):
        columns = [self.step(state, previous[:, k], position + k) for k in range(previous.shape[1])]
        return torch.stack(columns, -1)


class StateNotWritten(Stretching):
    """The state is left where the stretch began."""

    def steps(self, state, previous, position):
        return super().steps(copy.deepcopy(state), previous, position)


class OffByOneAtTheSeam(Stretching):
    """A stretch reads the first of its symbols twice."""

    def steps(self, state, previous, position):
        return super().steps(state, previous.roll(1, 1) if position else previous, position)


class BeginsFromNothing(Stretching):
    """A stretch forgets what was before it."""

    def steps(self, state, previous, position):
        fresh = self.init_state(len(previous))
        params = super().steps(fresh, previous, position)
        vars(state).update(vars(fresh)) if hasattr(state, "hidden") else state.update(fresh)
        return params


class LosesTheLast(Stretching):
    """The state is written back as it was before the last symbol."""

    def steps(self, state, previous, position):
        params = super().steps(state, previous[:, :-1], position) if previous.shape[1] > 1 else None
        last = super().steps(copy.deepcopy(state), previous[:, -1:], position + previous.shape[1] - 1)
        return last if params is None else torch.cat([params, last], -1)


class ReadsNoiseAtTheFirst(Stretching):
    """`previous` is read at the first position, where it is nothing."""

    def steps(self, state, previous, position):
        params = super().steps(state, previous, position)
        return params if position else params + previous[:, 0].sum()


class StretchStateInLayer(Stretching):
    """A stretch goes on from where the last one ended, whoever asked for it."""

    def steps(self, state, previous, position):
        params = super().steps(state if position == 0 else self.kept, previous, position)
        self.kept = state if position == 0 else self.kept
        return params


FAULTS = [
    *(fault("cached-step", kind) for kind in (ForgetfulDense, LosesUpdate, OnlyPrevious)),
    *(fault("cached-step", kind) for kind in (ForgetfulRecurrent, StartsAnew, ReadsOutput)),
    *both("cached-step", WithoutContext, num_classes=3),
    *both("cached-step", OneEventForAll),
    *both("cached-step", ReadsBeforeTheFirst),
    *both("cached-step", RightToSixDigits),
    *both("float64", SinglePrecision),
    *both("cached-step", RaisesInStep),
    fault("cached-step", GoesRound, event_shape=(None,)),
    *(fault("inputs", kind) for kind in (WritesIntoWeights, WritesIntoStart)),
    *both("own-state", StateInLayer),
    *both("own-state", StateByBatch),
    *both("own-state", StateMadeAtFirstStep),
    *both("stretches", StateNotWritten),
    *both("stretches", OffByOneAtTheSeam),
    *both("stretches", BeginsFromNothing),
    *both("stretches", LosesTheLast),
    *both("stretches", ReadsNoiseAtTheFirst),
    *both("stretches", StretchStateInLayer),
]
