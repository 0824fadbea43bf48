"""What is Image Transformer's own: its equations, who sees whom, its size, its refusals."""

import numpy as np
import pytest
import torch
from torch.nn.attention import SDPBackend, sdpa_kernel

import arzoo
from arzoo.nn import LocalAttention
from arzoo.testing import cases
from arzoo.testing.failures import CheckFailure


def weights(module):
    """Parameters by name, as numpy."""
    return {name: parameter.detach().numpy() for name, parameter in module.named_parameters()}


def normed(x, w, name):
    centred = x - x.mean(1, keepdims=True)
    return centred / np.sqrt(x.var(1, keepdims=True) + 1e-5) * w[f"{name}.weight"] + w[f"{name}.bias"]


def sees(model, n, m):
    """Whether position n may look at position m, by the words of section 3.3."""
    query, memory = model.config_blocks
    if m > n:
        return False
    if len(query) == 1:
        return m >= n - n % query[0] - memory[0]
    (i, j), (a, b) = (model.ordering.coordinates[at, -2:].tolist() for at in (n, m))
    top, left = i - i % query[0], j - j % query[1]
    above, beside = top - memory[0] <= a, left - memory[1] <= b < left + query[1] + memory[1]
    return above and a < top + query[0] and beside


def layer_by_loops(model, layer, x):
    """Equations 1 and 2, a position after another."""
    w, heads, (count, d) = weights(layer), layer.num_heads, x.shape
    size, shown = d // heads, np.zeros_like(x)
    for head in range(heads):
        rows = slice(3 * size * head, 3 * size * (head + 1))
        query, key, value = np.split(x @ w["project.weight"][rows].T, 3, axis=1)
        for n in range(count):
            those = [m for m in range(count) if sees(model, n, m)]
            odds = np.array([np.exp(query[n] @ key[m] / np.sqrt(size)) for m in those])
            shown[n, size * head : size * (head + 1)] = odds @ value[those] / odds.sum()
    a = normed(x + shown @ w["merge.weight"].T, w, "norms.0")
    inside = np.maximum(a @ w["forward_network.0.weight"].T + w["forward_network.0.bias"], 0)
    return normed(a + inside @ w["forward_network.2.weight"].T + w["forward_network.2.bias"], w, "norms.1")


def coordinate(model, n):
    """Half a vector for the row, half for the column and, where colours are positions, the colour."""
    w, ordering = weights(model.backbone), model.ordering
    *colour, i, j = ordering.coordinates[n].tolist()
    j = j * ordering.event_shape[0] + colour[0] if colour else j
    if "coordinates.tables.0" in w:
        return np.concatenate([w["coordinates.tables.0"][i], w["coordinates.tables.1"][j]])
    quarter = model.backbone.output.in_features // 4
    waves = [10_000 ** (-k / max(quarter - 1, 1)) for k in range(quarter)]
    return np.array([f(at * wave) for at in (i, j) for f in (np.sin, np.cos) for wave in waves])


def shown(model, levels, n):
    """What is known of a symbol, or of a pixel, once it has been drawn at position n."""
    w, values = weights(model.backbone.inputs), levels.flatten()[model.ordering.symbols[n].numpy()]
    if model.ordering.channels_as_positions:
        colour = model.ordering.coordinates[n, 0].item()
        return w["weight"][colour * model.num_levels + values[0]]
    return w["weight"] @ (values * 2 / (model.num_levels - 1) - 1) + w["bias"]


def params_of(model, levels):
    """The whole network on one event of levels (C, H, W), from the paper's equations: (num_params, *grid)."""
    w, count = weights(model.backbone), model.ordering.num_positions
    x = np.stack([coordinate(model, n) + (shown(model, levels, n - 1) if n else 0) for n in range(count)])
    for layer in model.backbone.layers:
        x = layer_by_loops(model, layer, x)
    y = np.zeros((w["output.bias"].size, count))
    y[:, model.ordering.permutation] = (x @ w["output.weight"].T + w["output.bias"]).T
    return y.reshape(-1, *model.ordering.grid)


def created(config, **arguments):
    """A model in float64, with the blocks it was built of."""
    entry = arzoo.info("imagetransformer").configs[config] | arguments
    model = arzoo.create("imagetransformer", config, **arguments).double().eval()
    model.config_blocks = entry["query_block"], entry["memory_block"]
    return model


@pytest.mark.parametrize("config", ["tiny-1d", "tiny-17", "tiny-rgb", "tiny-rgb-2d", "tiny-mixture", "tiny-mixture-2d"])
def test_the_network_is_that_of_the_equations(config):
    torch.manual_seed(0)
    model = created(config)
    x = torch.randint(model.num_levels, (3, *model.event_shape))
    for event, params in zip(x, model(x), strict=True):
        np.testing.assert_allclose(params.detach().numpy(), params_of(model, event.numpy()), rtol=0, atol=1e-6)


@pytest.mark.parametrize("config", ["tiny-1d", "tiny-rgb-2d", "tiny-mixture-2d"])
def test_a_position_depends_on_what_it_reaches_in_as_many_looks_as_there_are_layers(config):
    model = created(config, num_layers=3)
    count, ordering = model.ordering.num_positions, model.ordering
    for n in range(count):
        reached = {n}
        for _ in range(3):
            reached = {m for at in reached for m in range(count) if sees(model, at, m)}
        symbols = {symbol for m in reached if m for symbol in ordering.symbols[m - 1].tolist()}
        declared = model.backbone.dependence(ordering)[ordering.permutation[n]]
        assert set(declared.nonzero().flatten().tolist()) == symbols


def test_one_dimension_reaches_back_by_a_memory_a_layer():
    model = created("tiny-1d", event_shape=(1, 8, 8), query_block=(8,), memory_block=(8,), num_layers=3)
    last = model.backbone.dependence(model.ordering)[-1].nonzero().flatten()
    assert last.tolist() == list(range(64 - 8 - 3 * 8 - 1, 63))  # its block, three memories, and a symbol late


def test_the_ordering_follows_from_the_blocks():
    assert created("tiny-rgb").ordering == arzoo.orderings.Raster((3, 2, 4))
    assert created("tiny-mixture").ordering == arzoo.orderings.Raster((3, 2, 4), channels_as_positions=False)
    assert created("tiny-2d").ordering == arzoo.orderings.BlockRaster((1, 2, 6), block=(2, 2))


@pytest.mark.parametrize("config", ["tiny-1d", "tiny-2d"])
def test_attention_that_shows_what_is_next_is_found(config, monkeypatch):
    build = LocalAttention.__init__

    def one_too_many(self, blocks):
        build(self, blocks)
        self.mask |= self.mask.roll(1, 3)

    monkeypatch.setattr(LocalAttention, "__init__", one_too_many)
    with pytest.raises(CheckFailure):
        case_of(config, "causality").run()


@pytest.mark.parametrize("config", ["tiny-1d", "tiny-2d"])
def test_a_memory_that_is_shorter_than_declared_is_found(config, monkeypatch):
    build = LocalAttention.__init__

    def without_memory(self, blocks):
        build(self, blocks)
        self.mask[..., : -blocks.length] = False

    monkeypatch.setattr(LocalAttention, "__init__", without_memory)
    with pytest.raises(CheckFailure):
        case_of(config, "dependence").run()


def case_of(config, check):
    (case,) = (case for case in cases("imagetransformer") if (case.config, case.check.name) == (config, check))
    return case


def test_dropout_is_for_training_alone():
    model = arzoo.create("imagetransformer", "tiny-dropout")
    x = torch.randint(2, (8, *model.event_shape))
    assert not torch.equal(model(x), model(x))
    model.eval()
    assert torch.equal(model(x), model(x))


def layer_size(d, hidden):
    return 4 * d * d + 2 * d * hidden + hidden + d + 2 * 2 * d


def test_the_paper_config_has_the_size_that_its_layers_add_up_to():
    with torch.device("meta"):
        model = arzoo.create("imagetransformer", "paper")
    d, levels = 512, 256
    total = 3 * levels * d + 12 * layer_size(d, 2048) + d * levels + levels
    assert sum(p.numel() for p in model.parameters()) == total == 38_328_576


def test_the_mixture_of_the_paper_has_the_size_that_its_layers_add_up_to():
    with torch.device("meta"):
        model = arzoo.create("imagetransformer", "paper-mixture")
    d, mixtures = 256, 10
    inputs, coordinates = 3 * d + d, (32 + 32) * d // 2
    total = inputs + coordinates + 14 * layer_size(d, 512) + (d + 1) * 10 * mixtures
    assert sum(p.numel() for p in model.parameters()) == total == 7_400_036


def test_an_ordering_other_than_that_of_the_blocks_is_refused():
    for ordering in (
        arzoo.orderings.Snake((1, 3, 4)),
        arzoo.orderings.BlockRaster((1, 3, 4), block=(2, 2)),
        arzoo.orderings.Raster((1, 3, 4), channels_as_positions=False),
    ):
        with pytest.raises(arzoo.ConfigError) as caught:
            arzoo.create("imagetransformer", "tiny-1d", ordering=ordering)
        assert "follows from its `query_block` and must be Raster(event_shape=(1, 3, 4)" in str(caught.value)
        assert f"got {ordering!r}. Leave `ordering` out." in str(caught.value)


def test_an_image_that_the_blocks_do_not_divide_is_refused():
    rule = r"must divide the positions of an event, 81, got blocks of 4\. Use 1\."
    with pytest.raises(arzoo.ConfigError, match=rule):
        arzoo.create("imagetransformer", "tiny-1d", event_shape=(1, 9, 9))
    rule = r"must divide the height and width of an image, \(4, 5\), got blocks of \(2, 2\)\. Use \(2, 1\)\."
    with pytest.raises(arzoo.ConfigError, match=rule):
        arzoo.create("imagetransformer", "tiny-2d", event_shape=(1, 4, 5))


@pytest.mark.parametrize(("query", "memory"), [((4,), (2, 2)), ((2, 2), (3,)), ((2, 2, 2), (1, 1, 1))])
def test_blocks_of_different_dimensions_are_refused(query, memory):
    with pytest.raises(arzoo.ConfigError) as caught:
        arzoo.create("imagetransformer", "tiny-1d", query_block=query, memory_block=memory)
    assert "must have one size each, for attention in one dimension, or two" in str(caught.value)
    assert f"got {query!r} and {memory!r}." in str(caught.value)


@pytest.mark.parametrize(
    ("config", "arguments", "rule"),
    [
        ("tiny-1d", {"query_block": (0,)}, r"`query_block` must be a whole number of at least 1, got 0"),
        ("tiny-1d", {"memory_block": (-1,)}, r"`memory_block` must be a whole number of at least 0, got -1"),
        ("tiny-2d", {"query_block": (2, 0)}, r"`query_block` must be a whole number of at least 1, got 0"),
        ("tiny-2d", {"memory_block": (-2, 0)}, r"`memory_block` must be a whole number of at least 0, got -2"),
        ("tiny-1d", {"num_layers": 0}, r"`num_layers` must be a whole number of at least 1, got 0"),
        ("tiny-1d", {"ffn_channels": 0}, r"`ffn_channels` must be a whole number of at least 1, got 0"),
        ("tiny-1d", {"num_mixtures": -1}, r"`num_mixtures` must be a whole number of at least 0, got -1"),
        ("tiny-1d", {"hidden_channels": 6}, r"multiple of 4 and of `num_heads`, 2, got 6\. Use hidden_channels=8"),
        ("tiny-1d", {"num_heads": 3}, r"multiple of 4 and of `num_heads`, 3, got 8\. Use hidden_channels=12"),
        ("tiny-1d", {"positions": "rotary"}, r"`positions` must be one of sine, learned, got 'rotary'"),
        ("tiny-1d", {"dropout": 1.0}, r"`dropout` must be at least 0 and less than 1, got 1\.0"),
        ("tiny-1d", {"event_shape": (16,)}, r"\(C, H, W\).* got \(16,\)"),
        (
            "tiny-1d",
            {"context": {"local": {"kind": "series", "channels": 2, "hop": 1}}},
            r"must be labels, or a latent .* got Series.* for 'local'",
        ),
    ],
    ids=str,
)
def test_arguments_out_of_range_are_refused(config, arguments, rule):
    with pytest.raises(arzoo.ConfigError, match=rule):
        arzoo.create("imagetransformer", config, **arguments)


@pytest.mark.parametrize("config", ["tiny-1d", "tiny-mixture-2d"])
def test_training_goes_through_the_fused_kernel(config):
    model = arzoo.create("imagetransformer", config)
    x = torch.randint(model.num_levels, (2, *model.event_shape))
    with sdpa_kernel(SDPBackend.FLASH_ATTENTION):  # which raises where it cannot be used
        (-model.log_prob(x).mean()).backward()
    assert all(parameter.grad.isfinite().all() for parameter in model.parameters())
