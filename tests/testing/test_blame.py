"""The layer that looks ahead, and none of those that see by right or only hand on."""

import re

import pytest
import torch
from planted.toys import Dense, toy
from torch import nn
from torch.nn import functional as F

from arzoo.testing import CHECKS, CheckFailure
from arzoo.testing.subject import Subject

NAMED = {check.name: check for check in CHECKS}


class Shifted(nn.Module):
    """A convolution that pads itself; `ahead` pixels of its window come later in the row."""

    def __init__(self, inner, outer, ahead):
        super().__init__()
        self.weights, self.ahead = nn.Conv2d(inner, outer, (1, 3)), ahead

    def forward(self, x):
        return self.weights(F.pad(x, (2 - self.ahead, self.ahead)))


class Stacks(nn.Module):
    """Gated PixelCNN in small: a vertical stack that sees its own row, and is shifted down."""

    ahead, normalised = 0, False

    def __init__(self, ordering, num_levels, num_params, num_classes=0):
        super().__init__()
        self.vertical = nn.Conv2d(1, 4, (1, 5), padding=(0, 2))
        self.first, self.second = Shifted(1, 4, -1), Shifted(4, 4, self.ahead)
        self.norm = nn.GroupNorm(1, 4) if self.normalised else nn.Identity()
        self.output = nn.Conv2d(4, num_params, 1)

    def forward(self, x):
        x = x.to(self.output.weight.dtype)
        h = self.first(x) + F.pad(self.vertical(x), (0, 0, 1, -1))
        return self.output(torch.tanh(self.second(self.norm(torch.tanh(h)))))[:, :, None]

    def dependence(self, ordering):
        return ordering.earlier()


class LaterLayerAhead(Stacks):
    ahead = 1


class Normalised(Stacks):
    normalised = True


def where(backbone, check="causality", **arguments):
    with pytest.raises(CheckFailure) as raised:
        NAMED[check].run(Subject(lambda: toy(backbone, (1, 3, 4), **arguments)))
    return raised.value.where


@pytest.mark.parametrize(
    ("backbone", "blamed"), [(LaterLayerAhead, "`second` (Shifted)"), (Normalised, "`norm` (GroupNorm)")]
)
def test_the_layer_is_named_that_lets_a_later_symbol_through(backbone, blamed):
    assert where(backbone).endswith(f"first seen after {blamed}")


class BetweenLayers(Stacks):
    """The vertical stack is not shifted down: no layer is at fault."""

    def forward(self, x):
        x = x.to(self.output.weight.dtype)
        return self.output(torch.tanh(self.second(self.first(x) + self.vertical(x))))[:, :, None]


def test_a_leak_between_layers_is_blamed_on_none():
    assert "first seen" not in where(BetweenLayers)


class Wide(nn.Module):
    """Two linear layers, of which the second forgets by steps what came three symbols before."""

    def __init__(self, ordering, num_levels, num_params, num_classes=0):
        super().__init__()
        self.embed, self.mix = nn.Embedding(num_levels, 6), nn.Linear(6, 6)
        self.output = nn.Linear(6, num_params)

    def forward(self, x):
        before = F.pad(self.embed(x.flatten(1)), (0, 0, 1, -1))
        h = self.mix(before.cumsum(1) / 7)
        return self.output(torch.tanh(h)).transpose(1, 2).unflatten(2, x.shape[1:])

    def init_state(self, batch):
        return [self.mix.weight.new_zeros(batch, 6)]

    def step(self, state, previous, position):
        if position:
            state.append(self.embed(previous[:, 0]))
        h = self.mix(sum(state[-3:]) / 7)
        return self.output(torch.tanh(h))


def test_the_layer_is_named_in_which_steps_part_from_passes():
    found = where(Wide, "cached-step")
    assert re.search(r"step 4, .*, first seen after `mix` \(Linear\)$", found), found


class AlwaysWrong(Dense):
    def step(self, state, previous, position):
        return super().step(state, previous, position) + 1


def test_no_layer_is_named_where_no_step_is_right():
    assert "first seen" not in where(AlwaysWrong, "cached-step")
