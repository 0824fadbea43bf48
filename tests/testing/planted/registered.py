"""Builders as plugins register them: right ones, and ones whose config says something else than they build."""

import itertools

import torch
from torch import nn

import arzoo
from arzoo.context import Labels
from arzoo.data.specs import Pixels
from arzoo.heads import Categorical
from arzoo.orderings import RandomOrder, Raster, Snake
from planted.toys import Dense, Recurrent, toy

BACKBONES = {"dense": Dense, "recurrent": Recurrent}
TINY = {"event_shape": (1, 2, 3), "num_levels": 2}
builds = itertools.count()


def right(event_shape=(1, 2, 3), num_levels=2, backbone="dense", context=None, ordering=None):
    """All that `toy` takes, as JSON has it."""
    num_classes = context["label"].num_classes if context else 0
    return toy(BACKBONES[backbone], event_shape, num_levels, num_classes, ordering)


class TiedDense(Dense):
    """One matrix in two places."""

    def __init__(self, ordering, num_levels, num_params, num_classes=0):
        super().__init__(ordering, num_levels, num_params, num_classes)
        self.again = nn.Linear(5, num_params)
        self.again.weight = self.output.weight
        self.output.register_forward_hook(lambda module, inputs, params: params + self.again(inputs[0].flip(-1)))


def tied(event_shape=(1, 2, 3), num_levels=2):
    return toy(TiedDense, event_shape, num_levels)


def ignores_shape(event_shape=(1, 2, 3), num_levels=2, backbone="dense"):
    return toy(BACKBONES[backbone], (1, 3, 2), num_levels)


def ignores_levels(event_shape=(1, 2, 3), num_levels=2, backbone="dense"):
    return toy(BACKBONES[backbone], event_shape, num_levels + 1)


def ignores_ordering(event_shape=(1, 2, 3), num_levels=2, backbone="dense", ordering=None):
    return toy(BACKBONES[backbone], event_shape, num_levels)


def ignores_context(event_shape=(1, 2, 3), num_levels=2, backbone="dense", context=None):
    return toy(BACKBONES[backbone], event_shape, num_levels)


class Warm(Categorical):
    """A temperature that is no field, so that no config has it."""

    def __init__(self, num_levels, temperature=1.0):
        super().__init__(num_levels)
        object.__setattr__(self, "temperature", temperature)

    def _log_prob(self, params, x):
        return super()._log_prob(params / self.temperature, x)

    def _pmf(self, params, prefix):
        return super()._pmf(params / self.temperature, prefix)


class Backwards(Raster):
    """A switch that is no field."""

    back = False

    def _path(self):
        return super()._path()[::-1].copy() if self.back else super()._path()


def warm_head(event_shape=(1, 2, 3), num_levels=2, backbone="dense"):
    return toy(BACKBONES[backbone], event_shape, num_levels, head=Warm(num_levels, 2.0))


def backwards(event_shape=(1, 2, 3), num_levels=2, backbone="dense"):
    ordering = Backwards(event_shape)
    object.__setattr__(ordering, "back", True)
    return toy(BACKBONES[backbone], event_shape, num_levels, ordering=ordering)


def data_of_other_levels(event_shape=(1, 2, 3), num_levels=2, backbone="dense"):
    model = toy(BACKBONES[backbone], event_shape, num_levels)
    model.data = Pixels(256)
    return model


def refuses_its_own_config(event_shape=(1, 2, 3), num_levels=2, backbone="dense"):
    raise ValueError("no such model")


def random_ordering(event_shape=(1, 2, 3), num_levels=2, backbone="dense"):
    seed = int(torch.randint(1000, ()))
    return toy(BACKBONES[backbone], event_shape, num_levels, ordering=RandomOrder(event_shape, seed=seed))


def another_each_time(event_shape=(1, 2, 3), num_levels=2, backbone="dense"):
    model = toy(BACKBONES[backbone], event_shape, num_levels)
    model.backbone.output = nn.Sequential(
        nn.Linear(model.backbone.output.in_features, 3 + next(builds)), nn.LazyLinear(2)
    )
    model(torch.zeros(1, *event_shape, dtype=torch.long))
    return model


KEPT = {name: toy(kind) for name, kind in BACKBONES.items()}


def one_for_all(event_shape=(1, 2, 3), num_levels=2, backbone="dense"):
    return KEPT[backbone]


class Aliased:
    """A weight is kept in a plain list as well, where loading does not find it."""

    def __init__(self, ordering, num_levels, num_params, num_classes=0):
        super().__init__(ordering, num_levels, num_params, num_classes)
        self.kept = [self.output.bias]
        self.output.register_forward_hook(lambda module, inputs, params: params + self.kept[0])


def aliased(event_shape=(1, 2, 3), num_levels=2, backbone="dense"):
    return toy(type("AliasedToy", (Aliased, BACKBONES[backbone]), {}), event_shape, num_levels)


EXTRA = {ignores_ordering: {"ordering": Snake((1, 2, 3))}, ignores_context: {"context": {"label": Labels(2)}}}
FAULTS = {
    "config": (
        ignores_shape,
        ignores_levels,
        ignores_ordering,
        ignores_context,
        warm_head,
        backwards,
        data_of_other_levels,
        refuses_its_own_config,
        random_ordering,
        another_each_time,
        one_for_all,
    ),
    "round-trip": (aliased,),
}


def entry(id, build, configs):
    return arzoo.ModelEntry(id, f"planted.registered:{build.__name__}", configs)


def configs_of(build):
    extra = EXTRA.get(build, {})
    return {f"tiny-{name}": {**TINY, **extra, "backbone": name} for name in BACKBONES}


class Right:
    """A plugin without a fault."""

    @arzoo.hookimpl
    def register_models():
        configs = {
            "paper": {"event_shape": (3, 32, 32)},
            "tiny": TINY,
            "tiny-recurrent": {**TINY, "backbone": "recurrent"},
            "tiny-class": {**TINY, "context": {"label": Labels(2)}},
            "tiny-snake": {**TINY, "ordering": Snake((1, 2, 3))},
        }
        return [entry("toyright", right, configs), entry("toytied", tied, {"tiny": TINY})]
