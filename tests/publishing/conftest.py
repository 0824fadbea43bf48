"""A plugin in a source checkout of its own, with two checkpoints to publish."""

import json

import pytest
import torch

import arzoo

FARM = """
import arzoo


def build(event_shape=(1, 2, 3), num_levels=3, context=None):
    import torch
    from torch import nn

    class Table(nn.Module):
        def __init__(self, grid):
            super().__init__()
            self.logits = nn.Parameter(torch.randn(num_levels, *grid))

        def forward(self, x, context=None):
            return self.logits.expand(len(x), *self.logits.shape)

        def init_state(self, batch, context=None):
            return self.logits.expand(batch, *self.logits.shape).flatten(2)

        def step(self, state, previous, position):
            return state[:, :, position]

    ordering = arzoo.orderings.Raster(event_shape)
    return arzoo.AutoregressiveModel(ordering, Table(ordering.grid), arzoo.heads.Categorical(num_levels), context=context)


@arzoo.hookimpl
def register_models():
    return [arzoo.ModelEntry("farm", "arzoo_farm:build", {"tiny": {}}, checkpoints=arzoo.locked_checkpoints("arzoo_farm_weights"))]
"""
PIXELS = {"kind": "pixels", "num_levels": 3}


@pytest.fixture
def farm(install, monkeypatch):
    """The folder of the plugin's weights, in a checkout; whoever publishes has a token."""
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    package = install.site / "arzoo_farm_weights"
    (package / "weights").mkdir(parents=True)
    (package / "__init__.py").touch()
    (install.site / "pyproject.toml").touch()
    install("arzoo-farm", "farm", FARM)
    torch.manual_seed(0)
    for name in ("farm-one", "farm-two"):
        arzoo.save(arzoo.create("farm", data=PIXELS), package / "weights" / name, training={"seed": 0})
    arzoo.checkpoints.write_lock(package / "weights", {"farm-one": "The first."})
    arzoo.plugins.reload()
    return package / "weights"


@pytest.fixture
def places(farm):
    """Function that returns what the lock file says of repository and revision, by checkpoint."""

    def places():
        pins = json.loads((farm / "lock.json").read_text())
        return {id: (pin["repo_id"], pin["revision"]) for id, pin in pins.items()}

    return places
