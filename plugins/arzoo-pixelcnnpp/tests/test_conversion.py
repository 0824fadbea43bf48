"""Weights of the public PyTorch copy, by its names, beside a network written anew from figure 2 and equations 2 and 3.

The network below reads a plain dict of tensors and knows nothing of arzoo; whatever is done to weights and params on
the way into ours has to come out as the same likelihood.
"""

import json
import math
import re

import pytest
import torch
import torch.nn.functional as F
from arzoo_pixelcnnpp import conversion
from safetensors.torch import save_file

import arzoo
from arzoo.pins import digest

DOWN, RIGHT = (1, 1, 1, 0), (1, 0, 1, 0)  # zeros to the left, right, top and bottom of a 2x3 and of a 2x2 kernel


# The network, from the paper.


def weight(state, name):
    g, v = state[f"{name}.weight_g"], state[f"{name}.weight_v"]
    squares = (v**2).flatten(1).sum(1)
    return g * v / squares.sqrt().view(-1, *[1] * (v.ndim - 1))


def convolved(state, name, x, padding, stride=1):
    return F.conv2d(F.pad(x, padding), weight(state, name), state[f"{name}.bias"], stride)


def pointwise(state, name, x):
    return torch.einsum("oi,bihw->bohw", weight(state, name), x) + state[f"{name}.bias"][:, None, None]


def spread(state, name, x, first):
    """Twice the height and width; the first columns of what the kernel writes lie outside the image."""
    y = F.conv_transpose2d(x, weight(state, name), state[f"{name}.bias"], stride=2, output_padding=1)
    return y[:, :, : 2 * x.shape[2], first : first + 2 * x.shape[3]]


def activated(x):
    return F.elu(torch.cat([x, -x], 1))


def block(state, name, x, padding, others=None):
    y = convolved(state, f"{name}.conv_input.conv", activated(x), padding)
    if others is not None:
        y = y + pointwise(state, f"{name}.nin_skip.lin_a", activated(others))
    y = convolved(state, f"{name}.conv_out.conv", activated(y), padding)
    a, b = y.chunk(2, 1)
    return x + a * torch.sigmoid(b)


def moved_down(x):
    return F.pad(x, (0, 0, 1, 0))[:, :, :-1]


def moved_right(x):
    return F.pad(x, (1, 0, 0, 0))[:, :, :, :-1]


def network(state, x, blocks):
    """Params in their order, of levels (B, C, H, W)."""
    image = F.pad(x.double() / 127.5 - 1, (0, 0, 0, 0, 0, 1), value=1)
    u = moved_down(convolved(state, "u_init.conv", image, DOWN))
    row = moved_down(convolved(state, "ul_init.0.conv", image, (1, 1, 0, 0)))
    ul = row + moved_right(convolved(state, "ul_init.1.conv", image, (0, 0, 1, 0)))
    up_u, up_ul = [u], [ul]
    for scale in range(3):
        for j in range(blocks):
            u = block(state, f"up_layers.{scale}.u_stream.{j}", u, DOWN)
            ul = block(state, f"up_layers.{scale}.ul_stream.{j}", ul, RIGHT, u)
            up_u.append(u)
            up_ul.append(ul)
        if scale < 2:
            u = convolved(state, f"downsize_u_stream.{scale}.conv", u, DOWN, 2)
            ul = convolved(state, f"downsize_ul_stream.{scale}.conv", ul, RIGHT, 2)
            up_u.append(u)
            up_ul.append(ul)
    u, ul = up_u.pop(), up_ul.pop()
    for scale in range(3):
        for j in range(blocks + (scale > 0)):
            u = block(state, f"down_layers.{scale}.u_stream.{j}", u, DOWN, up_u.pop())
            others = torch.cat([u, up_ul.pop()], 1)
            ul = block(state, f"down_layers.{scale}.ul_stream.{j}", ul, RIGHT, others)
        if scale < 2:
            u = spread(state, f"upsize_u_stream.{scale}.deconv", u, 1)
            ul = spread(state, f"upsize_ul_stream.{scale}.deconv", ul, 0)
    assert not up_u
    assert not up_ul
    return pointwise(state, "nin_out.lin_a", F.elu(ul))


def log_sigmoid_difference(level, mean, scale):
    """Log mass of a bin under one logistic."""
    place = level / 127.5 - 1
    above = 1.0 if level == 255 else 1 / (1 + math.exp(-(place + 1 / 255 - mean) / scale))
    below = 0.0 if level == 0 else 1 / (1 + math.exp(-(place - 1 / 255 - mean) / scale))
    return math.log(above - below)


def log_sum_exp(values):
    largest = max(values)
    return largest + math.log(sum(math.exp(value - largest) for value in values))


def pixel_log_prob(p, levels, mixtures):
    """Nats of one pixel: logits, then of each channel the means, the log-scales and, in colour, the coefficients."""
    channels, kinds = len(levels), 3 if len(levels) == 3 else 2
    group = [p[mixtures * (1 + kinds * c) : mixtures * (1 + kinds * (c + 1))] for c in range(channels)]
    places, joint = [level / 127.5 - 1 for level in levels], []
    for k in range(mixtures):
        total = p[k] - log_sum_exp(p[:mixtures])
        coefficient = [math.tanh(group[c][2 * mixtures + k]) for c in range(channels)] if channels == 3 else []
        for c in range(channels):
            mean = group[c][k]
            if c == 1:
                mean += coefficient[0] * places[0]
            if c == 2:
                mean += coefficient[1] * places[0] + coefficient[2] * places[1]
            scale = math.exp(max(group[c][mixtures + k], -7.0))
            total += log_sigmoid_difference(levels[c], mean, scale)
        joint.append(total)
    return log_sum_exp(joint)


def log_prob(state, x, blocks, mixtures):
    """Nats of each image."""
    state = {name.removeprefix("module."): tensor.double() for name, tensor in state.items()}
    params = network(state, x, blocks).permute(0, 2, 3, 1).flatten(1, 2).tolist()
    pixels = x.permute(0, 2, 3, 1).flatten(1, 2).tolist()
    return [
        sum(pixel_log_prob(p, levels, mixtures) for p, levels in zip(*image, strict=True))
        for image in zip(params, pixels, strict=True)
    ]


# Its weights, at random.


def shapes(channels, filters, blocks, mixtures):
    """Name of each layer to the shape of its weight and the length of its bias."""
    f, c = filters, channels + 1
    num_params = mixtures * (10 if channels == 3 else 3)
    found = {
        "u_init.conv": ((f, c, 2, 3), f),
        "ul_init.0.conv": ((f, c, 1, 3), f),
        "ul_init.1.conv": ((f, c, 2, 1), f),
        "nin_out.lin_a": ((num_params, f), num_params),
    }
    for k in range(2):
        found[f"downsize_u_stream.{k}.conv"] = found[f"upsize_u_stream.{k}.deconv"] = ((f, f, 2, 3), f)
        found[f"downsize_ul_stream.{k}.conv"] = found[f"upsize_ul_stream.{k}.deconv"] = ((f, f, 2, 2), f)
    counts = {f"up_layers.{k}": blocks for k in range(3)} | {f"down_layers.{k}": blocks + (k > 0) for k in range(3)}
    for group, count in counts.items():
        for j in range(count):
            for stream, width, skips in (("u", 3, 0), ("ul", 2, 1)):
                name, inputs = f"{group}.{stream}_stream.{j}", skips + group.startswith("down")
                found[f"{name}.conv_input.conv"] = ((f, 2 * f, 2, width), f)
                found[f"{name}.conv_out.conv"] = ((2 * f, 2 * f, 2, width), 2 * f)
                if inputs:
                    found[f"{name}.nin_skip.lin_a"] = ((f, 2 * f * inputs), f)
    return found


def random_state(channels=3, filters=3, blocks=1, mixtures=2, dtype=torch.float64, seed=0):
    """A state dict in which nothing is alike: lengths of both signs, directions of any length."""
    generator = torch.Generator().manual_seed(seed)
    state = {}
    for name, (shape, outputs) in shapes(channels, filters, blocks, mixtures).items():
        v = torch.randn(shape, generator=generator, dtype=torch.float64)
        length = 0.3 + torch.rand(shape[0], *[1] * (len(shape) - 1), generator=generator, dtype=torch.float64)
        sign = torch.where(torch.rand(length.shape, generator=generator) < 0.2, -1, 1)
        bias = 0.3 * torch.randn(outputs, generator=generator, dtype=torch.float64)
        state |= {f"{name}.weight_g": sign * length, f"{name}.weight_v": v, f"{name}.bias": bias}
    return {name: tensor.to(dtype) for name, tensor in state.items()}


def random_levels(*shape):
    x = torch.randint(0, 256, shape, generator=torch.Generator().manual_seed(5))
    x[0, :, 0, :2], x[0, :, 1, :2] = 0, 255  # the bins that reach to infinity
    return x


def write(path, state, kind):
    if kind == "safetensors":
        save_file(state, path)
    else:
        torch.save(state, path, _use_new_zipfile_serialization=kind == "pickle")
    return path


@pytest.fixture
def convert(tmp_path):
    """Function from a state dict to the converted folder."""

    def convert(state, kind="pickle", out="out", **options):
        return arzoo.convert("pixelcnnpp-torch", write(tmp_path / "weights.pt", state, kind), tmp_path / out, **options)

    return convert


@pytest.fixture
def refused(convert, tmp_path):
    """Function from a state dict to the error it is refused with; nothing is written."""

    def refused(state, error=arzoo.CheckpointError, **options):
        with pytest.raises(error) as raised:
            convert(state, **options)
        assert [path.name for path in tmp_path.iterdir()] == ["weights.pt"]
        return str(raised.value)

    return refused


CASES = [  # channels, blocks, mixtures, filters, height and width, prefix, kind of file
    (3, 1, 2, 3, (8, 4), "", "safetensors"),
    (3, 2, 10, 4, (4, 8), "module.", "pickle"),
    (3, 3, 3, 2, (8, 8), "module.", "legacy"),
    (1, 1, 10, 4, (8, 12), "module.", "safetensors"),
    (1, 3, 2, 5, (4, 4), "", "pickle"),
]


@pytest.mark.parametrize(("channels", "blocks", "mixtures", "filters", "size", "prefix", "kind"), CASES)
def test_the_likelihood_is_that_of_the_network_in_the_paper(
    convert, channels, blocks, mixtures, filters, size, prefix, kind
):
    state = random_state(channels, filters, blocks, mixtures)
    x = random_levels(2, channels, *size)
    folder = convert({prefix + name: tensor for name, tensor in state.items()}, kind, event_shape=(channels, *size))
    model = arzoo.load(f"local-dir:{folder}", dtype="float64")
    assert model.log_prob(x).tolist() == pytest.approx(log_prob(state, x, blocks, mixtures), rel=1e-9)
    single = arzoo.load(f"local-dir:{folder}")
    assert single.log_prob(x).tolist() == pytest.approx(log_prob(state, x, blocks, mixtures), rel=1e-4)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])
def test_weights_of_other_precision_stay_what_they_are(convert, dtype):
    state = random_state(dtype=dtype)
    folder, x = convert(state, event_shape=(3, 4, 4)), random_levels(2, 3, 4, 4)
    assert arzoo.load(f"local-dir:{folder}").log_prob(x).tolist() == pytest.approx(log_prob(state, x, 1, 2), rel=1e-5)
    assert arzoo.checkpoints.config_of(f"local-dir:{folder}").weights.dtype == "float32"


@pytest.mark.parametrize("fault", ["inputs of a short-cut", "params", "lengths"])
def test_the_likelihood_tells_a_planted_fault(convert, monkeypatch, fault):
    if fault == "inputs of a short-cut":
        monkeypatch.setattr(conversion, "shortcut_order", lambda filters, streams: torch.arange(2 * filters * streams))
    if fault == "params":
        monkeypatch.setattr(conversion, "param_order", lambda size: torch.arange(size.num_params))
    if fault == "lengths":
        monkeypatch.setattr(conversion, "fused", lambda g, v: v * g.mean() / torch.norm_except_dim(v, 2, 0))
    state, x = random_state(), random_levels(2, 3, 4, 4)
    model = arzoo.load(f"local-dir:{convert(state, event_shape=(3, 4, 4))}", dtype="float64")
    assert model.log_prob(x).tolist() != pytest.approx(log_prob(state, x, 1, 2), rel=1e-4)


def test_sizes_follow_from_the_shapes(convert):
    folder = convert(random_state(3, 5, 2, 7))
    model = arzoo.load(f"local-dir:{folder}")
    wanted = {"hidden_channels": 5, "num_blocks": 2, "num_scales": 3, "num_mixtures": 7, "num_levels": 256}
    assert wanted.items() <= model.arguments.items()
    assert (model.event_shape, model.data.num_levels) == ((3, 32, 32), 256)


def test_the_paper_size_is_recognised_without_a_weight():
    state = {}
    for name, (shape, outputs) in shapes(3, 160, 5, 10).items():
        made = (shape[0], *[1] * (len(shape) - 1)), shape, (outputs,)
        parts = zip(conversion.PARTS, made, strict=True)
        state |= {f"{name}.{part}": torch.empty(size, device="meta") for part, size in parts}
    found = conversion.size_of(arzoo.checkpoints.ForeignWeights("weights.pt", "pixelcnnpp-torch", state))
    assert found == conversion.Size(channels=3, filters=160, blocks=5, mixtures=10)


def test_a_converted_model_draws(convert):
    model = arzoo.load(f"local-dir:{convert(random_state(1), event_shape=(1, 4, 4))}", dtype="float64")
    draws = [model.sample(2, cached=cached, progress=False) for cached in (True, False)]
    assert torch.equal(*draws)


def test_a_length_of_zero_silences_a_channel_and_no_other(convert):
    state, x = random_state(), random_levels(2, 3, 4, 4)
    state["u_init.conv.weight_g"][1] = 0
    state["upsize_u_stream.0.deconv.weight_g"][:] = 0
    model = arzoo.load(f"local-dir:{convert(state, event_shape=(3, 4, 4))}", dtype="float64")
    assert model.log_prob(x).tolist() == pytest.approx(log_prob(state, x, 1, 2), rel=1e-9)


def test_the_names_of_newer_weight_normalisation_are_the_same_weights(convert):
    state = random_state()
    endings = {"weight_g": "parametrizations.weight.original0", "weight_v": "parametrizations.weight.original1"}
    parts = {name: name.rpartition(".")[::2] for name in state}
    newer = {f"{layer}.{endings.get(part, part)}": state[name] for name, (layer, part) in parts.items()}
    assert newer.keys() != state.keys()
    folders = [convert(state, out="old"), convert(newer, out="new")]
    assert len({(folder / "model.safetensors").read_bytes() for folder in folders}) == 1


@pytest.mark.parametrize("wrapper", ["state_dict", "model"])
def test_a_state_dict_may_lie_beside_an_epoch(convert, wrapper):
    folders = [convert(random_state(), out="bare"), convert({wrapper: random_state(), "epoch": 7}, out="wrapped")]
    assert len({(folder / "model.safetensors").read_bytes() for folder in folders}) == 1


def test_the_config_says_where_the_weights_come_from(convert, tmp_path):
    training = json.loads((convert(random_state()) / "config.json").read_text())["training"]
    pin = digest(tmp_path / "weights.pt")
    origin = {"format": "pixelcnnpp-torch", "file": "weights.pt", "sha256": pin.sha256, "size": pin.size}
    assert training["converted"] == origin


def changed(**changes):
    """A state dict of which tensors are replaced, or taken out where None."""
    state = random_state() | {name.replace("__", "."): tensor for name, tensor in changes.items()}
    return {name: tensor for name, tensor in state.items() if tensor is not None}


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"u_init__conv__bias": None}, "1 missing, 0 different, 0 unexpected: missing 'u_init.conv.bias'."),
        ({"extra": torch.ones(1)}, "0 missing, 0 different, 1 unexpected: unexpected 'extra'."),
        (
            {"u_init__conv__bias": torch.ones(4)},
            "0 missing, 1 different, 0 unexpected: 'u_init.conv.bias' has shape [4] instead of [3].",
        ),
        (
            {"nin_out__lin_a__weight_v": torch.ones(30, 3)},
            "0 missing, 1 different, 0 unexpected: 'nin_out.lin_a.weight_v' has shape [30, 3] instead of [20, 3].",
        ),
        (
            {"up_layers__0__u_stream__0__conv_input__conv__bias": torch.ones(2, 2)},
            "'up_layers.0.u_stream.0.conv_input.conv.bias' has shape [2, 2] instead of [3].",
        ),
        (
            {"nin_out__lin_a__bias": torch.ones(20, dtype=torch.int32)},
            "1 different, 0 unexpected: 'nin_out.lin_a.bias' is int32 instead of floating.",
        ),
        ({"nin_out__lin_a__bias": torch.tensor(1.0)}, "'nin_out.lin_a.bias' has shape [] instead of [20]."),
    ],
)
def test_the_one_tensor_that_differs_is_named(refused, changes, sentence):
    message = refused(changed(**changes))
    assert f"weights.pt must hold the {len(random_state())} tensors of pixelcnnpp-torch, got " in message
    assert message.endswith(sentence)


def test_of_many_differences_the_first_ten_are_named(refused):
    state = {name: tensor for name, tensor in random_state().items() if not name.startswith("up_layers.1.")}
    gone = len(random_state()) - len(state)
    message = refused(state)
    assert f"got {gone} missing, 0 different, 0 unexpected: missing 'up_layers.1.u_stream.0.conv_input" in message
    assert message.count("missing 'up_layers.1.") == 10
    assert message.endswith(f" and {gone - 10} more.")


def test_a_file_of_something_else_lacks_everything(refused):
    message = refused({"layer.weight": torch.ones(2, 3)})
    assert "got 171 missing, 0 different, 1 unexpected: missing 'u_init.conv.weight_g', missing" in message


def test_a_block_too_far_is_no_size(refused):
    """An index in a name is not counted up to."""
    far = {"up_layers.0.u_stream.999999999999.conv_input.conv.bias": torch.ones(3)}
    assert "0 missing, 0 different, 1 unexpected: unexpected 'up_layers.0.u_stream.9999" in refused(
        random_state(blocks=2) | far
    )


def test_shapes_without_values_are_no_sizes(refused):
    """A tensor without elements may have any length in the file; nothing of that length is made."""
    empty = {f"nin_out.lin_a.{part}": torch.empty(10**13, 0) for part in conversion.PARTS}
    assert "'nin_out.lin_a.weight_g' has shape [10000000000000, 0]" in refused(random_state() | empty)


def test_two_channels_are_refused(refused):
    message = refused(random_state(2))
    assert message.endswith("weights.pt must hold a network of 1 or 3 channels, got one of 2.")


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_weights_that_are_no_numbers_are_refused(refused, value):
    state = random_state()
    state["ul_init.1.conv.weight_v"][2, 0, 0, 0] = value
    assert refused(state).endswith("weights.pt must hold finite weights, got a ul_init.1.conv that is not.")


@pytest.mark.parametrize(
    ("channels", "event_shape", "sentence"),
    [
        (1, None, r"C = 1, as in .*weights\.pt, got None\. Use --event-shape 1,28,28 or event_shape=\(1, 28, 28\)\.$"),
        (1, (3, 8, 8), r"C = 1, as in .*, got \(3, 8, 8\)\. Use --event-shape 1,8,8 or event_shape=\(1, 8, 8\)\.$"),
        (3, (8, 8), r"C = 3, as in .*, got \(8, 8\)\. Use --event-shape 3,32,32 or event_shape=\(3, 32, 32\)\.$"),
        (3, (3, 30, 32), r"multiples of 4, by which the strides divide them, got \(30, 32\)\. Use .*\(3, 32, 32\)"),
        (3, (3, 0, 32), r"sizes at least 1, got \(3, 0, 32\)"),
    ],
)
def test_an_event_shape_that_does_not_fit_is_refused(refused, channels, event_shape, sentence):
    message = refused(random_state(channels), arzoo.ConfigError, event_shape=event_shape)
    assert re.search(sentence, message)
