import json

import pytest
import torch
from safetensors.torch import load_file, save_file

import arzoo
from arzoo import CheckpointError, ConfigError, UnknownModelError
from arzoo.pins import digest

X = torch.tensor([[[[0, 1, 1], [0, 1, 0]]]])


def local(folder):
    return f"local-dir:{folder}"


def edit(folder, **changes):
    """Change keys of a config.json."""
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | changes))


def replace_weights(folder, content):
    """Put other weights into a checkpoint whose config vouches for them."""
    path = folder / "model.safetensors"
    save_file(content, path) if isinstance(content, dict) else path.write_bytes(content)
    pin = digest(path)
    edit(folder, weights={"file": path.name, "sha256": pin.sha256, "size": pin.size, "dtype": "float32"})


def test_a_loaded_model_is_the_saved_one(model, saved):
    loaded = arzoo.load(local(saved))
    assert torch.equal(loaded.log_prob(X), model.log_prob(X))
    draws = [made.sample(3, cached=False, progress=False) for made in (loaded, model)]
    assert torch.equal(*draws)
    assert (loaded.architecture, loaded.arguments, loaded.data.num_levels) == ("farmgated", model.arguments, 2)
    assert loaded.name == local(saved)
    assert not loaded.training


def test_a_bundled_checkpoint_is_loaded_by_its_id(model, bundled):
    loaded = arzoo.load("farmgated-mnist")
    assert torch.equal(loaded.log_prob(X), model.log_prob(X))
    assert loaded.name == "farmgated-mnist"


@pytest.mark.parametrize("value_dependent", [False, True], ids=["built on meta", "cannot be built on meta"])
def test_all_that_is_no_weight_has_its_true_value(model, tmp_path, value_dependent):
    model.arguments["value_dependent"] = value_dependent
    loaded = arzoo.load(local(arzoo.save(model, tmp_path / "saved")))
    for name in ("mask", "table", "plain", "counts"):
        assert torch.equal(getattr(loaded.backbone, name), getattr(model.backbone, name))
    assert torch.equal(loaded.backbone.mean, model.backbone.mean)


def test_tied_weights_are_one_tensor_again(model, saved):
    assert "backbone.back.weight" not in load_file(saved / "model.safetensors")
    loaded = arzoo.load(local(saved))
    assert loaded.backbone.back.weight is loaded.backbone.embedding.weight
    assert len(list(loaded.parameters())) == len(list(model.parameters()))


def test_what_is_trained_can_be_trained_further(model, saved):
    loaded = arzoo.load(local(saved))
    assert [p.requires_grad for p in loaded.parameters()] == [p.requires_grad for p in model.parameters()]
    loaded.log_prob(X).sum().backward()
    assert loaded.backbone.output.weight.grad is not None


def test_loading_leaves_the_global_random_state_alone(saved):
    torch.manual_seed(3)
    before = torch.get_rng_state()
    arzoo.load(local(saved))
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("dtype", [torch.float64, "float64"])
def test_dtype_is_that_of_every_floating_tensor(model, saved, dtype):
    loaded = arzoo.load(local(saved), dtype=dtype)
    tensors = [*loaded.parameters(), *loaded.buffers()]
    assert {t.dtype for t in tensors} == {torch.float64, torch.int64}
    torch.testing.assert_close(loaded.log_prob(X), model.double().log_prob(X))


def test_half_precision_on_disk_is_full_precision_in_memory(model, tmp_path):
    arzoo.save(model, tmp_path / "half", dtype=torch.float16)
    loaded = arzoo.load(local(tmp_path / "half"))
    assert loaded.backbone.output.weight.dtype == torch.float32
    torch.testing.assert_close(loaded.log_prob(X), model.log_prob(X), atol=1e-2, rtol=0)


@pytest.mark.parametrize("device", ["cpu", torch.device("cpu"), None])
def test_device(saved, device):
    assert arzoo.load(local(saved), device).device == torch.device("cpu")


@pytest.mark.parametrize("device", ["cuda:99", "gpu", "tpu7"])
def test_a_device_that_is_not_here(saved, device):
    with pytest.raises(ConfigError, match=rf"^Device '{device}' is not here: .* Use device='cpu'\.$"):
        arzoo.load(local(saved), device)


@pytest.mark.parametrize("dtype", ["flaot32", torch.int64])
def test_a_dtype_that_is_no_floating_one(saved, dtype):
    with pytest.raises(
        ConfigError, match=r"`dtype` must be one of float64, float32, float16, bfloat16, got '(flaot32|int64)'"
    ):
        arzoo.load(local(saved), dtype=dtype)


def test_config_of_tells_where_weights_come_from(saved):
    config = arzoo.checkpoints.config_of(local(saved))
    assert (config.architecture, config.training) == ("farmgated", {"steps": 3})


def test_an_unknown_checkpoint_is_answered_with_the_nearest(bundled):
    with pytest.raises(UnknownModelError, match=r"Unknown model 'farmgatd-mnist'. Did you mean 'farmgated-mnist'"):
        arzoo.load("farmgatd-mnist")


def test_weights_that_are_truncated(saved):
    path = saved / "model.safetensors"
    size = path.stat().st_size
    path.write_bytes(path.read_bytes()[:-7])
    with pytest.raises(
        CheckpointError, match=rf"model.safetensors must hold {size} bytes, got {size - 7}. It was cut"
    ) as raised:
        arzoo.load(local(saved))
    assert (raised.value.file, raised.value.expected, raised.value.found) == (path, f"{size} bytes", str(size - 7))


def test_weights_of_which_a_byte_is_altered(saved):
    path = saved / "model.safetensors"
    expected = digest(path).sha256
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    found = digest(path).sha256
    with pytest.raises(CheckpointError, match=f"must have sha256 {expected}, got {found}") as raised:
        arzoo.load(local(saved))
    assert (raised.value.expected, raised.value.found) == (expected, found)


@pytest.mark.parametrize("file", ["config.json", "model.safetensors"])
def test_every_bundled_file_is_verified(bundled, file):
    content = bytearray((bundled / file).read_bytes())
    content[len(content) // 2] ^= 1
    (bundled / file).write_bytes(content)
    with pytest.raises(
        CheckpointError, match=f"farmgated-mnist/{file} must have sha256 [0-9a-f]{{64}}, got [0-9a-f]{{64}}"
    ):
        arzoo.load("farmgated-mnist")


@pytest.mark.parametrize("file", ["config.json", "model.safetensors"])
def test_a_bundled_file_that_is_missing(bundled, file):
    (bundled / file).unlink()
    with pytest.raises(CheckpointError, match=rf"farmgated-mnist/{file} is missing. Copy the whole checkpoint again"):
        arzoo.load("farmgated-mnist")


def test_a_file_that_is_no_safetensors(saved):
    replace_weights(saved, b"what is this?" * 9)
    with pytest.raises(
        CheckpointError, match=r"model.safetensors must be a safetensors file, got something else \(.*\). Save"
    ):
        arzoo.load(local(saved))


@pytest.mark.parametrize("zipped", [True, False])
def test_a_pickle_is_never_read(saved, zipped):
    torch.save({"weight": torch.ones(2)}, saved / "pickle", _use_new_zipfile_serialization=zipped)
    replace_weights(saved, (saved / "pickle").read_bytes())
    with pytest.raises(CheckpointError) as raised:
        arzoo.load(local(saved))
    path = saved / "model.safetensors"
    rule = f"{path} must be a safetensors file, got a pickle, which could run any code and is never read."
    assert str(raised.value) == f"{rule} Convert it with `arzoo convert farm-torch {path} OUT`."


def test_tensors_that_are_missing(saved):
    tensors = load_file(saved / "model.safetensors")
    del tensors["backbone.output.weight"], tensors["backbone.scale"]
    replace_weights(saved, tensors)
    with pytest.raises(
        CheckpointError, match=r"must hold the tensor 'backbone.scale' and 1 more, got none of that name"
    ):
        arzoo.load(local(saved))


def test_tensors_that_are_unexpected(saved):
    tensors = load_file(saved / "model.safetensors")
    replace_weights(saved, tensors | {"backbone.extra": torch.ones(1)})
    with pytest.raises(CheckpointError, match=f"must hold {len(tensors)} tensors, got also 'backbone.extra'"):
        arzoo.load(local(saved))


@pytest.mark.parametrize(
    ("name", "tensor", "rule"),
    [
        ("backbone.scale", torch.ones(5), r"'backbone.scale' as F32 \[4\], got F32 \[5\]"),
        ("backbone.scale", torch.ones(4, dtype=torch.int64), r"'backbone.scale' as F32 \[4\], got I64 \[4\]"),
        ("backbone.frozen", torch.ones(4), r"'backbone.frozen' as I64 \[4\], got F32 \[4\]"),
        (
            "backbone.scale",
            torch.ones(4, dtype=torch.float8_e4m3fn),
            r"'backbone.scale' as F32 \[4\], got F8_E4M3 \[4\]",
        ),
    ],
)
def test_tensors_of_another_shape_or_dtype(saved, name, tensor, rule):
    replace_weights(saved, load_file(saved / "model.safetensors") | {name: tensor})
    with pytest.raises(CheckpointError, match=rule):
        arzoo.load(local(saved))


def test_an_absurd_size_is_refused_before_memory_is_taken(saved):
    edit(saved, arguments={"width": 10**12})
    rule = r"config.json must describe a model of the size of its weights, 74 values in 8 tensors, got arguments.width = 10"
    with pytest.raises(CheckpointError, match=rule) as raised:
        arzoo.load(local(saved))
    assert raised.value.found == "arguments.width = 1000000000000"
    edit(saved, arguments={"width": 10**5})
    with pytest.raises(CheckpointError, match=r"must hold 'backbone.scale' as F32 \[100000\], got F32 \[4\]"):
        arzoo.load(local(saved))


def test_a_builder_that_needs_values_is_checked_too(saved):
    edit(saved, arguments={"width": 5, "value_dependent": True})
    with pytest.raises(CheckpointError, match=r"must hold 'backbone.scale' as F32 \[5\], got F32 \[4\]"):
        arzoo.load(local(saved))


@pytest.mark.parametrize(
    ("arguments", "rule"),
    [
        ({"widht": 4}, "farmgated has no argument 'widht'. Did you mean 'width'"),
        ({"width": "4"}, "`width` of farmgated must be of the type of 4, got '4'"),
        ({"context": {"label": {"kind": "no"}}}, "The kind of context 'label' must be one of"),
    ],
)
def test_a_config_that_describes_no_model(saved, arguments, rule):
    edit(saved, arguments=arguments)
    with pytest.raises(CheckpointError, match=f"config.json does not describe a model: {rule}") as raised:
        arzoo.load(local(saved))
    assert raised.value.file == saved / "config.json"


@pytest.mark.parametrize(
    ("part", "value"),
    [
        ("ordering", {"name": "snake", "event_shape": [1, 2, 3], "channels_as_positions": True}),
        ("context", {"label": {"kind": "labels", "num_classes": 3, "names": None}}),
    ],
)
def test_a_part_that_its_builder_does_not_make(saved, part, value):
    edit(saved, **{part: value})
    with pytest.raises(
        CheckpointError, match=f"The {part} in .*config.json must be that of the model it builds"
    ) as raised:
        arzoo.load(local(saved))
    assert raised.value.found == value


def test_an_architecture_that_is_not_installed(saved):
    edit(saved, architecture="nowhere")
    with pytest.raises(UnknownModelError, match="Unknown model 'nowhere'"):
        arzoo.load(local(saved))


def test_another_ordering_is_kept(model, tmp_path):
    ordering = arzoo.orderings.Snake((1, 2, 3))
    turned = arzoo.create("farmgated", ordering=ordering)
    arzoo.save(turned, tmp_path / "turned")
    assert arzoo.load(local(tmp_path / "turned")).ordering == ordering
