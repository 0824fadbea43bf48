"""Contexts without effect, parameters that do not learn, weights that are not all there."""

import torch
from torch import nn

from planted.fault import both, fault
from planted.toys import Recurrent


class IgnoresContext:
    def embedded(self, context):
        return super().embedded(context) * 0


class SharedEmbedding:
    """Two classes, one embedding."""

    def embedded(self, context):
        return super().embedded({"label": context["label"].clamp(max=1)})


class LabelOfZero:
    def embedded(self, context):
        return super().embedded({"label": torch.zeros_like(context["label"])})


class LeftOver:
    """A layer that is built and not used."""

    def __init__(self, ordering, num_levels, num_params, num_classes=0):
        super().__init__(ordering, num_levels, num_params, num_classes)
        self.spare = nn.Linear(2, 2)


class Detached:
    def __init__(self, ordering, num_levels, num_params, num_classes=0):
        super().__init__(ordering, num_levels, num_params, num_classes)
        self.shift = nn.Parameter(torch.zeros(num_params))
        self.output.register_forward_hook(lambda module, inputs, params: params + self.shift.detach())


class TimesZero(Detached):
    def __init__(self, ordering, num_levels, num_params, num_classes=0):
        super().__init__(ordering, num_levels, num_params, num_classes)
        self.gain = nn.Parameter(torch.ones(num_params))
        self.output.register_forward_hook(lambda module, inputs, params: params + self.shift + 0 * self.gain)


class Frozen:
    def __init__(self, ordering, num_levels, num_params, num_classes=0):
        super().__init__(ordering, num_levels, num_params, num_classes)
        self.output.bias.requires_grad_(False)


class RootOfZero:
    """The gradient of a square root at zero."""

    def __init__(self, ordering, num_levels, num_params, num_classes=0):
        super().__init__(ordering, num_levels, num_params, num_classes)
        self.output.register_forward_hook(lambda module, inputs, params: params + (params - params).abs().sqrt())


class BothZero:
    """Two factors that start at zero: neither ever moves."""

    def __init__(self, ordering, num_levels, num_params, num_classes=0):
        super().__init__(ordering, num_levels, num_params, num_classes)
        self.left, self.right = nn.Parameter(torch.zeros(1)), nn.Parameter(torch.zeros(num_params))
        self.output.register_forward_hook(lambda module, inputs, params: params + self.left * self.right)


class DeadUnits:
    def __init__(self, ordering, num_levels, num_params, num_classes=0):
        super().__init__(ordering, num_levels, num_params, num_classes)
        self.spare = nn.Parameter(torch.full((num_params,), -0.2))
        self.output.register_forward_hook(lambda module, inputs, params: params + torch.relu(self.spare))


class Unregistered:
    """A weight in a plain list is in no state dict."""

    def __init__(self, ordering, num_levels, num_params, num_classes=0):
        super().__init__(ordering, num_levels, num_params, num_classes)
        self.extra = [torch.randn(num_params)]
        self.output.register_forward_hook(lambda module, inputs, params: params + self.extra[0].to(params.dtype))


class RandomTable:
    """A table that is drawn when the model is built, and not saved."""

    def __init__(self, ordering, num_levels, num_params, num_classes=0):
        super().__init__(ordering, num_levels, num_params, num_classes)
        self.register_buffer("table", torch.rand(num_params), persistent=False)
        self.output.register_forward_hook(lambda module, inputs, params: params + self.table)


class LateBuffer:
    """A buffer that appears at the first use."""

    def forward(self, x, context=None):
        if not hasattr(self, "cache"):
            self.register_buffer("cache", torch.zeros(1))
        return super().forward(x, context)


class KeepsAGraph:
    """What is kept of a training step cannot be copied, and training averages weights in a copy."""

    def forward(self, x, context=None):
        params = super().forward(x, context)
        self.kept = params.mean()
        return params


class CountsCalls:
    def __init__(self, ordering, num_levels, num_params, num_classes=0):
        super().__init__(ordering, num_levels, num_params, num_classes)
        self.register_buffer("calls", torch.zeros(()))

    def forward(self, x, context=None):
        self.calls += 1
        return super().forward(x, context)


class TableTooShort(Recurrent):
    def forward(self, x, context=None):
        return super().forward(x, context) + torch.linspace(0, 1, 64)[: x.shape[1]]


class LengthOfFirstCall(Recurrent):
    """A table that is made at the first call."""

    def forward(self, x, context=None):
        self.table = getattr(self, "table", torch.linspace(0, 1, x.shape[1]))
        return super().forward(x, context) + self.table


class CountsFromTheEnd(Recurrent):
    def forward(self, x, context=None):
        return super().forward(x, context) + torch.arange(x.shape[1], 0, -1)


class DividesByLength(Recurrent):
    def forward(self, x, context=None):
        return super().forward(x, context) / x.shape[1]


FAULTS = [
    *both("context", IgnoresContext, num_classes=3),
    *both("context", SharedEmbedding, num_classes=3),
    *both("context", LabelOfZero, num_classes=3),
    *both("gradient", LeftOver),
    *both("gradient", Detached),
    *both("gradient", TimesZero),
    *both("gradient", Frozen),
    *both("gradient", RootOfZero),
    *both("learning", BothZero),
    *both("learning", DeadUnits),
    *both("state-dict", Unregistered),
    *both("state-dict", RandomTable),
    *both("state-dict", LateBuffer),
    *both("state-dict", CountsCalls),
    *both("state-dict", KeepsAGraph),
    *(
        fault("length", kind, event_shape=(None,))
        for kind in (LengthOfFirstCall, CountsFromTheEnd, DividesByLength, TableTooShort)
    ),
]
