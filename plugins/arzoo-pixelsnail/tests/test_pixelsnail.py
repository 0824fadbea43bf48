"""What is PixelSNAIL's own: the orderings it can follow, its equations, its size, its refusals."""

import numpy as np
import pytest
import torch

import arzoo
from arzoo.nn import PastAttention
from arzoo.testing import cases
from arzoo.testing.failures import CheckFailure


def elu(x):
    return np.where(x > 0, x, np.expm1(np.minimum(x, 0)))


def weights_of(layer):
    """Weight and bias of a weight-normalised layer, by w = g v / |v|."""
    g, v = (
        p.detach().numpy() for p in (layer.parametrizations.weight.original0, layer.parametrizations.weight.original1)
    )
    return g * v / np.sqrt((v**2).sum((1, 2, 3), keepdims=True)), layer.bias.detach().numpy()


def convolved(layer, x, taps):
    """Sum over taps w[:, :, a, b] x[i + di, j + dj] plus the bias; `taps` maps (a, b) to (di, dj); zero outside."""
    weight, bias = weights_of(layer)
    _, height, width = x.shape
    y = np.tile(bias[:, None, None], (1, height, width))
    for (a, b), (di, dj) in taps.items():
        for i in range(height):
            for j in range(width):
                if 0 <= i + di < height and 0 <= j + dj < width:
                    y[:, i, j] += weight[:, :, a, b] @ x[:, i + di, j + dj]
    return y


HERE = {(0, 0): (0, 0)}
SQUARE = {(0, 0): (-1, -1), (0, 1): (-1, 0), (1, 0): (0, -1), (1, 1): (0, 0)}


def gated_block(block, x, taps, shown=None):
    """The residual block of figure 5, with the attention's output as its skip."""
    y = convolved(block.input, elu(x), taps)
    if shown is not None:
        y = y + convolved(block.shortcut, elu(shown), HERE)
    a, b = np.split(convolved(block.output, elu(y), taps), 2)
    return x + a / (1 + np.exp(-b))


def attention_block(block, x, image, path):
    """The attention block of figure 5, a position after another."""
    _, height, width = x.shape
    rows = np.broadcast_to((np.arange(height)[:, None] - height / 2) / height, (height, width))
    columns = np.broadcast_to((np.arange(width) - width / 2) / width, (height, width))
    known = np.concatenate([x, [rows, columns]])
    memory = convolved(block.memory, gated_block(block.content, np.concatenate([image, known]), HERE), HERE)
    query = convolved(block.query, gated_block(block.asking, known, HERE), HERE)
    keys, values = memory[: len(query)], memory[len(query) :]
    shown = np.zeros_like(values)
    for n, (i, j) in enumerate(path):
        odds = np.array([np.exp(query[:, i, j] @ keys[:, a, b] / np.sqrt(len(query))) for a, b in path[:n]])
        for odd, (a, b) in zip(odds, path, strict=False):
            shown[:, i, j] += odd / odds.sum() * values[:, a, b]
    return gated_block(block.merge, x, HERE, shown)


def params_of(model, levels):
    """The whole network on one event of levels (C, H, W), from the paper's equations."""
    network, path = model.backbone, model.ordering.coordinates[:, -2:].tolist()
    image = levels * 2 / (model.num_levels - 1) - 1
    padded = np.concatenate([image, np.ones_like(image[:1])])
    above = convolved(network.above_input, padded, {(0, 0): (-1, -1), (0, 1): (-1, 0), (0, 2): (-1, 1)})
    left = convolved(network.left_input, padded, {(0, 0): (-1, -1), (1, 0): (0, -1)})
    above[:, 0], left[:, :, 0] = 0, 0  # what is shifted in is zero, not bias
    x = above + left
    for residual, attention in zip(network.residual, network.attention, strict=True):
        for block in residual:
            x = gated_block(block, x, SQUARE)
        x = attention_block(attention, x, image, path)
    return convolved(network.output, elu(x), HERE)


@pytest.mark.parametrize("config", ["tiny-17", "tiny-zigzag"])
def test_the_network_is_that_of_the_equations(config):
    torch.manual_seed(0)
    model = arzoo.create("pixelsnail", config).double().eval()
    x = torch.randint(model.num_levels, (4, *model.event_shape))
    model.backbone.init_from_data(x)  # so that no layer is too quiet to be heard
    for event, params in zip(x, model(x), strict=True):
        np.testing.assert_allclose(params.detach().numpy(), params_of(model, event.numpy()), rtol=0, atol=1e-7)


@pytest.mark.parametrize("ordering", [arzoo.orderings.Raster, arzoo.orderings.Zigzag])
def test_the_first_layer_reads_the_four_neighbours_that_both_orderings_know(ordering):
    ordering = ordering((1, 5, 5), channels_as_positions=False)
    network = arzoo.create("pixelsnail", "tiny-17", event_shape=(1, 5, 5), ordering=ordering).double().backbone
    image = torch.zeros(1, 2, 5, 5, dtype=torch.float64, requires_grad=True)
    above, left = network.above_input(image), network.left_input(image)
    # Shifted down, and to the right: what stands at (2, 2) was made at (1, 2), and at (2, 1).
    (above[0, :, 1, 2] + left[0, :, 2, 1]).sum().backward()
    read = image.grad[0, 0] != 0
    assert read.nonzero().tolist() == [[1, 1], [1, 2], [1, 3], [2, 1]]
    assert (read.flatten() <= ordering.earlier()[2 * 5 + 2]).all()


@pytest.mark.parametrize("config", ["tiny-17", "tiny-zigzag"])
def test_every_position_depends_on_all_earlier_ones(config):
    model = arzoo.create("pixelsnail", config)
    assert torch.equal(model.backbone.dependence(model.ordering), model.ordering.earlier())


@pytest.mark.parametrize("config", ["tiny-17", "tiny-zigzag"])
def test_attention_that_shows_a_position_itself_is_found(config, monkeypatch):
    def with_itself(self, query, key, value):
        q, k, v = (self._along_path(x, 3) for x in (query, key, value))
        y = torch.nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)[:, 0]
        y = y if self.steps is None else y[:, self.steps]
        return y[..., : value.shape[1]].transpose(1, 2).unflatten(2, query.shape[2:])

    monkeypatch.setattr(PastAttention, "forward", with_itself)
    (case,) = (case for case in cases("pixelsnail") if (case.config, case.check.name) == (config, "causality"))
    with pytest.raises(CheckFailure):
        case.run()


def test_dropout_is_for_training_alone():
    torch.manual_seed(0)
    model = arzoo.create("pixelsnail", "tiny-dropout")
    x = torch.randint(2, (8, *model.event_shape))
    model.backbone.init_from_data(x)
    assert not torch.equal(model(x), model(x))
    model.eval()
    assert torch.equal(model(x), model(x))


def test_the_paper_config_has_the_size_that_its_layers_add_up_to():
    with torch.device("meta"):
        model = arzoo.create("pixelsnail", "paper")
    f, colours, key, value, mixtures = 256, 3, 16, 128, 10

    def convolution(inputs, outputs, taps):
        return inputs * outputs * taps + 2 * outputs  # a length and a bias for each output

    def gated(channels, taps, shown=0):
        shortcut = convolution(shown, channels, 1) if shown else 0
        return convolution(channels, channels, taps) + convolution(channels, 2 * channels, taps) + shortcut

    first = convolution(colours + 1, f, 3) + convolution(colours + 1, f, 2)
    content, asking = colours + f + 2, f + 2
    attention = gated(content, 1) + convolution(content, key + value, 1)
    attention += gated(asking, 1) + convolution(asking, key, 1) + gated(f, 1, shown=value)
    last = convolution(f, 10 * mixtures, 1)
    total = first + 12 * (4 * gated(f, 4) + attention) + last
    assert sum(p.numel() for p in model.parameters()) == total == 46_021_908


@pytest.mark.parametrize(
    "ordering",
    [
        arzoo.orderings.Snake((1, 5, 4), channels_as_positions=False),
        arzoo.orderings.Zigzag((1, 5, 4)),
        arzoo.orderings.Raster((1, 4, 5), channels_as_positions=False),
    ],
    ids=str,
)
def test_an_ordering_that_cannot_be_followed_is_refused(ordering):
    with pytest.raises(arzoo.ConfigError) as caught:
        arzoo.create("pixelsnail", "tiny-17", ordering=ordering)
    assert "can follow raster and zigzag over whole pixels of its `event_shape` (1, 5, 4)" in str(caught.value)
    assert f"got {ordering!r}" in str(caught.value)


def test_colours_without_a_mixture_are_refused():
    with pytest.raises(arzoo.ConfigError, match=r"num_mixtures=0.* for images of one channel, got 3 channels"):
        arzoo.create("pixelsnail", "tiny-rgb", num_mixtures=0)


@pytest.mark.parametrize("name", ["hidden_channels", "num_blocks", "key_channels", "value_channels"])
def test_sizes_of_zero_are_refused(name):
    with pytest.raises(arzoo.ConfigError, match=rf"`{name}` must be a whole number of at least 1, got 0"):
        arzoo.create("pixelsnail", "tiny-17", **{name: 0})


@pytest.mark.parametrize("name", ["num_residual_blocks", "num_mixtures"])
def test_negative_numbers_are_refused(name):
    with pytest.raises(arzoo.ConfigError, match=rf"`{name}` must be a whole number of at least 0, got -1"):
        arzoo.create("pixelsnail", "tiny-17", **{name: -1})


def test_an_unknown_activation_is_refused():
    with pytest.raises(arzoo.ConfigError, match=r"`activation` must be one of elu, concat_elu, got 'gelu'"):
        arzoo.create("pixelsnail", "tiny-17", activation="gelu")


@pytest.mark.parametrize("dropout", [1.0, -0.1])
def test_a_dropout_that_is_no_probability_is_refused(dropout):
    with pytest.raises(arzoo.ConfigError, match=rf"`dropout` must be at least 0 and less than 1, got {dropout}"):
        arzoo.create("pixelsnail", "tiny-17", dropout=dropout)


def test_a_series_is_refused():
    with pytest.raises(arzoo.ConfigError, match=r"must be labels, or a latent .* got Series.* for 'local'"):
        arzoo.create("pixelsnail", "tiny-17", context={"local": {"kind": "series", "channels": 2, "hop": 1}})


def test_sequences_are_refused():
    with pytest.raises(arzoo.ConfigError, match=r"\(C, H, W\).* got \(16,\)"):
        arzoo.create("pixelsnail", event_shape=(16,))
