"""Foreign files: what is read, what is refused, and that nothing in them is run or unfolds."""

import argparse
import io
import os
import random
import zipfile
from collections import OrderedDict
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

import arzoo
from arzoo import CheckpointError
from arzoo.checkpoints import read_foreign
from arzoo.checkpoints.foreign import conversion, formats_of

STATE = OrderedDict([("layer.weight", torch.arange(6.0).view(2, 3)), ("layer.bias", torch.ones(2))])
STATUS = Path("/proc/self/status")
KINDS = ("safetensors", "pickle", "legacy")


def write(path, content, kind="pickle"):
    if kind == "safetensors":
        save_file(dict(content), path)
    else:
        torch.save(content, path, _use_new_zipfile_serialization=kind == "pickle")
    return path


@pytest.fixture
def path(tmp_path):
    return tmp_path / "weights.bin"


@pytest.fixture
def refused(path):
    """Function from what a pickle holds, or from bytes, to the sentence it is refused with."""

    def refused(content, kind="pickle"):
        path.write_bytes(content) if isinstance(content, bytes) else write(path, content, kind)
        with pytest.raises(CheckpointError) as raised:
            read_foreign(path, "farm-torch")
        assert raised.value.file == path
        assert str(raised.value).count("\n") == 0
        return str(raised.value).replace(str(path), "FILE")

    return refused


@pytest.mark.parametrize("prefix", ["", "module."])
@pytest.mark.parametrize("kind", KINDS)
def test_the_tensors_of_a_state_dict(path, kind, prefix):
    write(path, {prefix + name: tensor for name, tensor in STATE.items()}, kind)
    weights = read_foreign(path, "farm-torch")
    assert (weights.path, weights.format) == (path, "farm-torch")
    assert weights.tensors.keys() == STATE.keys()
    assert all(torch.equal(weights.tensors[name], STATE[name]) for name in STATE)


def test_a_prefix_that_only_some_names_have_is_a_name(path):
    weights = read_foreign(write(path, {"module.weight": torch.ones(1), "bias": torch.ones(1)}), "farm-torch")
    assert set(weights.tensors) == {"module.weight", "bias"}


def test_parameters_come_without_their_gradients(path):
    weights = read_foreign(write(path, {"weight": torch.nn.Parameter(torch.ones(2))}), "farm-torch")
    assert not weights.tensors["weight"].requires_grad


@pytest.mark.skipif(not STATUS.exists(), reason="the system does not tell what a process takes")
@pytest.mark.parametrize("kind", ["safetensors", "pickle"])
def test_nothing_is_read_before_it_is_used(path, kind):
    write(path, {"weight": torch.zeros(32, 1024, 1024)}, kind)
    before = _resident()
    weights = read_foreign(path, "farm-torch")
    assert _resident() - before < 32 * 2**20
    assert weights.tensors["weight"][-1, -1, -1] == 0


def _resident():
    """Bytes of this process that are its own."""
    rows = STATUS.read_text().splitlines()
    return sum(int(row.split()[1]) * 1024 for row in rows if row.startswith("RssAnon"))


class Shell:
    def __reduce__(self):
        return os.system, ("touch run",)


@pytest.mark.parametrize("kind", ["pickle", "legacy"])
def test_a_pickle_that_needs_more_than_tensors_is_refused_unrun(refused, monkeypatch, tmp_path, kind):
    monkeypatch.chdir(tmp_path)
    assert refused({"model": STATE, "args": argparse.Namespace(seed=1)}, kind) == (
        "The pickle FILE must need nothing but tensors, got one that needs argparse.Namespace, which could run any "
        "code. Save its state dict alone: torch.save(model.state_dict(), 'weights.pt')."
    )
    assert f"got one that needs {os.system.__module__}.system, which" in refused({"a": Shell()}, kind)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ({"weight": torch.ones(1), "epoch": 3}, "plain tensors alone, got 'epoch' of type int"),
        ({"optimizer": {"weight": torch.ones(1)}}, "plain tensors alone, got 'optimizer' of type dict"),
        ({3: torch.ones(1)}, "plain tensors alone, got 3 of type Tensor"),
        ({"a": torch.empty(2, device="meta")}, "plain tensors alone, got 'a' of type Tensor"),
        ({"a": torch.eye(2).to_sparse()}, "plain tensors alone, got 'a' of type Tensor"),
        ([torch.ones(1)], "a state dict, name to tensor, got a list"),
    ],
)
def test_what_is_no_state_dict(refused, content, found):
    sentence = refused(content)
    assert sentence.startswith("FILE must hold a state dict")
    assert f"{found}. Save model.state_dict()." in sentence


def test_values_that_stand_for_more_than_the_file_are_refused(refused):
    assert "got tensors of 40000000000000 bytes. It was altered" in refused({"a": torch.ones(1).expand(10**13)})
    one = torch.ones(10_000)
    assert "tensors of about its own" in refused({f"a{k}": one for k in range(10)})


def test_a_tied_tensor_is_no_such_thing(path):
    one = torch.ones(10_000)
    assert len(read_foreign(write(path, {"in": one, "out": one}), "farm-torch").tensors) == 2


def test_a_compressed_pickle_is_refused_before_it_unfolds(refused):
    content, packed = io.BytesIO(), io.BytesIO()
    torch.save(STATE, content)
    with zipfile.ZipFile(content) as whole, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for entry in whole.infolist():
            archive.writestr(entry.filename, whole.read(entry) + bytes(2**20))
    assert "must be a pickle as torch.save writes it, got another (ValueError: " in refused(packed.getvalue())


def test_what_is_no_weights_file(refused, path, tmp_path):
    assert "FILE must be a safetensors file or a pickle of torch.save, got something else (" in refused(b"weights")
    assert "torch.save writes it, got another (" in refused(b"PK\x03\x04 and no more")
    assert "torch.save writes it, got another (" in refused(b"\x80\x02 and no more")
    for missing, found in ((tmp_path / "nowhere", "nothing"), (tmp_path, "something else")):
        with pytest.raises(CheckpointError) as raised:
            read_foreign(missing, "farm-torch")
        assert str(raised.value) == f"The weights to convert must be a file, got {found} at {str(missing)!r}."


def test_a_file_that_may_not_be_read(path, monkeypatch):
    def forbidden(*arguments):
        raise PermissionError(13, "Permission denied")

    write(path, STATE)
    monkeypatch.setattr(Path, "open", forbidden)  # root may read every file
    with pytest.raises(CheckpointError, match=r"must be readable, got .*weights\.bin: Permission denied"):
        read_foreign(path, "farm-torch")


@pytest.mark.parametrize("kind", KINDS)
def test_a_mutated_file_is_read_or_refused(path, kind):
    whole = write(path, STATE, kind).read_bytes()
    for seed in range(300):
        path.unlink()  # the last one may still be mapped
        path.write_bytes(mutated(whole, random.Random(seed)))
        try:
            assert all(tensor.numel() < 10**4 for tensor in read_foreign(path, "farm-torch").tensors.values())
        except CheckpointError as error:
            assert str(path) in str(error)


def mutated(whole, draw):
    content = bytearray(whole)
    if draw.random() < 0.2:
        return content[: draw.randrange(len(content))]
    for _ in range(draw.choice((1, 2, 8))):
        content[draw.randrange(min(len(content), 900))] = draw.choice((0, 255, 48 + draw.randrange(10)))
    return content


def test_a_format_prescribes_names_and_shapes(path):
    weights = read_foreign(write(path, STATE), "farm-torch")
    weights.check({"layer.weight": (2, 3), "layer.bias": [2]})
    with pytest.raises(CheckpointError) as raised:
        weights.check({"layer.weight": (3, 2), "gate.bias": (2,)})
    assert str(raised.value) == (
        f"{path} must hold the 2 tensors of farm-torch, got 1 missing, 1 different, 1 unexpected: "
        "missing 'gate.bias', 'layer.weight' has shape [2, 3] instead of [3, 2], unexpected 'layer.bias'."
    )


def test_the_line_that_converts_a_file(farm):
    assert formats_of("farmgated") == ["farm-torch"]
    assert formats_of("farm") == formats_of(None) == []
    assert conversion(Path("a b.pt"), ["farm-torch"]) == "Convert it with `arzoo convert farm-torch 'a b.pt' OUT`."
    assert "`arzoo convert FORMAT w.pt OUT`" in conversion(Path("w.pt"), list(arzoo.registry.converters()))
