import math

import pytest
import torch
from torch import nn

import arzoo
from arzoo.backbones import is_incremental
from arzoo.benchmark import Subject
from arzoo.benchmark.field import HERE, LATER, UNSEEN, _character, influence_at, measure_field
from arzoo.errors import ConfigError

NETWORKS = {
    "pixelcnn": {"event_shape": (1, 6, 6), "num_levels": 2},
    "gatedpixelcnn": {"event_shape": (1, 6, 6), "num_levels": 3, "hidden_channels": 8, "output_channels": 24},
    "pixelcnnpp": {"event_shape": (3, 4, 4)},
    "made": {"event_shape": (1, 4, 4), "num_levels": 2},
    "imagegpt": {"event_shape": (1, 4, 4), "num_levels": 4},
}


def subject(architecture, **arguments):
    torch.manual_seed(0)
    first = next(name for name in arzoo.info(architecture).configs if name.startswith("tiny"))
    model = arzoo.create(architecture, first, **arguments).double().eval()
    with torch.no_grad():  # what starts at zero hides nothing
        for weight in model.parameters():
            weight.add_(0.3 * torch.randn(weight.shape, dtype=weight.dtype))
    assert is_incremental(model.backbone)
    return Subject(architecture, model, model.ordering)


@pytest.mark.parametrize("architecture", NETWORKS)
def test_it_is_the_dependence_that_the_architecture_declares(architecture):
    found = subject(architecture, **NETWORKS[architecture])
    ordering, backbone = found.ordering, found.model.backbone
    declared = backbone.dependence(ordering) if hasattr(backbone, "dependence") else ordering.earlier()
    for position in (0, ordering.num_positions // 2, ordering.num_positions - 1):
        place = int(ordering.permutation[position])
        influence = influence_at(found, torch.unravel_index(torch.tensor(place), ordering.grid))
        assert torch.equal(influence > 0, declared[place])


class Pooled(nn.Module):
    """Sees the two symbols before alone, as floats of single levels, or of both at once."""

    def __init__(self, mixing):
        super().__init__()
        self.weight, self.mixing = nn.Parameter(torch.ones(1)), mixing

    def forward(self, x):
        padded = torch.cat([torch.zeros_like(x[:, :2]), x], 1)
        before, last = padded[:, :-2], padded[:, 1:-1]
        floats = (before + last).double() if self.mixing else before.double() + last.double()
        return (floats * self.weight)[:, None]

    def init_state(self, batch, context=None):
        return None

    def step(self, state, previous, position):
        raise NotImplementedError


def pooled(mixing):
    ordering = arzoo.orderings.LeftToRight((9,))
    model = arzoo.AutoregressiveModel(ordering, Pooled(mixing), arzoo.heads.Bernoulli()).double().eval()
    return Subject("pooled", model, ordering)


def test_of_a_sequence_the_distances_are_listed():
    found = measure_field(pooled(mixing=False))
    assert (found["position"], found["seen"], found["earlier"]) == ([8], 2, 8)
    assert found["distances"][:3] == [[1, 1.0], [2, 1.0], [3, 0.0]]


def test_floats_that_mix_symbols_are_refused():
    with pytest.raises(ConfigError, match=r"must stand for one symbol .*, got 7 that stand for several"):
        measure_field(pooled(mixing=True))


def test_weights_can_be_trained_afterwards():
    found = pooled(mixing=False)
    measure_field(found)
    assert all(weight.requires_grad and weight.grad is None for weight in found.model.parameters())


def test_the_picture_has_a_character_a_pixel():
    found = measure_field(subject("pixelcnn", event_shape=(1, 5, 7), num_levels=2))
    picture = found["picture"]
    assert [len(row) for row in picture] == [7] * 5
    assert picture[2][3] == HERE and set(picture[2][4:] + picture[3] + picture[4]) == {LATER}
    assert found["position"] == [0, 2, 3] and found["earlier"] == 17
    shown = "".join(picture)
    assert sum(character.isdigit() for character in shown) == found["seen"]
    assert shown.count(UNSEEN) == 17 - found["seen"]


def test_a_digit_is_a_third_of_a_decade():
    assert [_character(10 ** (-k / 3 - 0.01), True) for k in range(11)] == list("98765432100")
    assert _character(1.0, True) == "9" and _character(0.0, False) == LATER and math.isfinite(5e-324)
