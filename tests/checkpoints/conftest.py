import json

import pytest
import torch

import arzoo

FARM = '''
"""A plugin whose model has all that makes loading hard."""
import arzoo


def build(event_shape=(1, 2, 3), width=4, value_dependent=False, ordering=None, context=None, seen=[]):
    import numpy as np
    import torch
    from torch import nn

    class Field(nn.Module):
        """A network in which one weight is tied, and more than parameters is a function of the config."""

        def __init__(self):
            super().__init__()
            places = event_shape[1] * event_shape[2]
            seen.append(torch.rand(1))  # draws from the global random state
            self.embedding = nn.Linear(places, width, bias=False)
            self.output = nn.Linear(width, places)
            self.back = nn.Linear(places, width, bias=False)
            self.back.weight = self.embedding.weight
            self.norm = nn.LayerNorm(width)
            self.scale = nn.Parameter(torch.randn(width))
            nn.init.trunc_normal_(self.scale, std=0.02)
            self.frozen = nn.Parameter(torch.arange(width), requires_grad=False)
            self.register_buffer("mean", torch.full((width,), 0.25))
            self.register_buffer("mask", torch.ones(places, places).tril(-1), persistent=False)
            table = torch.empty(places)
            table.fill_(2.0)
            self.register_buffer("table", table, persistent=False)
            self.plain = torch.linspace(0, 1, places)
            self.counts = torch.from_numpy(np.arange(places))
            if value_dependent and self.plain.sum().item() < 0:
                raise ValueError

        def forward(self, x, context=None):
            hidden = self.norm(self.embedding(x.flatten(1).to(self.scale.dtype) @ self.mask.T) + self.mean) * self.scale
            logits = self.output(hidden) + self.plain.to(hidden) + self.table + self.counts.to(hidden)
            return logits.view(len(x), 1, *event_shape)

    ordering = ordering or arzoo.orderings.Raster(event_shape)
    return arzoo.AutoregressiveModel(ordering, Field(), arzoo.heads.Bernoulli(), context=context)


CONVERTERS = {"farm-torch": "arzoo_farm:farm_torch"}


@arzoo.hookimpl
def register_models():
    checkpoints = arzoo.locked_checkpoints("arzoo_farm_weights")
    return [arzoo.ModelEntry("farmgated", "arzoo_farm:build", {"tiny": {}}, checkpoints=checkpoints, converters=CONVERTERS)]
'''


@pytest.fixture
def farm(install):
    """The site folder in which the plugin lies, and beside it the package of its weights."""
    (install.site / "arzoo_farm_weights" / "weights").mkdir(parents=True)
    (install.site / "arzoo_farm_weights" / "__init__.py").touch()
    install("arzoo-farm", "farm", FARM)
    return install.site


@pytest.fixture
def model(farm):
    torch.manual_seed(0)
    made = arzoo.create("farmgated", data={"kind": "pixels", "num_levels": 2})
    with torch.no_grad():
        made.backbone.mean.copy_(torch.randn(4))
    return made.eval()


@pytest.fixture
def saved(model, tmp_path):
    """The folder of a saved model."""
    return arzoo.save(model, tmp_path / "saved", training={"steps": 3})


@pytest.fixture
def bundled(model, farm):
    """The folder of a model that the plugin bundles as farmgated-mnist."""
    weights = farm / "arzoo_farm_weights" / "weights"
    folder = arzoo.save(model, weights / "farmgated-mnist")
    arzoo.checkpoints.write_lock(weights)
    arzoo.plugins.reload()
    return folder


@pytest.fixture
def truth(model):
    return model.log_prob(torch.tensor([[[[0, 1, 1], [0, 1, 0]]]]))


@pytest.fixture
def published(hub, bundled, truth):
    """The commit of a checkpoint that is published, pinned in the lock file, and bundled no more."""
    commit = hub.commit("farm/gated-mnist", {path.name: path.read_bytes() for path in bundled.iterdir()})
    lock = bundled.parent / "lock.json"
    pins = json.loads(lock.read_text())
    pins["farmgated-mnist"] |= {"repo_id": "farm/gated-mnist", "revision": commit}
    lock.write_text(json.dumps(pins))
    bundled.rename(bundled.with_name("hidden"))
    arzoo.plugins.reload()
    return commit


@pytest.fixture
def offline(hub, monkeypatch):
    def offline():
        from huggingface_hub import constants

        hub.close()
        monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)

    return offline


@pytest.fixture
def blobs(tmp_path):
    """Function that gives the size of every file that the cache holds as content, by name."""
    folder = tmp_path / "hf" / "hub" / "models--farm--gated-mnist" / "blobs"
    return lambda: {path.name: path.stat().st_size for path in folder.iterdir()} if folder.is_dir() else {}
