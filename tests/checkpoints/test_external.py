"""Weights of others on the Hub: found in its cache, converted while loading, refused as a pickle, said where missing."""

import os
import re

import pytest
import torch
from huggingface_hub import constants
from loopback import Fault
from safetensors.torch import save, save_file

import arzoo
from arzoo.cli.info import info

OUTSIDE = '''
"""A plugin that lists weights of others, which are a bias for each level."""
import arzoo


def build(event_shape=(1, 2, 2), num_levels=3):
    import torch
    from torch import nn

    class Bias(nn.Module):
        def __init__(self):
            super().__init__()
            self.bias = nn.Parameter(torch.zeros(num_levels))

        def forward(self, x):
            return self.bias[:, None, None, None].expand(len(x), num_levels, *event_shape)

    head = arzoo.heads.Categorical(num_levels)
    return arzoo.AutoregressiveModel(arzoo.orderings.Raster(event_shape), Bias(), head)


def read(weights):
    import json

    told = json.loads(weights.path.with_name("config.json").read_text())
    weights.check({"b": (told["levels"],)})
    return arzoo.checkpoints.Converted({"num_levels": told["levels"]}, {"backbone.bias": weights.tensors["b"]})


@arzoo.hookimpl
def register_models():
    return [
        arzoo.ModelEntry(
            "outside",
            "arzoo_outside:build",
            {"tiny": {}},
            converters={"outside-torch": "arzoo_outside:read"},
            checkpoints=[
                arzoo.Checkpoint(
                    "outside-there", repo_id="they/bias", revision="refs/pr/2", format="outside-torch", summary="Theirs."
                ),
            ],
        )
    ]
'''
COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture
def repository(install, tmp_path, monkeypatch):
    """The folder of a snapshot in the Hub's cache; nothing beside it can be reached."""
    install("arzoo-outside", "outside", OUTSIDE)
    root = tmp_path / "cache" / "models--they--bias"
    reference, snapshot = root / "refs" / "refs" / "pr" / "2", root / "snapshots" / COMMIT
    for folder in (reference.parent, snapshot):
        folder.mkdir(parents=True)
    reference.write_text(COMMIT)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    return snapshot


def test_safetensors_are_converted_while_loading(repository):
    save_file({"b": torch.tensor([0.0, 1.0, 5.0])}, repository / "model.safetensors")
    (repository / "config.json").write_text('{"levels": 3}')
    model = arzoo.load("outside-there", dtype="float64")
    assert model.backbone.bias.tolist() == [0.0, 1.0, 5.0]
    assert (model.name, model.training, model.backbone.bias.dtype) == ("outside-there", False, torch.float64)


def test_a_pickle_is_refused_with_the_line_that_converts_it(repository, tmp_path):
    torch.save({"b": torch.tensor([0.0, 1.0, 5.0])}, repository / "pytorch_model.bin")
    (repository / "config.json").write_text('{"levels": 3}')
    with pytest.raises(
        arzoo.CheckpointError, match=rf"from safetensors, got a pickle from they/bias@{COMMIT}, which"
    ) as raised:
        arzoo.load("outside-there")
    line = re.search(r"`arzoo convert (\S+) (\S+) OUT`\.$", str(raised.value))
    assert line[2] == os.fspath(repository / "pytorch_model.bin")
    folder = arzoo.convert(line[1], line[2], tmp_path / "out")  # the line does what it says
    assert arzoo.load(f"local-dir:{folder}").backbone.bias.tolist() == [0.0, 1.0, 5.0]


@pytest.mark.usefixtures("repository")
def test_what_cannot_be_had_is_said_with_the_way_round():
    with pytest.raises(arzoo.CheckpointError) as raised:
        arzoo.load("outside-there")
    assert str(raised.value) == (
        "model.safetensors of outside-there must come from they/bias@refs/pr/2 but it is not in the cache and "
        "HF_HUB_OFFLINE forbids to ask. `unset HF_HUB_OFFLINE`, then `arzoo pull outside-there`. "
        "Or convert a copy of model.safetensors and config.json: `arzoo convert outside-torch FILE OUT`."
    )


@pytest.fixture
def elsewhere(hub, install):
    """The loopback Hub, on which others have put their weights beside an older version."""
    install("arzoo-outside", "outside", OUTSIDE.replace(', revision="refs/pr/2"', ""))
    for bias in ([9.0, 9.0, 9.0], [0.0, 1.0, 5.0]):
        files = {"config.json": b'{"levels": 3}', "model.safetensors": save({"b": torch.tensor(bias)})}
        hub.commit("they/bias", files)
    return hub


def test_they_come_from_the_hub_once(elsewhere):
    assert arzoo.load("outside-there").backbone.bias.tolist() == [0.0, 1.0, 5.0]
    elsewhere.requests.clear()
    assert arzoo.load("outside-there").backbone.bias.tolist() == [0.0, 1.0, 5.0]
    assert not [request for request in elsewhere.requests if request.startswith("GET")]
    elsewhere.close()
    assert arzoo.load("outside-there").backbone.bias.tolist() == [0.0, 1.0, 5.0]


@pytest.mark.parametrize("file", ["config.json", "model.safetensors"])
def test_a_flipped_byte_of_theirs_is_refused_and_not_kept(elsewhere, file):
    fault = Fault("flip", file)
    elsewhere.faults.append(fault)
    with pytest.raises(arzoo.CheckpointError, match=f"^{file} of outside-there must be what is pinned .* twice"):
        arzoo.load("outside-there")
    elsewhere.faults.clear()
    assert arzoo.load("outside-there").backbone.bias.tolist() == [0.0, 1.0, 5.0]


def test_a_busy_hub_is_asked_again(elsewhere):
    elsewhere.faults.append(Fault("refuse", "model.safetensors", times=2, with_=503))
    assert arzoo.load("outside-there").backbone.bias.tolist() == [0.0, 1.0, 5.0]


def test_a_repository_without_weights_is_said(elsewhere):
    elsewhere.faults.append(Fault("missing", "model"))
    rule = (
        r"^model.safetensors of outside-there must come from they/bias@[0-9a-f]{40} but there is no such file\. .* Or "
    )
    with pytest.raises(arzoo.CheckpointError, match=rule):
        arzoo.load("outside-there")


@pytest.mark.usefixtures("repository")
def test_before_conversion_there_is_no_config():
    rule = r"outside-there must be converted .*, got the format 'outside-torch' of they/bias\. Use arzoo.load\('outs"
    with pytest.raises(arzoo.CheckpointError, match=rule):
        arzoo.checkpoints.config_of("outside-there")


@pytest.mark.usefixtures("repository")
def test_it_is_marked_unpinned(capsys):
    info("outside-there")
    rows = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    for row in (
        "weights unpinned, they/bias",
        "repository they/bias at refs/pr/2",
        "format outside-torch, converted while it is loaded",
    ):
        assert row in rows
