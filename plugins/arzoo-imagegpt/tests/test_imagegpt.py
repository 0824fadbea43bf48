"""What is Image GPT's own: its equations, its sizes, its features, its refusals."""

import numpy as np
import pytest
import torch

import arzoo
from arzoo.data import Palette

SIZES = {"small": 76_682_240, "medium": 455_489_536, "large": 1_362_914_304}
PUBLISHED = {"small": 76e6, "medium": 455e6, "large": 1362e6}


def norm(x, layer):
    """X / sqrt(mean(x^2) + epsilon) * g."""
    return x / np.sqrt((x**2).mean(-1, keepdims=True) + layer.eps) * array(layer.weight)


def array(tensor):
    return tensor.detach().numpy()


def linear(layer, x):
    return x @ array(layer.weight).T + (0 if layer.bias is None else array(layer.bias))


def attention(layer, n):
    """One head after another, one query after another."""
    width, y = n.shape[1] // layer.num_heads, np.zeros_like(n)
    q, k, v = np.split(linear(layer.input, n), 3, axis=1)
    for first in range(0, n.shape[1], width):
        own = slice(first, first + width)
        for query in range(len(n)):
            odds = np.exp(k[: query + 1, own] @ q[query, own] / np.sqrt(width))
            y[query, own] = odds / odds.sum() @ v[: query + 1, own]
    return linear(layer.output, y)


def network(model, event):
    """Logits (levels, P) along the ordering and what each layer reads, by section 2 of the paper."""
    backbone = model.backbone
    symbols = event.flatten()[model.ordering.permutation.numpy()]
    h = array(backbone.tokens.weight)[[model.num_levels, *symbols[:-1]]] + array(backbone.positions)
    read = []
    for block in backbone.blocks:
        read.append(norm(h, block.attention_norm))
        h = h + attention(block.attention, read[-1])
        inner = linear(block.mlp.input, norm(h, block.mlp_norm))
        h = h + linear(block.mlp.output, inner / (1 + np.exp(-1.702 * inner)))
    read.append(norm(h, backbone.norm))
    return linear(backbone.output, read[-1]).T, read


@pytest.fixture(params=["tiny-17", "tiny-rgb", "tiny-random", "tiny-sequence"])
def model(request):
    """In float64, with weights large enough for every part to be heard."""
    torch.manual_seed(0)
    made = arzoo.create("imagegpt", request.param).double().eval()
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.add_(torch.randn_like(parameter), alpha=0.5)
    return made


def test_the_network_is_that_of_the_equations(model):
    x = torch.randint(model.num_levels, (3, *model.event_shape))
    for event, params in zip(x, model(x), strict=True):
        wanted, _ = network(model, event.numpy())
        found = array(params.flatten(1))[:, model.ordering.permutation.numpy()]
        np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-10)


def test_features_are_the_mean_of_what_a_layer_reads(model):
    x = torch.randint(model.num_levels, (2, *model.event_shape))
    for layer in range(3):
        wanted = [network(model, event.numpy())[1][layer].mean(0) for event in x]
        np.testing.assert_allclose(array(model.features(x, layer)), wanted, rtol=0, atol=1e-10)
    together = model.features(x, [2, 0])
    assert torch.equal(together[0], model.features(x, 2)) and torch.equal(together[1], model.features(x, 0))


def test_features_lie_where_their_positions_do():
    """A pixel changes the features of those after it alone, in whatever ordering; the embedding's, of the next alone."""
    ordering = arzoo.orderings.Snake((1, 4, 4))
    model = arzoo.create("imagegpt", "tiny-17", event_shape=(1, 4, 4), ordering=ordering).double().eval()
    x = torch.zeros(1, 1, 4, 4, dtype=torch.int64)
    changed = x.clone()
    changed[0, 0, 1, 2] = 1  # row 1 runs from right to left
    before, after = (model.backbone.features(each, [0, 2]) for each in (x, changed))
    after = [(a - b).abs().sum(1)[0] > 0 for a, b in zip(before, after, strict=True)]
    assert after[0].nonzero().tolist() == [[1, 1]]
    assert after[1].flatten().tolist() == [False] * 4 + [True, True, False, False] + [True] * 8


@pytest.mark.parametrize("layer", [-1, 3, 1.0, None])
def test_a_layer_that_is_not_there_is_refused(model, layer):
    with pytest.raises(
        arzoo.ConfigError, match=rf"^`layer` of features must be 0 \.\.\. 2, got {layer}\. Use layer=1\."
    ):
        model.features(torch.zeros(1, *model.event_shape, dtype=torch.int64), layer)


def test_features_hear_the_context():
    model = arzoo.create("imagegpt", "tiny-class")
    x = torch.zeros(2, 1, 3, 3, dtype=torch.int64)
    first, second = model.features(x, 1, {"label": [0, 1]})
    assert not torch.allclose(first, second)


@pytest.mark.parametrize("config", SIZES)
def test_sizes_are_the_papers(config):
    with torch.device("meta"):
        model = arzoo.create("imagegpt", config)
    d, layers = model.arguments["hidden_channels"], model.arguments["num_layers"]
    derived = layers * (12 * d**2 + 11 * d) + (513 + 1024 + 512 + 1) * d
    assert sum(p.numel() for p in model.parameters()) == SIZES[config] == derived
    assert abs(derived / PUBLISHED[config] - 1) < 0.01
    assert (model.event_shape, model.num_levels) == ((1, 32, 32), 512)


def test_the_paper_is_the_largest():
    configs = arzoo.info("imagegpt").configs
    assert configs["paper"] == configs["large"]


def test_attention_is_fused_and_keeps_no_square(monkeypatch):
    calls, fused = [], torch.nn.functional.scaled_dot_product_attention
    monkeypatch.setattr(
        torch.nn.functional, "scaled_dot_product_attention", lambda *a, **k: (calls.append(k), fused(*a, **k))[1]
    )
    model = arzoo.create("imagegpt", "tiny-17")
    model(torch.zeros(1, 1, 3, 3, dtype=torch.int64)).sum().backward()
    assert [(call["is_causal"], call["attn_mask"]) for call in calls] == [(True, None)] * 2


def test_a_palette_of_another_size_is_refused():
    with pytest.raises(
        arzoo.ConfigError, match=r"`data` of imagegpt must have the levels of the model, 5, got Palette\(7"
    ):
        arzoo.create("imagegpt", "tiny-palette", data=Palette(7))


def test_a_token_out_of_range_is_refused():
    model = arzoo.create("imagegpt", "tiny-palette")
    with pytest.raises(arzoo.ShapeError, match=r"must lie in 0 \.\.\. 4 for imagegpt, got values from 0 to 5"):
        model.log_prob(torch.arange(6).view(1, 1, 2, 3))


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"activation": "gelu2"}, r"must be one of quick_gelu, gelu, .*, got 'gelu2'\. Did you mean 'gelu'"),
        ({"num_heads": 3}, r"`num_heads` must divide the channels of attention, 4, got 3\. Use 2\."),
        ({"num_layers": 0}, r"`num_layers` must be .*, got 0"),
        ({"mlp_channels": 0}, r"`mlp_channels` must be .*, got 0"),
        ({"event_shape": [None]}, r"`event_shape` .* must be fixed, got \(None,\)"),
    ],
)
def test_what_cannot_be_built_is_refused(arguments, sentence):
    with pytest.raises(arzoo.ConfigError, match=sentence):
        arzoo.create("imagegpt", "tiny-17", **arguments)


def test_colours_that_the_head_would_own_are_refused():
    ordering = arzoo.orderings.Raster((3, 2, 2), channels_as_positions=False)
    with pytest.raises(arzoo.ConfigError, match=r"must have colours as positions .*, got Raster\(.*=False\)"):
        arzoo.create("imagegpt", "tiny-rgb", ordering=ordering)


@pytest.mark.parametrize("size", ["small", "medium", "large"])
def test_openais_weights_are_listed_unpinned(size):
    entry = arzoo.info(f"imagegpt-{size}-imagenet")
    assert (entry.repo_id, entry.format, dict(entry.files)) == (f"openai/imagegpt-{size}", "transformers-imagegpt", {})
    assert entry.revision == ("refs/pr/2" if size == "small" else None)
