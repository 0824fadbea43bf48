"""Files made to harm: each is refused in a sentence, without a crash, a long wait or much memory."""

import copy
import json
import random
import struct
import time

import pytest
import torch

import arzoo
from arzoo import ArzooError, CheckpointError
from arzoo.pins import digest

X = torch.tensor([[[[0, 1, 1], [0, 1, 0]]]])
VALUES = [
    10**12,
    2**63,
    -1,
    0,
    1e300,
    float("nan"),
    True,
    None,
    "x",
    "\0",
    "../../etc/passwd",
    [],
    {},
    [[]],
    [10**9] * 3,
]
BYTES = (0, 255, *range(48, 58))
SECONDS = 1.0


@pytest.fixture
def refused(saved):
    """Function from what is written into a checkpoint to the sentence with which it is refused."""

    def refused(config=None, weights=None):
        if weights is not None:
            (saved / "model.safetensors").write_bytes(weights)
        if config is not None:
            (saved / "config.json").write_bytes(config if isinstance(config, bytes) else json.dumps(config).encode())
        with pytest.raises(CheckpointError) as raised:
            arzoo.load(f"local-dir:{saved}")
        return str(raised.value)

    return refused


@pytest.fixture
def vouched(saved):
    """Function that gives the config of a checkpoint, vouching for other weights."""

    def vouched(weights):
        config = json.loads((saved / "config.json").read_text())
        (saved / "other").write_bytes(weights)
        pin = digest(saved / "other")
        config["weights"] |= {"sha256": pin.sha256, "size": pin.size}
        return config

    return vouched


def file_of(header, data=b""):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


TENSOR = {"dtype": "F32", "shape": [4], "data_offsets": [0, 16]}


@pytest.mark.parametrize(
    "content",
    [
        file_of({"a": {**TENSOR, "data_offsets": [0, 2**60]}}, bytes(16)),
        file_of({"a": {**TENSOR, "data_offsets": [16, 0]}}, bytes(16)),
        file_of({"a": {**TENSOR, "data_offsets": [-16, 0]}}, bytes(16)),
        file_of({"a": {**TENSOR, "shape": [2**62, 4]}}, bytes(16)),
        file_of({"a": {**TENSOR, "shape": [5]}}, bytes(16)),
        file_of({"a": TENSOR, "b": TENSOR}, bytes(16)),
        file_of({"a": TENSOR}, bytes(20)),
        file_of({"a": TENSOR}, bytes(12)),
        file_of({"a": {**TENSOR, "dtype": "F33"}}, bytes(16)),
        file_of(b"[" * 1000),
        struct.pack("<Q", 2**63) + b"{}",
        struct.pack("<Q", 0),
        b"",
    ],
    ids=[
        "far",
        "backwards",
        "before",
        "overflow",
        "shape",
        "shared",
        "rest",
        "cut",
        "dtype",
        "deep",
        "long",
        "none",
        "0",
    ],
)
def test_a_header_that_lies(refused, vouched, content):
    assert "model.safetensors must be a safetensors file, got something else (" in refused(vouched(content), content)


def test_a_tensor_may_have_any_name_but_reaches_no_file(refused, vouched, saved):
    weights = file_of({"../../x": TENSOR, "/etc/passwd": {**TENSOR, "data_offsets": [16, 32]}}, bytes(32))
    before = sorted(saved.parent.rglob("*"))
    assert "must hold the tensor 'backbone.scale' and 7 more, got none of that name" in refused(
        vouched(weights), weights
    )
    assert {path.name for path in set(saved.parent.rglob("*")) - set(before)} == {"other"}


@pytest.mark.parametrize(
    "name", ["../model.safetensors", "/etc/passwd", "model.safetensors\0", "pytorch_model.bin", ""]
)
def test_a_config_leads_to_no_other_file(refused, saved, name):
    config = json.loads((saved / "config.json").read_text())
    config["weights"]["file"] = name
    assert f"The weights file must be called 'model.safetensors', got {name!r}" in refused(config)


def test_a_config_that_is_no_config_for_its_size(refused):
    assert "must be the JSON of a checkpoint, got: 16777217 bytes, more than 16777216" in refused(b" " * (2**24 + 1))


@pytest.mark.parametrize("kind", [list, dict])
def test_a_config_of_many_containers_within_each_other(refused, saved, kind):
    config, value = json.loads((saved / "config.json").read_text()), 1
    for _ in range(300):
        value = [value] if kind is list else {"a": value}
    config["arguments"]["width"] = value
    assert "must be the JSON of a checkpoint, got: containers within each other 50 times and more" in refused(config)


def test_a_long_value_does_not_drown_the_sentence(refused, saved):
    config = json.loads((saved / "config.json").read_text())
    config["arguments"]["width"] = "x" * 10_000
    assert len(refused(config).replace(str(saved), "")) < 400


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"arguments": {"event_shape": [1, 10**6, 10**6]}}, "arguments.event_shape = 1000000"),
        ({"arguments": {"event_shape": [1, 100_000, 100_000]}}, "arguments.event_shape = 10000000000"),
        ({"arguments": {"context": {"label": {"num_classes": 10**12}}}}, "arguments.context.label.num_classes = 10000"),
        (
            {"arguments": {"event_shape": [4097, 2, 3]}},
            "arguments.event_shape = [4097, 2, 3] beside an ordering of [1, 2",
        ),
        ({"arguments": {"event_shape": [1, 2, 3] * 9000}}, "arguments.event_shape = 1000000000000000000000000000000"),
        ({"data": {"kind": "pixels", "num_levels": 10**15}}, "data.num_levels = 1000000000000000"),
    ],
)
def test_an_absurd_number_is_named(refused, saved, changes, found):
    config = json.loads((saved / "config.json").read_text())
    sentence = refused(config | changes)
    assert f"a model of the size of its weights, 74 values in 8 tensors, got {found}" in sentence
    assert sentence.endswith("It was altered: copy it again.")


def test_a_model_of_a_million_layers_is_stopped_while_it_is_sketched(install, tmp_path):
    install("arzoo-tower", "tower", TOWER)
    folder = arzoo.save(arzoo.create("tower"), tmp_path / "tower")
    config = json.loads((folder / "config.json").read_text())
    config["arguments"]["num_layers"] = 100_000
    (folder / "config.json").write_text(json.dumps(config))
    start = time.monotonic()
    with pytest.raises(
        CheckpointError, match=r"a model of the size of its weights, 2 values in 2 tensors, got more than 516"
    ):
        arzoo.load(f"local-dir:{folder}")
    assert time.monotonic() - start < 10 * SECONDS  # instead of a quarter of an hour; the machine may be busy


def test_weights_are_counted_while_they_are_sketched(install, tmp_path):
    install("arzoo-tower", "tower", TOWER)
    folder = arzoo.save(arzoo.create("tower"), tmp_path / "tower")
    config = json.loads((folder / "config.json").read_text())
    config["arguments"] |= {"num_layers": 400, "width": 100_000}
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(CheckpointError, match=r"2 values in 2 tensors, got 4200000 values and more\. It was altered"):
        arzoo.load(f"local-dir:{folder}")


TOWER = """
import arzoo


def build(num_layers=2, width=1):
    import torch
    from torch import nn

    class Tower(nn.Module):
        def __init__(self):
            super().__init__()
            self.layers = nn.ParameterList(nn.Parameter(torch.zeros(width)) for _ in range(num_layers))

        def forward(self, x):
            return sum(self.layers).expand(len(x), 1, 1, 2, 2)

    return arzoo.AutoregressiveModel(arzoo.orderings.Raster((1, 2, 2)), Tower(), arzoo.heads.Bernoulli())


@arzoo.hookimpl
def register_models():
    return [arzoo.ModelEntry("tower", "arzoo_tower:build", {"tiny": {}})]
"""


@pytest.mark.parametrize("seeds", [range(400), pytest.param(range(400, 2000), marks=pytest.mark.slow)])
def test_a_mutated_checkpoint_is_refused(model, saved, seeds):
    """Weights are vouched for anew half of the time, so that hashing alone does not save us.

    A change that leaves the model what it was, as one in the notes of its training does, is none.
    """
    truth, slow = model.log_prob(X), []
    config, weights = json.loads((saved / "config.json").read_text()), (saved / "model.safetensors").read_bytes()
    arzoo.load(f"local-dir:{saved}")  # what is imported at first use is no part of the wait
    for seed in seeds:
        spoil(saved, config, weights, random.Random(seed))
        start = time.process_time()
        try:
            loaded = arzoo.load(f"local-dir:{saved}")
        except ArzooError as error:
            assert str(error)
        else:
            assert torch.equal(loaded.log_prob(X), truth), seed
        if time.process_time() - start > SECONDS:
            slow.append(seed)
    assert not slow


def spoil(folder, config, weights, draw):
    """Write a checkpoint in which one thing is wrong."""
    config, kind = copy.deepcopy(config), draw.choice(("value", "text", "header", "header", "length", "body"))
    if kind == "value":
        place, key = draw.choice([(place, key) for place, key in places(config) if place is not config["weights"]])
        place[key] = draw.choice(VALUES)
    if kind == "header":
        weights = flipped(weights, 8 + struct.unpack("<Q", weights[:8])[0], draw)
    if kind == "length":
        weights = (
            weights[: draw.randrange(len(weights))] if draw.random() < 0.5 else weights + bytes(draw.randrange(1, 99))
        )
    if kind == "body":
        weights = flipped(weights, len(weights), draw)
    (folder / "model.safetensors").write_bytes(weights)
    if kind in ("header", "length"):
        pin = digest(folder / "model.safetensors")
        config["weights"] |= {"sha256": pin.sha256, "size": pin.size}
    text = json.dumps(config).encode()
    (folder / "config.json").write_bytes(flipped(text, len(text), draw) if kind == "text" else text)


def places(value):
    """Yield every place in a JSON value as its container and key."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield value, key
        yield from places(item)


def flipped(content, end, draw):
    """Return content with a few bytes before `end` changed, at least one of them to what it was not."""
    spoilt = bytearray(content)
    while spoilt == content:
        for _ in range(draw.choice((1, 2, 8))):
            spoilt[draw.randrange(end)] = draw.choice(BYTES)
    return bytes(spoilt)
