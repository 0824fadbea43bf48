"""Faults in the architectures of this repository: one line changed in a model that is built as always."""

from collections.abc import Callable
from dataclasses import dataclass
from types import MethodType

import torch
from torch import nn
from torch.nn import functional as F

import arzoo
from arzoo.nn import MaskedConv2d
from planted import heads

ARCHITECTURES = ("pixelcnn", "gatedpixelcnn")


@dataclass(frozen=True)
class Mistake:
    """A change to a model, and the check that must name it."""

    check: str
    change: Callable[[arzoo.AutoregressiveModel], None]
    config: str = "tiny-binary"
    architectures: tuple[str, ...] = ARCHITECTURES

    def __str__(self) -> str:
        return f"{self.check}-{self.change.__name__}"


def convolutions(model):
    """The masked convolutions that see more than one position, from the input on."""
    return [m for m in model.backbone.modules() if isinstance(m, MaskedConv2d) and m.left > 0]


def shows_itself(model):
    first = convolutions(model)[0]
    first.mask[:, :, first.above, first.left] = 1


def looks_ahead(model):
    """Mask of a later layer shifted by one."""
    layer = convolutions(model)[-1]
    layer.forward = MethodType(lambda self, x: MaskedConv2d.forward(self, x.roll(-1, 3)), layer)


def overlooks_the_last(model):
    first = convolutions(model)[0]
    first.mask[:, :, first.above, first.left - 1] = 0


def norm_over_positions(model):
    layer = convolutions(model)[0]
    layer.register_forward_hook(lambda module, inputs, y: F.group_norm(y, 1))


def centred_over_positions(model):
    layer = convolutions(model)[-1]
    layer.register_forward_hook(lambda module, inputs, y: y - y.mean((2, 3), keepdim=True))


def norm_over_batch(model):
    model.backbone.norm = nn.BatchNorm2d(len(convolutions(model)[-1].out_groups))
    convolutions(model)[-1].register_forward_hook(lambda module, inputs, y: model.backbone.norm(y))


def logits_for_log_probs(model):
    model.head = heads.Logits(17)


def head_of_another_size(model):
    model.head = heads.OneParamIdle(17)


def forgets_values(model):
    model.backbone.take = lambda state, j, value, channel: None


def forgets_rows(model):
    model.backbone.begin_row = lambda state, i: None


def state_in_layer(model):
    kept, backbone = {}, model.backbone
    make, step = backbone.init_state, backbone.step
    backbone.init_state = lambda batch, context=None: kept.update(state=make(batch, context))
    backbone.step = lambda state, previous, position: step(kept["state"], previous, position)


def drops_while_evaluating(model):
    convolutions(model)[-1].register_forward_hook(lambda module, inputs, y: F.dropout(y, 0.1))


def ignores_label(model):
    condition = model.backbone.condition
    model.backbone.condition = lambda context: condition({"label": torch.zeros_like(context["label"])})


def label_of_the_first(model):
    condition = model.backbone.condition
    model.backbone.condition = lambda context: condition({"label": context["label"][:1].expand_as(context["label"])})


def detached_weight(model):
    layer = convolutions(model)[-1]
    layer.masked_weight = lambda: (layer.weight * layer.mask).detach()


def spare_parameter(model):
    model.backbone.spare = nn.Parameter(torch.ones(1))


def random_mask(model):
    """Half of the connections of a layer cut at random, by a mask that is not saved."""
    layer = convolutions(model)[-1]
    layer.mask *= torch.rand(layer.mask.shape) < 0.5


CLASS = {"config": "tiny-class", "architectures": ("gatedpixelcnn",)}
MISTAKES = [
    Mistake("causality", shows_itself),
    Mistake("causality", looks_ahead),
    Mistake("dependence", overlooks_the_last, architectures=("pixelcnn",)),
    Mistake("causality", norm_over_positions),
    Mistake("causality", centred_over_positions),
    Mistake("batch-independence", norm_over_batch),
    Mistake("head-normalisation", logits_for_log_probs, "tiny-17"),
    Mistake("interface", head_of_another_size, "tiny-17"),
    Mistake("cached-step", forgets_values),
    Mistake("cached-step", forgets_rows),
    Mistake("own-state", state_in_layer),
    Mistake("determinism", drops_while_evaluating),
    Mistake("context", ignores_label, **CLASS),
    Mistake("batch-independence", label_of_the_first, **CLASS),
    Mistake("gradient", detached_weight),
    Mistake("gradient", spare_parameter),
    Mistake("state-dict", random_mask),
]
