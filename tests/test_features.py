"""Features of every installed architecture that gives them: their sizes, and whom they hear."""

import pytest
import torch

import arzoo
from arzoo import registry

TINY = [
    (id, config) for id, entry in registry.models().items() for config in entry.configs if config.startswith("tiny")
]


def giving_features(id, config):
    model = arzoo.create(id, config).double().eval()
    return [pytest.param(model, id=f"{id}-{config}")] if model.num_features else []


MODELS = [model for id, config in TINY for model in giving_features(id, config)]


def told(model, n):
    return {
        name: torch.zeros(n, dtype=torch.int64) if spec.kind == "labels" else torch.zeros(n, *spec.to_config()["shape"])
        for name, spec in model.context.items()
    } or None


@pytest.mark.parametrize("model", MODELS)
def test_features_of_every_layer(model):
    x = torch.randint(0, model.num_levels, (3, *model.event_shape), generator=torch.Generator().manual_seed(0))
    layers = range(model.num_features)
    whole = model.features(x, list(layers), told(model, 3), regions=2)
    for layer, features in zip(layers, whole, strict=True):
        channels = model.features(x, layer, told(model, 3)).shape[1]
        assert features.shape == (3, channels * (4 if len(model.event_shape) == 3 else 2))
        torch.testing.assert_close(model.features(x[1:2], layer, told(model, 1), regions=2), features[1:2])
        assert features.isfinite().all()
    assert not torch.equal(whole[-1][0], whole[-1][1])


@pytest.mark.parametrize("model", MODELS)
def test_each_position_is_normalised_and_hears_no_later_row(model):
    if len(model.event_shape) != 3 or type(model.ordering).__name__ != "Raster":
        pytest.skip("rows come one after another in raster order alone")
    x = torch.zeros(1, *model.event_shape, dtype=torch.int64)
    changed = x.clone()
    changed[..., -1, :] = 1
    layers = list(range(model.num_features))
    one, other = (model.backbone.features(each, layers, told(model, 1)) for each in (x, changed))
    for maps, others in zip(one, other, strict=True):
        rows = maps.shape[2] - 1
        assert torch.equal(maps[:, :, :rows], others[:, :, :rows])
