"""Mistakes of authors in any network, convolutional or not: what it is given or hands on is changed on the way.

Each is a function that changes a model which is right. The ten kinds come in three variants each, `OTHERS` once.
"""

import copy
import itertools
from unittest import mock

import torch
from torch import nn
from torch.nn import functional as F

import arzoo
from arzoo.heads import Categorical
from planted import heads


def after(model, function):
    """Change what a whole pass hands on."""
    forward = model.backbone.forward
    model.backbone.forward = lambda x, context=None: function(forward(x, context))


def after_both(model, function):
    """Change what a pass and a step hand on, in the same way."""
    after(model, function)
    step = model.backbone.step
    model.backbone.step = lambda state, previous, position: function(step(state, previous, position))


def told(model, function):
    """Change the context on its way into passes and states."""
    forward, init_state = model.backbone.forward, model.backbone.init_state
    model.backbone.forward = lambda x, context=None: forward(x, function(context))
    model.backbone.init_state = lambda batch, context=None: init_state(batch, function(context))


def along(params, function):
    """Change params (B, K, *grid) as (B, K, positions)."""
    return function(params.flatten(2)).view_as(params)


def scale(x, params):
    return x.to(params.dtype).flatten(2) if x.dim() > 2 else x.to(params.dtype)[:, None]


# A mask that is off by one.
def sees_itself(model):
    forward = model.backbone.forward
    model.backbone.forward = lambda x, context=None: (
        (y := forward(x, context)) + 0.1 * scale(x, y).view(len(y), 1, *y.shape[2:])
    )


def predicts_the_previous(model):
    after(model, lambda params: along(params, lambda y: y.roll(-1, 2)))


def repeats_the_first(model):
    after(model, lambda params: along(params, lambda y: torch.cat([y[..., :1], y[..., :-1]], 2)))


# The future, through statistics over positions.
def normalised(model):
    after(model, lambda params: F.layer_norm(params, params.shape[1:]))


def pooled(model):
    after(model, lambda params: along(params, lambda y: y + y.mean(2, keepdim=True)))


def normalised_in_training(model):
    model.backbone.spy = norm = nn.InstanceNorm1d(model.head.num_params, track_running_stats=True)
    after(model, lambda params: along(params, norm))


# The rest of the batch.
def batch_normalised(model):
    model.backbone.spy = norm = nn.BatchNorm1d(model.head.num_params)
    after(model, lambda params: along(params, norm))


def batch_statistics_while_evaluating(model):
    model.backbone.spy = norm = nn.BatchNorm1d(model.head.num_params, track_running_stats=False)
    after(model, lambda params: along(params, norm))


def pooled_over_the_batch(model):
    after(model, lambda params: params + 0.1 * params.mean(0))


# A head that is no distribution.
def logits(model):
    model.head = heads.Logits(17)


def softmax_elsewhere(model):
    model.head = heads.SoftmaxOverGrid(17)


class Clamped(Categorical):
    """No level is ever less likely than that."""

    def _log_prob(self, params, x):
        return super()._log_prob(params, x).clamp(min=-3)


def clamped(model):
    model.head = Clamped(17)


# Params that are not those of the head.
def of_fewer_levels(model):
    model.head = Categorical(16)


def one_param_idle(model):
    model.head = heads.OneParamIdle(17)


def one_param_too_many(model):
    after_both(model, lambda params: torch.cat([params, params[:, :1]], 1))


# Steps that forget.
def starts_anew(model):
    backbone, step = model.backbone, model.backbone.step
    fresh = model.backbone.init_state
    backbone.step = lambda state, previous, position: step(
        fresh(len(previous)) if position == 2 else state, previous, position
    )


def leaves_the_state(model):
    step = model.backbone.step
    model.backbone.step = lambda state, previous, position: step(
        state if position < 4 else copy.deepcopy(state), previous, position
    )


def reads_nothing_in_later_rows(model):
    step, width = model.backbone.step, model.event_shape[-1]
    model.backbone.step = lambda state, previous, position: step(
        state, previous if position <= width else torch.zeros_like(previous), position
    )


# Chance.
def drops(model):
    after(model, lambda params: F.dropout(params, 0.1))


def trembles(model):
    after(model, lambda params: params + 1e-7 * torch.randn_like(params))


def counts(model):
    calls = itertools.count()
    after(model, lambda params: params * (1 + 1e-6 * next(calls)))


# A context without effect.
def deaf(model):
    told(model, lambda context: {"label": torch.zeros_like(context["label"])})


def two_classes_are_one(model):
    told(model, lambda context: {"label": context["label"].clamp(max=1)})


def one_class_is_masked(model):
    one_hot = F.one_hot

    def masked(labels, num_classes=-1):
        return one_hot(labels, num_classes) * (labels != 2)[..., None]

    def masking(function):
        def run(*arguments):
            with mock.patch.object(F, "one_hot", masked):
                return function(*arguments)

        return run

    model.backbone.forward, model.backbone.init_state = (
        masking(model.backbone.forward),
        masking(model.backbone.init_state),
    )


# Parameters that learn nothing.
def spare(model):
    model.backbone.spare = nn.Linear(2, 2)


def detached(model):
    model.backbone.shift = shift = nn.Parameter(torch.zeros(()))
    after_both(model, lambda params: params + shift.detach())


def frozen(model):
    next(model.backbone.parameters()).requires_grad_(False)


KINDS = {
    "mask off by one": (
        "tiny-binary",
        {sees_itself: "causality", predicts_the_previous: "causality", repeats_the_first: "dependence"},
    ),
    "future leak through normalisation over positions": (
        "tiny-17",
        dict.fromkeys((normalised, pooled, normalised_in_training), "causality"),
    ),
    "batch leak": (
        "tiny-17",
        dict.fromkeys(
            (batch_normalised, batch_statistics_while_evaluating, pooled_over_the_batch), "batch-independence"
        ),
    ),
    "head without normalisation": (
        "tiny-17",
        dict.fromkeys((logits, softmax_elsewhere, clamped), "head-normalisation"),
    ),
    "wrong num_params": ("tiny-17", dict.fromkeys((of_fewer_levels, one_param_idle, one_param_too_many), "interface")),
    "step that forgets state": (
        "tiny-binary",
        dict.fromkeys((starts_anew, leaves_the_state, reads_nothing_in_later_rows), "cached-step"),
    ),
    "non-determinism": ("tiny-binary", dict.fromkeys((drops, trembles, counts), "determinism")),
    "context ignored": ("tiny-class", dict.fromkeys((deaf, two_classes_are_one, one_class_is_masked), "context")),
    "parameter without gradient": ("tiny-binary", dict.fromkeys((spare, detached, frozen), "gradient")),
}


# Others, which were not asked for.
def leaks_at_the_last_position(model):
    forward = model.backbone.forward

    def leaking(x, context=None):
        params = forward(x, context).clone()
        params.flatten(2)[:, :, -1] += 0.1 * x.flatten(1)[:, -1:].to(params.dtype)
        return params

    model.backbone.forward = leaking


def leaks_into_the_last_column(model):
    forward = model.backbone.forward

    def leaking(x, context=None):
        params = forward(x, context)
        return torch.cat([params[..., :-1], params[..., -1:] + 0.1 * x[:, None, ..., -1:].to(params.dtype)], -1)

    model.backbone.forward = leaking


def blue_first(model):
    forward = model.backbone.forward
    model.backbone.forward = lambda x, context=None: forward(x.flip(1), context).flip(2)


def one_template_for_all_states(model):
    kept, make = {}, model.backbone.init_state
    model.backbone.init_state = lambda batch, context=None: kept.setdefault(batch, make(batch, context))


def first_event_for_all(model):
    step = model.backbone.step
    model.backbone.step = lambda state, previous, position: step(state, previous[:1].expand_as(previous), position)


def single_precision_in_the_head(model):
    model.head = heads.HalfPrecision(17)


class InHalf(Categorical):
    """Widened again, as if nothing had happened."""

    def _log_prob(self, params, x):
        return super()._log_prob(params.half(), x).to(params.dtype)


def float16_inside_the_head(model):
    model.head = InHalf(17)


def float32_table(model):
    after_both(model, lambda params: params + torch.ones((), device=params.device).expand(params.shape[-1]))


def counts_in_bfloat16(model):
    """Right as long as numbers past 256 are told apart."""
    after_both(model, lambda params: params + (torch.full_like(params, 257.0) - 256.0) * params)


def changes_its_input(model):
    forward = model.backbone.forward

    def changing(x, context=None):
        params = forward(x, context)
        x.flatten(1)[:, 0] = 0
        return params

    model.backbone.forward = changing


def changes_its_context(model):
    forward = model.backbone.forward

    def changing(x, context=None):
        params = forward(x, context)
        context["label"].clamp_(max=0)
        return params

    model.backbone.forward = changing


def buffer_of_training_not_saved(model):
    """A mean of the data, which load_state_dict does not bring back."""
    model.backbone.register_buffer("mean", torch.zeros(()), persistent=False)
    forward = model.backbone.forward

    def centred(x, context=None):
        if model.backbone.training:
            model.backbone.mean.fill_(0.1)
        return forward(x, context) * (1 + model.backbone.mean)

    model.backbone.forward = centred


def table_of_old_weights(model):
    """A product that is kept while evaluating, whatever weights come later."""
    model.backbone.gain = gain = nn.Parameter(torch.ones(()))
    kept = {}

    def scaled(params):
        if model.backbone.training or torch.is_grad_enabled():
            return params * gain
        return params * kept.setdefault("gain", gain.detach().clone())

    after_both(model, scaled)


class ByChance(Categorical):
    def _draw(self, params, uniforms, kept):
        return super()._draw(params, torch.rand_like(uniforms), kept)


def draws_by_the_global_generator(model):
    model.head = ByChance(17)


def seeds_itself(model):
    forward = model.backbone.forward

    def seeded(x, context=None):
        torch.manual_seed(0)
        return forward(x, context)

    model.backbone.forward = seeded


OTHERS = [
    (leaks_at_the_last_position, "tiny-binary", "causality"),
    (leaks_into_the_last_column, "tiny-binary", "causality"),
    (blue_first, "tiny-rgb", "causality"),
    (one_template_for_all_states, "tiny-binary", "own-state"),
    (first_event_for_all, "tiny-binary", "cached-step"),
    (single_precision_in_the_head, "tiny-17", "head-normalisation"),
    (float16_inside_the_head, "tiny-17", "head-normalisation"),
    (float32_table, "tiny-binary", "bfloat16"),
    (counts_in_bfloat16, "tiny-17", "bfloat16"),
    (changes_its_input, "tiny-binary", "inputs"),
    (changes_its_context, "tiny-class", "inputs"),
    (buffer_of_training_not_saved, "tiny-binary", "state-dict"),
    (table_of_old_weights, "tiny-binary", "state-dict"),
    (draws_by_the_global_generator, "tiny-17", "head-sampling"),
    (seeds_itself, "tiny-binary", "global-generators"),
]


# A config that does not round-trip: builders around a right one, each registered as an architecture of its own.
asked = itertools.count()


def ignores_the_levels(architecture, arguments):
    return arzoo.create(architecture, "tiny-binary", **{**arguments, "num_levels": 3})


def reads_something_global(architecture, arguments):
    """Another size each time it is asked."""
    return arzoo.create(architecture, "tiny-binary", hidden_channels=4 + 2 * (next(asked) % 2), **arguments)


class ListedWeight(nn.Module):
    """A weight in a plain list as well, where a loaded file does not find it."""

    def __init__(self, inner):
        super().__init__()
        self.inner, self.shift = inner, nn.Parameter(torch.zeros(()))
        self.listed = [self.shift]

    def forward(self, x):
        return self.inner(x) + self.listed[0]

    def dependence(self, ordering):
        return arzoo.backbones.declared_dependence(self.inner, ordering)


def keeps_a_weight_in_a_list(architecture, arguments):
    model = arzoo.create(architecture, "tiny-binary", **arguments)
    return arzoo.AutoregressiveModel(model.ordering, ListedWeight(model.backbone), model.head)


def builder(make, architecture):
    """The function that a plugin would register."""

    def build(event_shape=(1, 3, 3), num_levels=2, note=None):
        return make(architecture, {"event_shape": event_shape, "num_levels": num_levels})

    return build


def takes_what_json_cannot_hold(architecture, arguments):
    return arzoo.create(architecture, "tiny-binary", **arguments)


CONFIGS = [
    (ignores_the_levels, {}, "config"),
    (reads_something_global, {}, "config"),
    (keeps_a_weight_in_a_list, {}, "round-trip"),
    (takes_what_json_cannot_hold, {"note": torch.float32}, "config"),
]
