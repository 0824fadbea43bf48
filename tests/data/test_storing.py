"""A data spec in a folder: written, read, and refused where it is none."""

import json

import pytest
import torch

from arzoo import CheckpointError, ConfigError, DataError
from arzoo.data import VQVAE, Palette, load_spec, save_spec


@pytest.fixture
def folder(tmp_path):
    torch.manual_seed(0)
    return save_spec(VQVAE(8, hidden_channels=4, code_channels=2, training={"steps": 3}), tmp_path / "spec")


def test_it_comes_back_whole(folder):
    spec, raw = load_spec(folder), torch.arange(256, dtype=torch.uint8).view(1, 1, 16, 16)
    torch.manual_seed(0)
    same = VQVAE(8, hidden_channels=4, code_channels=2, training={"steps": 3})
    assert spec.to_config() == same.to_config()
    assert torch.equal(spec.decode(spec.encode(raw)), same.decode(same.encode(raw)))


def test_any_spec_may_lie_there(tmp_path):
    colours = torch.rand(5, 3)
    assert torch.equal(load_spec(save_spec(Palette.of(colours), tmp_path)).colours, colours)


def test_a_folder_without_one(tmp_path):
    with pytest.raises(DataError, match=rf"A data spec must lie in {tmp_path}, got .*No such file.* Train one"):
        load_spec(tmp_path)


def test_broken_files_are_named(folder):
    (folder / "spec.safetensors").write_bytes(b"nothing")
    with pytest.raises(
        CheckpointError, match=r"spec.safetensors must hold the tensors of 'vqvae', got .*Train it anew"
    ):
        load_spec(folder)
    (folder / "spec.json").write_text("{")
    with pytest.raises(DataError, match=r"got a spec.json that is no JSON"):
        load_spec(folder)
    (folder / "spec.json").write_text(json.dumps({"kind": "vqva"}))
    with pytest.raises(ConfigError, match=r"got 'vqva'. Did you mean 'vqvae'"):
        load_spec(folder)


def test_tensors_of_another_size(folder):
    config = json.loads((folder / "spec.json").read_text())
    (folder / "spec.json").write_text(json.dumps(config | {"num_levels": 9}))
    with pytest.raises(CheckpointError, match=r"codebook: .*\[8, 2\].*\[9, 2\]"):
        load_spec(folder)
