import json

import pytest
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file

import arzoo
from arzoo import CheckpointError, ConfigError
from arzoo.checkpoints import saving
from arzoo.pins import digest


def files(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_checkpoint_is_two_files(saved, model):
    assert set(files(saved)) == {"config.json", "model.safetensors"}
    config = json.loads((saved / "config.json").read_text())
    pin = digest(saved / "model.safetensors")
    assert config == {
        "format_version": 1,
        "architecture": "farmgated",
        "arguments": {},
        "ordering": {"name": "raster", "event_shape": [1, 2, 3], "channels_as_positions": True},
        "context": {},
        "data": {"kind": "pixels", "num_levels": 2},
        "weights": {"file": "model.safetensors", "sha256": pin.sha256, "size": pin.size, "dtype": "float32"},
        "training": {"steps": 3},
    }
    stored = load_file(saved / "model.safetensors")
    assert torch.equal(stored["backbone.mean"], model.backbone.mean)


def test_whoever_may_read_the_config_may_read_the_weights(saved):
    modes = {path.name: path.stat().st_mode for path in saved.iterdir()}
    assert modes["model.safetensors"] == modes["config.json"]


def test_floats_may_be_stored_in_half_precision(model, tmp_path):
    arzoo.save(model, tmp_path / "half", dtype=torch.float16)
    stored = load_file(tmp_path / "half" / "model.safetensors")
    assert stored["backbone.scale"].dtype == torch.float16
    assert stored["backbone.frozen"].dtype == torch.int64
    assert json.loads((tmp_path / "half" / "config.json").read_text())["weights"]["dtype"] == "float16"
    assert model.backbone.scale.dtype == torch.float32


def test_weights_that_share_memory_are_stored(model, tmp_path):
    model.backbone.mean = model.backbone.scale.detach()[:]
    model.backbone.output.weight.data = torch.randn(4, 6).T
    arzoo.save(model, tmp_path / "shared")
    stored = load_file(tmp_path / "shared" / "model.safetensors")
    assert torch.equal(stored["backbone.output.weight"], model.backbone.output.weight)
    assert torch.equal(stored["backbone.mean"], model.backbone.scale)


def test_saving_over_a_checkpoint_replaces_it_and_nothing_else(saved, model):
    (saved / "log.jsonl").write_text("{}")
    with torch.no_grad():
        model.backbone.scale.add_(1)
    arzoo.save(model, str(saved))
    assert set(files(saved)) == {"config.json", "log.jsonl", "model.safetensors"}
    assert torch.equal(arzoo.load(f"local-dir:{saved}").backbone.scale, model.backbone.scale)


def test_a_loaded_model_can_be_saved_over_its_own_files(saved):
    before = files(saved)
    arzoo.save(arzoo.load(f"local-dir:{saved}"), saved, training={"steps": 3})
    assert files(saved) == before


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), SafetensorError("I/O error")])
def test_a_failure_leaves_what_stood_there(saved, model, monkeypatch, error):
    before = files(saved)

    def fail(tensors, path, **options):
        path.write_bytes(b"half")
        raise error

    monkeypatch.setattr(saving, "save_file", fail)
    with pytest.raises(CheckpointError, match=f"A checkpoint cannot be written to {saved}: .*(No space|I/O error)"):
        arzoo.save(model, saved)
    assert files(saved) == before


def test_a_config_that_cannot_be_written_leaves_what_stood_there(saved, model, monkeypatch):
    before = files(saved)

    def fail(self, path):
        raise OSError("disk on fire")

    monkeypatch.setattr(saving.CheckpointConfig, "write", fail)
    with pytest.raises(CheckpointError, match="disk on fire"):
        arzoo.save(model, saved)
    assert files(saved) == before


def test_weights_of_one_save_and_config_of_another_are_refused(saved, model):
    """What a copy of one of the two files would leave."""
    old = (saved / "config.json").read_bytes()
    with torch.no_grad():
        model.backbone.scale.add_(1)
    arzoo.save(model, saved)
    (saved / "config.json").write_bytes(old)
    with pytest.raises(CheckpointError, match="must have sha256"):
        arzoo.load(f"local-dir:{saved}")


@pytest.fixture
def killed(saved, model, tmp_path):
    """A folder in which a save of other weights was killed after they took their name, and before their config did."""
    with torch.no_grad():
        model.backbone.mean += 1
    later = arzoo.save(model, tmp_path / "later")
    (later / "model.safetensors").replace(saved / "model.safetensors")
    (later / "config.json").replace(saved / ".config.json.99.part")
    return saved


def test_a_config_that_a_kill_kept_waiting_is_found(killed, model):
    (killed / ".config.json.98.part").write_text('{"format_ver')  # that of another kill, earlier on
    assert torch.equal(arzoo.load(f"local-dir:{killed}").backbone.mean, model.backbone.mean)
    (killed / "config.json").unlink()  # it was the first save
    assert torch.equal(arzoo.load(f"local-dir:{killed}").backbone.mean, model.backbone.mean)


def test_a_config_that_waits_for_other_weights_is_not_taken(killed, model):
    (killed / "model.safetensors").write_bytes(b"altered")
    with pytest.raises(CheckpointError, match=r"model\.safetensors must hold \d+ bytes, got 7"):
        arzoo.load(f"local-dir:{killed}")


def test_a_folder_that_cannot_be_made(model, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(CheckpointError, match=f"A checkpoint cannot be written to {tmp_path / 'file'}: "):
        arzoo.save(model, tmp_path / "file")


def test_a_model_of_no_architecture_cannot_be_saved(model, tmp_path):
    model.architecture = None
    with pytest.raises(ConfigError, match=r"must be made by name, got one of no architecture. Register its builder"):
        arzoo.save(model, tmp_path / "saved")
    assert not (tmp_path / "saved").exists()


def test_training_is_what_json_can_hold(model, tmp_path):
    with pytest.raises(ConfigError, match=r"`training.steps` must be a value that JSON can hold, got a Tensor"):
        arzoo.save(model, tmp_path / "saved", training={"steps": torch.ones(1)})
    assert not (tmp_path / "saved").exists()


def test_the_lock_pins_every_bundled_file(bundled):
    lock = json.loads((bundled.parent / "lock.json").read_text())
    pins = {name: vars(digest(bundled / name)) for name in ("config.json", "model.safetensors")}
    assert lock == {"farmgated-mnist": {"repo_id": None, "revision": None, "summary": "", "files": pins}}
    entry = arzoo.info("farmgated-mnist")
    assert {name: vars(pin) for name, pin in entry.files.items()} == pins


def test_the_lock_takes_a_summary_and_keeps_it(bundled):
    for said in ({"farmgated-mnist": "A farm."}, None):
        arzoo.checkpoints.write_lock(bundled.parent, said)
        assert json.loads((bundled.parent / "lock.json").read_text())["farmgated-mnist"]["summary"] == "A farm."


def test_the_lock_keeps_what_it_knew(bundled, model):
    lock = bundled.parent / "lock.json"
    known = json.loads(lock.read_text())
    known["farmgated-mnist"] |= {"repo_id": "farm/gated", "revision": "1" * 40, "summary": "A farm."}
    known["farmgated-remote"] = {"repo_id": "farm/remote", "revision": "2" * 40, "files": {}}
    lock.write_text(json.dumps(known))
    (bundled / "README.md").write_text("a card is not pinned")
    with torch.no_grad():
        model.backbone.scale.add_(1)
    arzoo.save(model, bundled)
    arzoo.checkpoints.write_lock(bundled.parent)
    found = json.loads(lock.read_text())
    assert found["farmgated-mnist"]["repo_id"] == "farm/gated"
    assert found["farmgated-mnist"]["summary"] == "A farm."
    assert found["farmgated-mnist"]["files"] != known["farmgated-mnist"]["files"]
    assert found["farmgated-remote"]["revision"] == "2" * 40
    arzoo.plugins.reload()
    assert torch.equal(arzoo.load("farmgated-mnist").backbone.scale, model.backbone.scale)
