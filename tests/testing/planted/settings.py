"""Settings of the process and of the model that are left changed."""

import torch

from planted.fault import both


class DoubleForAll:
    def __init__(self, ordering, num_levels, num_params, num_classes=0):
        torch.set_default_dtype(torch.float64)
        super().__init__(ordering, num_levels, num_params, num_classes)


class NoGradientsForAll:
    def init_state(self, batch, context=None):
        torch.set_grad_enabled(False)
        return super().init_state(batch, context)


class EvaluatesItself:
    """What trains on has no dropout from then on."""

    def init_state(self, batch, context=None):
        self.eval()
        return super().init_state(batch, context)


class FreezesItself:
    def step(self, state, previous, position):
        self.requires_grad_(False)
        return super().step(state, previous, position)


FAULTS = [
    fault
    for kind in (DoubleForAll, NoGradientsForAll, EvaluatesItself, FreezesItself)
    for fault in both("settings", kind)
]
