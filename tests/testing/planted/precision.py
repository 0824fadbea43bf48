"""Arithmetic in the wrong dtype: rounded on the way, too large for sixteen bits, or another network in float32."""

import torch

from planted.fault import both, fault
from planted.toys import Dense, Recurrent


class NarrowOnTheWay:
    """Widened again, so that no shape and no dtype tells."""

    def forward(self, x, context=None):
        params = super().forward(x, context)
        return params.float().to(params.dtype)


class NarrowSum(Dense):
    """What is summed up is kept in float32."""

    def init_state(self, batch, context=None):
        return {"total": super().init_state(batch, context)["total"].float()}

    def note(self, state, values, symbols):
        wide = {"total": state["total"].to(self.weight.dtype)}
        super().note(wide, values, symbols)
        state["total"].copy_(wide["total"])

    def step(self, state, previous, position):
        if position:
            self.note(state, previous, self.symbols[position - 1])
        return self.output(torch.tanh(state["total"].to(self.weight.dtype)[:, self.places[position]]))


class NarrowMemory(Recurrent):
    def read(self, memory, values):
        super().read(memory, values)
        memory.hidden = memory.hidden.float().to(self.start.dtype)


class MaskedByABillion:
    """A score that is masked, as it is often written."""

    def forward(self, x, context=None):
        params = super().forward(x, context)
        return params + (params * 0).masked_fill(torch.ones_like(params, dtype=torch.bool), -1e9).exp()


class LooksAheadInFloat32:
    """A fast path of one dtype, which was tried in no other."""

    def forward(self, x, context=None):
        params = super().forward(x, context)
        if params.dtype != torch.float32:
            return params
        return params - params.flatten(2).mean(2).view(*params.shape[:2], *[1] * (params.dim() - 2))


FAULTS = [
    *both("float64", NarrowOnTheWay),
    *(fault("float64", kind) for kind in (NarrowSum, NarrowMemory)),
    *both("float16", MaskedByABillion),
    *both("causality", LooksAheadInFloat32),
]
