"""Contexts of every kind: a toy that takes a label, a vector and a series, and its faults."""

import torch
from torch import nn

from arzoo.context import Labels, Latent, Series
from planted.fault import fault
from planted.toys import Dense

HOP = 2
CONTEXT = {"label": Labels(3), "latent": Latent((2,)), "local": Series(2, HOP)}
EVENT = {"event_shape": (5,), "context": CONTEXT}


class Conditioned(Dense):
    """Each kind is projected onto the hidden units."""

    def __init__(self, ordering, num_levels, num_params, num_classes=0):
        super().__init__(ordering, num_levels, num_params, 3)
        self.latent, self.local = nn.Linear(2, 5), nn.Linear(2, 5)

    def begin(self, batch, context):
        local = self.local(self.frames(context["local"])).repeat_interleave(HOP, 1)
        return super().begin(batch, context) + self.latent(context["latent"])[:, None] + local[:, : len(self.bias)]

    def frames(self, series):
        return series.movedim(1, 2)


class FirstNumberOnly(Conditioned):
    def begin(self, batch, context):
        latent = context["latent"]
        return super().begin(batch, {**context, "latent": torch.cat([latent[:, :1], 0 * latent[:, 1:]], 1)})


class LastFrameLost(Conditioned):
    def frames(self, series):
        frames = super().frames(series)
        return torch.cat([frames[:, :-1], frames[:, :1]], 1)


class SeriesDropped(Conditioned):
    def frames(self, series):
        return super().frames(series) * 0


FAULTS = [fault("context", kind, **EVENT) for kind in (FirstNumberOnly, LastFrameLost, SeriesDropped)]
