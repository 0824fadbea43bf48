"""Conversion with a converter of a third party: what it is handed, what it may return, what is kept of a failure."""

import re

import pytest
import torch

import arzoo
from arzoo import ArzooError, CheckpointError, ConfigError, DuplicateModelError, PluginError
from arzoo.pins import digest

BARN = """
import arzoo
from arzoo.checkpoints import Converted


def build(event_shape=(1, 2, 2)):
    import torch
    from torch import nn

    class Table(nn.Module):
        def __init__(self):
            super().__init__()
            self.logits = nn.Parameter(torch.zeros(event_shape))
            self.again = self.logits

        def forward(self, x):
            return self.logits.expand(len(x), 1, *event_shape)

    return arzoo.AutoregressiveModel(arzoo.orderings.Raster(event_shape), Table(), arzoo.heads.Bernoulli())


def read(weights, event_shape=(1, 2, 2)):
    weights.check({"table": event_shape})
    return Converted({"event_shape": event_shape}, {"backbone.logits": weights.tensors["table"]})


def other_name(weights):
    return Converted({}, {"backbone.logitz": weights.tensors["table"]})


def no_description(weights):
    return weights


def mistaken(weights):
    return weights.tensors["no such"]


@arzoo.hookimpl
def register_models():
    functions = ("read", "other_name", "no_description", "mistaken", "lost")
    converters = {f"barn-{name.replace('_', '-')}": f"arzoo_barn:{name}" for name in functions}
    return [arzoo.ModelEntry("barn", "arzoo_barn:build", {"tiny": {}}, converters=converters)]
"""
TABLE = torch.tensor([[[0.5, -1.0], [2.0, 0.25]]])


@pytest.fixture
def weights(install, tmp_path):
    install("arzoo-barn", "barn", BARN)
    torch.save({"table": TABLE}, tmp_path / "weights.pt")
    return tmp_path / "weights.pt"


def test_a_converted_folder_is_a_checkpoint(weights, tmp_path):
    folder = arzoo.convert("barn-read", weights, tmp_path / "a" / "barn")
    assert folder == tmp_path / "a" / "barn"
    model = arzoo.load(f"local-dir:{folder}")
    assert torch.equal(model.backbone.logits, TABLE)
    assert model.backbone.again is model.backbone.logits
    origin = arzoo.checkpoints.config_of(f"local-dir:{folder}").training["converted"]
    pin = digest(weights)
    assert origin == {"format": "barn-read", "file": "weights.pt", "sha256": pin.sha256, "size": pin.size}


def test_the_model_alone_keeps_the_precision_of_the_file(weights):
    torch.save({"table": TABLE.double()}, weights)
    model = arzoo.checkpoints.converted("barn-read", weights)
    assert model.backbone.logits.dtype == torch.float64
    assert (model.architecture, model.training) == ("barn", False)


def test_options_reach_the_converter(weights, tmp_path):
    torch.save({"table": torch.ones(1, 4, 3)}, weights)
    model = arzoo.load(f"local-dir:{arzoo.convert('barn-read', weights, tmp_path / 'out', event_shape=(1, 4, 3))}")
    assert model.event_shape == (1, 4, 3)


@pytest.mark.parametrize(
    ("format", "options", "error", "sentence"),
    [
        (
            "barn-raed",
            {},
            ConfigError,
            r"^Unknown format 'barn-raed'\. Did you mean 'barn-read'\? Formats: barn-lost, ",
        ),
        (
            "barn-read",
            {"event_shap": 3},
            ConfigError,
            r"no option 'event_shap'\. Did you mean 'event_shape'\? It takes",
        ),
        (
            "barn-mistaken",
            {"event_shape": 3},
            ConfigError,
            r"'barn-mistaken' has no option 'event_shape'\. It takes none",
        ),
        ("barn-read", {"event_shape": (1, 3, 3)}, CheckpointError, r"has shape \[1, 2, 2\] instead of \[1, 3, 3\]"),
        ("barn-lost", {}, PluginError, r"'arzoo_barn:lost' of .*barn.* cannot be imported: AttributeError"),
        (
            "barn-mistaken",
            {},
            PluginError,
            r"'arzoo_barn:mistaken' of .*cannot convert .*weights\.pt: KeyError: 'no such'",
        ),
        ("barn-no-description", {}, PluginError, r"must return arzoo\.checkpoints\.Converted, got a ForeignWeights"),
        (
            "barn-other-name",
            {},
            PluginError,
            r"must give 'backbone\.logits' the shape \(1, 2, 2\) of the model, got None",
        ),
    ],
)
def test_a_failure_is_one_sentence_and_leaves_nothing(weights, tmp_path, format, options, error, sentence):
    with pytest.raises(error, match=sentence):
        arzoo.convert(format, weights, tmp_path / "out", **options)
    assert not (tmp_path / "out").exists()


def test_a_folder_that_holds_something_is_left_alone(weights, tmp_path):
    with pytest.raises(CheckpointError, match=r"must be empty, got .* with '\w+.*'\. Give a new name\.$"):
        arzoo.convert("barn-read", weights, tmp_path)
    with pytest.raises(CheckpointError, match=rf"must be a folder, got the file {re.escape(str(weights))}\."):
        arzoo.convert("barn-read", weights, weights)
    assert torch.equal(torch.load(weights)["table"], TABLE)


def test_an_empty_folder_is_taken(weights, tmp_path):
    (tmp_path / "out").mkdir()
    assert (arzoo.convert("barn-read", weights, tmp_path / "out") / "config.json").is_file()


def test_a_format_of_two_architectures_is_nobodys(weights, tmp_path, install):
    source = BARN.replace('ModelEntry("barn"', 'ModelEntry("shed"').replace("arzoo_barn", "arzoo_shed")
    install("arzoo-shed", "shed", source)
    with pytest.raises(
        DuplicateModelError, match=r"^The format 'barn-read' is claimed by barn and by shed\. `arzoo pl"
    ):
        arzoo.convert("barn-read", weights, tmp_path / "out")


def test_without_a_plugin_no_format_is_known(own_zoo, tmp_path, monkeypatch):
    monkeypatch.setattr(arzoo.registry, "models", dict)
    with pytest.raises(ArzooError, match=r"^Unknown format 'barn-read'\. No installed plugin converts any\.$"):
        arzoo.convert("barn-read", tmp_path / "weights.pt", tmp_path / "out")
