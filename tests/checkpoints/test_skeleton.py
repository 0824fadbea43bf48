import pytest
import torch
from torch import nn

import arzoo
from arzoo import ConfigError
from arzoo.checkpoints.skeleton import outline, uninitialised


class Layers(nn.Module):
    """Every customary way to fill a parameter, and tables that must be filled."""

    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(3, 4)
        self.conv = nn.Conv2d(1, 2, 3)
        self.norm = nn.LayerNorm(4)
        self.embedding = nn.Embedding(5, 2)
        self.xavier = nn.Parameter(torch.empty(3, 3))
        nn.init.xavier_normal_(self.xavier)
        self.truncated = nn.Parameter(torch.empty(3))
        nn.init.trunc_normal_(self.truncated, std=0.02)
        self.constant = nn.Parameter(torch.empty(3))
        nn.init.constant_(self.constant, 0.5)
        table = torch.empty(3)
        nn.init.constant_(table, 2.0)
        self.register_buffer("table", table.mul_(2))
        self.register_buffer("seeded", torch.randn(3, generator=torch.Generator().manual_seed(0)))


@pytest.fixture
def poisoned():
    """New memory holds NaN, so that whatever was filled can be told."""
    torch.use_deterministic_algorithms(True)
    yield
    torch.use_deterministic_algorithms(False)


@pytest.mark.usefixtures("poisoned")
def test_no_parameter_is_filled_and_every_table_is():
    made = uninitialised(Layers)
    assert {name for name, value in made.named_parameters() if not value.is_meta} == set()
    assert made.table.tolist() == [4.0, 4.0, 4.0]
    assert torch.equal(made.seeded, torch.randn(3, generator=torch.Generator().manual_seed(0)))


@pytest.mark.usefixtures("poisoned")
def test_parameters_are_filled_again_afterwards():
    uninitialised(Layers)
    assert not any(value.isnan().any() for value in Layers().parameters())


def test_requires_grad_may_be_switched_off_while_building():
    def build():
        layer = nn.Linear(2, 2)
        layer.weight.requires_grad_(False)
        return layer

    assert not uninitialised(build).weight.requires_grad


@pytest.mark.parametrize("way", [outline, uninitialised])
def test_the_global_random_state_is_kept(way):
    before = torch.get_rng_state()
    way(lambda: torch.manual_seed(1) and Layers())
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.usefixtures("farm")
def test_an_outline_has_shapes_and_no_memory():
    sketch = outline(lambda: arzoo.create("farmgated", width=10**12))
    assert sketch.backbone.embedding.weight.shape == (10**12, 6)
    assert all(value.is_meta for value in sketch.parameters())


@pytest.mark.usefixtures("farm")
def test_a_builder_that_needs_values_has_no_outline():
    assert outline(lambda: arzoo.create("farmgated", value_dependent=True)) is None


def test_a_builder_that_refuses_has_no_outline():
    def build():
        raise ConfigError("`width` must not be 13, got 13.")

    assert outline(build) is None
