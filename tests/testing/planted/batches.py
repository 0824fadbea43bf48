"""Results that depend on more than the event: on the batch, on chance, on the memory that `x` lies in."""

import random

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from planted.fault import both


class BatchNormalised:
    """Harmless while evaluating; the classic while training."""

    def __init__(self, ordering, num_levels, num_params, num_classes=0):
        super().__init__(ordering, num_levels, num_params, num_classes)
        self.norm = nn.BatchNorm1d(num_params)

    def forward(self, x, context=None):
        params = super().forward(x, context)
        return self.norm(params.flatten(2)).view_as(params)


class AlwaysBatchNormalised(BatchNormalised):
    def __init__(self, ordering, num_levels, num_params, num_classes=0):
        super().__init__(ordering, num_levels, num_params, num_classes)
        self.norm = nn.BatchNorm1d(num_params, track_running_stats=False)


class BatchCentred:
    def forward(self, x, context=None):
        params = super().forward(x, context)
        return params - params.mean(0)


class FirstContextForAll:
    def embedded(self, context):
        return super().embedded({"label": context["label"][:1].expand_as(context["label"])})


class RunsAlongTheBatch:
    """A recurrence for which somebody forgot `batch_first`."""

    def forward(self, x, context=None):
        params = super().forward(x, context)
        return params + 0.1 * params.cumsum(0)


class DropoutWhileEvaluating:
    def forward(self, x, context=None):
        return F.dropout(super().forward(x, context), 0.2)


class Noisy:
    def forward(self, x, context=None):
        params = super().forward(x, context)
        return params + 1e-8 * torch.randn_like(params)


class Counting:
    calls = 0

    def forward(self, x, context=None):
        self.calls += 1
        return super().forward(x, context) * (1 + 1e-3 * self.calls)


class OtherPathWithoutGradients:
    """A fast path for inference that computes something else."""

    def forward(self, x, context=None):
        params = super().forward(x, context)
        return params if torch.is_grad_enabled() else params * 1.001


class TableFromInference:
    """A table of the first pass that is kept: made while sampling, it cannot be trained with."""

    def forward(self, x, context=None):
        params = super().forward(x, context)
        self.kept = getattr(self, "kept", torch.ones_like(params[:1]))
        return params * self.kept


class NoisyStep:
    def step(self, state, previous, position):
        params = super().step(state, previous, position)
        return params + 1e-3 * torch.rand(())


class SeedsItsNoise:
    """The same noise each time, at the cost of everybody's generator."""

    def forward(self, x, context=None):
        torch.manual_seed(0)
        params = super().forward(x, context)
        return params + 0 * torch.randn_like(params)


class NoiseUnused:
    def step(self, state, previous, position):
        random.random()
        return super().step(state, previous, position)


class SeedsWhenBuilt:
    def __init__(self, ordering, num_levels, num_params, num_classes=0):
        np.random.seed(0)
        super().__init__(ordering, num_levels, num_params, num_classes)


class TableOnCpu:
    def forward(self, x, context=None):
        params = super().forward(x, context)
        return params + torch.zeros(params.shape[-1], dtype=params.dtype)


class TableOfFirstUse:
    """Made where the first input was, and left there when the model moves."""

    def forward(self, x, context=None):
        params = super().forward(x, context)
        if not hasattr(self, "table"):
            self.table = torch.zeros(params.shape[-1], dtype=params.dtype, device=params.device)
        return (
            params + self.table.clone() if params.device == self.table.device else params + self.table.expand_as(params)
        )


class TableNoBuffer:
    def __init__(self, ordering, num_levels, num_params, num_classes=0):
        super().__init__(ordering, num_levels, num_params, num_classes)
        self.table = torch.zeros(num_params)
        self.output.register_forward_hook(lambda module, inputs, params: params + self.table)


class StepOnCpu:
    def step(self, state, previous, position):
        params = super().step(state, previous, position)
        return params + torch.zeros_like(params, device="cpu")


class WrapsAround:
    """Arithmetic in the dtype of x."""

    def forward(self, x, context=None):
        return super().forward((x * 40) // 40, context)


class ViewsInput:
    def forward(self, x, context=None):
        return super().forward(x.view(len(x), -1).view(x.shape), context)


class WritesInput:
    """The last symbol, on which nothing depends, is cut off in place."""

    def forward(self, x, context=None):
        x.flatten(1)[:, -1] = 0
        return super().forward(x, context)


FAULTS = [
    *both("batch-independence", BatchNormalised),
    *both("batch-independence", AlwaysBatchNormalised),
    *both("batch-independence", BatchCentred),
    *both("batch-independence", RunsAlongTheBatch),
    *both("batch-independence", FirstContextForAll, num_classes=3),
    *both("determinism", DropoutWhileEvaluating),
    *both("determinism", Noisy),
    *both("determinism", Counting),
    *both("determinism", OtherPathWithoutGradients),
    *both("determinism", TableFromInference),
    *both("determinism", NoisyStep),
    *both("global-generators", SeedsItsNoise),
    *both("global-generators", NoiseUnused),
    *both("global-generators", SeedsWhenBuilt),
    *both("device", TableOnCpu),
    *both("device", TableNoBuffer),
    *both("device", TableOfFirstUse),
    *both("device", StepOnCpu),
    *both("inputs", WrapsAround, num_levels=17),
    *both("inputs", ViewsInput),
    *both("inputs", WritesInput),
]
