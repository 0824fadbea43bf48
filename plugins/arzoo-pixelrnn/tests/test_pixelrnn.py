"""What is PixelRNN's own: its receptive fields, its steps, its scales, its size, its refusals."""

from pathlib import Path

import pytest
import torch

import arzoo
from arzoo.testing import check_model

PAGE = Path(__file__).parents[3] / "docs/architectures/pixelrnn.md"


def size_by_hand(cell, *, h=128, layers=12, out=1024, colours=3, levels=256):
    """Parameters of table 1's network, layer by layer."""
    wide, gates = 2 * h, 4 * h
    first = colours * wide * 4 * 7 + wide  # kernels are stored down to the current row: 4 x 7 of 7 x 7
    # Of a masked 1 x 3 kernel two columns are stored; a state-to-state kernel is whole.
    row = (wide * gates * 2 + gates) + 3 * h * gates
    diagonal = 2 * (wide * gates + gates) + 2 * 2 * h * gates
    up = h * wide + wide
    shown = colours * gates if cell == "diagonal" else 0
    last = (wide * out + out) + (out * colours * levels + colours * levels)
    return first + layers * ((row if cell == "row" else diagonal) + up) + shown + last


@pytest.mark.parametrize(("config", "cell"), [("paper", "diagonal"), ("paper-row", "row")])
def test_the_paper_configs_have_the_size_that_their_layers_add_up_to(config, cell):
    with torch.device("meta"):
        model = arzoo.create("pixelrnn", config)
    total = size_by_hand(cell)
    assert sum(p.numel() for p in model.parameters()) == total
    assert f"{total:,} |" in PAGE.read_text(encoding="utf-8")


@pytest.mark.parametrize("shape", [(1, 5, 11), (3, 4, 6)])
def test_diagonal_bilstms_see_all_of_the_past(shape):
    model = arzoo.create("pixelrnn", "tiny-diagonal", event_shape=shape, num_layers=1)
    assert torch.equal(model.backbone.dependence(model.ordering), model.ordering.earlier())


@pytest.mark.parametrize(("layers", "k"), [(1, 3), (2, 3), (2, 5)])
def test_row_lstms_see_a_triangle(layers, k):
    height, width, i, j = 5, 25, 4, 12
    model = arzoo.create(
        "pixelrnn", "tiny-row", event_shape=(1, height, width), num_layers=layers, kernel_size=k, input_kernel_size=1
    )
    seen = model.backbone.dependence(model.ordering).view(height, width, height, width)[i, j]
    # A first convolution of one pixel shows nothing of type "A": no position sees any other.
    assert not seen.any()
    model = arzoo.create(
        "pixelrnn", "tiny-row", event_shape=(1, height, width), num_layers=layers, kernel_size=k, input_kernel_size=3
    )
    seen = model.backbone.dependence(model.ordering).view(height, width, height, width)[i, j]
    side = k // 2
    # A row up widens the triangle by `side`, and each layer lengthens it to the left by as much. The first convolution
    # shows a pixel to the left, or climbs the last row itself and widens it by one.
    for up in range(5):
        left = max(side * (up + layers) + 1, (side * (up - 1 + layers) + 1) if up else 0)
        right = max(side * up - 1, side * (up - 1) + 1) if up else -1
        reach = range(max(0, j - left), min(width, j + right + 1))
        assert seen[i - up].nonzero().flatten().tolist() == list(reach)


def test_colours_of_a_pixel_see_each_other_in_their_order():
    for config in ("tiny-rgb", "tiny-rgb-row"):
        model = arzoo.create("pixelrnn", config, event_shape=(3, 3, 3))
        seen = model.backbone.dependence(model.ordering).view(3, 3, 3, 3, 3, 3)[:, 1, 1, :, 1, 1]
        assert seen.tolist() == [[False, False, False], [True, False, False], [True, True, False]]


@pytest.mark.parametrize("cell", ["row", "diagonal"])
@pytest.mark.parametrize("factor", [2, 4])
def test_fine_pixels_see_all_coarse_ones_and_coarse_pixels_nothing_else(cell, factor):
    model = arzoo.create("pixelrnn", "tiny-scales", event_shape=(1, 8, 8), cell=cell, scale=factor)
    assert model.ordering == arzoo.orderings.SubScale((1, 8, 8), factor=factor)
    seen = model.backbone.dependence(model.ordering)
    coarse = torch.zeros(8, 8, dtype=torch.bool)
    coarse[::factor, ::factor] = True
    coarse = coarse.flatten()
    assert seen[~coarse][:, coarse].all()
    assert not seen[coarse][:, ~coarse].any()
    assert not (seen & ~model.ordering.earlier()).any()
    if cell == "diagonal":
        assert torch.equal(seen, model.ordering.earlier())


def test_the_coarse_image_is_drawn_by_a_network_that_has_not_seen_the_rest():
    """Coarse pixels are as likely as under the coarse network by itself."""
    model = arzoo.create("pixelrnn", "tiny-scales").double()
    small = arzoo.create("pixelrnn", "tiny-diagonal", event_shape=(1, 2, 2), num_layers=1).double()
    small.backbone.load_state_dict(model.backbone.coarse.state_dict())
    x = torch.randint(0, 2, (5, 1, 4, 4))
    torch.testing.assert_close(
        model.position_log_prob(x)[:, :, ::2, ::2], small.position_log_prob(x[:, :, ::2, ::2]), rtol=0, atol=1e-12
    )


@pytest.mark.parametrize("config", ["tiny-diagonal", "tiny-row", "tiny-scales"])
def test_every_layer_carries_weight(config):
    """Skips, scales and cells alike: no parameter may be moved without moving the likelihood."""
    torch.manual_seed(0)
    model = arzoo.create("pixelrnn", config, hidden_channels=6, output_channels=16, skips=True).double()
    x = torch.randint(0, 2, (8, *model.event_shape))
    before = model.log_prob(x)
    for weight in model.parameters():
        kept = weight.detach().clone()
        with torch.no_grad():
            weight += 0.5
        assert (model.log_prob(x) != before).any()
        with torch.no_grad():
            weight.copy_(kept)


def test_steps_do_not_grow_with_the_position():
    """The layers' states keep their sizes from the first position to the last."""

    def sizes(state):
        return [[tuple(t.shape) for t in vars(own.lstm).values() if torch.is_tensor(t)] for own in state.layers[1:-1]]

    model = arzoo.create("pixelrnn", "tiny-17").double()
    x, state = torch.randint(0, 17, (2, 20)), model.backbone.init_state(2)
    at_first = sizes(state)
    for position in range(20):
        model.backbone.step(state, x[:, max(0, position - 1), None], position)
    assert sizes(state) == at_first


@pytest.mark.parametrize("fault", ["unshifted", "unmasked"])
def test_the_suite_finds_a_direction_from_the_right_that_looks_ahead(monkeypatch, fault):
    if fault == "unshifted":
        monkeypatch.setattr("arzoo.nn.recurrent.shifted_down", lambda x: x)
    else:
        monkeypatch.setattr("arzoo.nn.convolution.MaskedConv2d.masked_weight", lambda self: self.weight)
    report = check_model(lambda: arzoo.create("pixelrnn", "tiny-rgb"))
    assert "causality" in {row.check for row in report.rows if row.outcome.status == "failed"}


def test_sequences_are_refused():
    with pytest.raises(arzoo.ConfigError, match=r"raster .*\(C, H, W\), sizes at least 1, got \(16,\)"):
        arzoo.create("pixelrnn", event_shape=(16,))


def test_sequences_are_refused_at_two_scales():
    with pytest.raises(arzoo.ConfigError, match=r"subscale .*\(C, H, W\), sizes at least 1, got \(16,\)"):
        arzoo.create("pixelrnn", event_shape=(16,), scale=2)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"cell": "column"}, r"`cell` must be one of row, diagonal, got 'column'\. Use cell='diagonal'"),
        ({"scale": 3}, r"`scale` must divide the height and width of the image, 3 and 4, got 3\. Use scale=1"),
        ({"scale": 0}, r"`scale` must be a whole number of at least 1, got 0"),
        ({"num_layers": 0}, r"`num_layers` must be a whole number of at least 1, got 0"),
        ({"hidden_channels": 0}, r"`hidden_channels` must be a whole number of at least 1, got 0"),
        ({"output_channels": -1}, r"`output_channels` must be a whole number of at least 1, got -1"),
        ({"map_channels": 0}, r"`map_channels` must be a whole number of at least 1, got 0"),
        ({"coarse_layers": 0}, r"`coarse_layers` must be a whole number of at least 1, got 0"),
        ({"coarse_hidden_channels": 0}, r"`coarse_hidden_channels` must be a whole number of at least 1, got 0"),
        ({"embedding_channels": -1}, r"`embedding_channels` must be a whole number of at least 0, got -1"),
        ({"input_kernel_size": 4}, r"must be odd to have a centre, got 4"),
        ({"cell": "row", "kernel_size": 2}, r"must be odd to have a centre, got \(1, 2\)"),
        ({"event_shape": (3, 4, 4), "hidden_channels": 2}, r"at least one channel a colour: 3, got 2"),
        ({"num_levels": 1}, r"`num_levels` .*, got 1"),
        ({"hiden_channels": 8}, r"hiden_channels.*hidden_channels"),
        (
            {"context": {"it": {"kind": "latent", "shape": [2, 2, 3]}}},
            r"latent 'it' must divide .*\(3, 4\), .* got \(2, 3\)\. Use .*\(2, 1, 2\)",
        ),
    ],
)
def test_what_cannot_be_built_is_refused(arguments, message):
    with pytest.raises(arzoo.ConfigError, match=message):
        arzoo.create("pixelrnn", "tiny-diagonal", **arguments)


def test_a_context_by_the_name_of_the_coarse_image_is_refused():
    labels = {"kind": "labels", "num_classes": 2}
    with pytest.raises(arzoo.ConfigError, match=r"must not be named 'coarse', .* got Labels\(.*\. Use another name"):
        arzoo.create("pixelrnn", "tiny-scales", context={"coarse": labels})


@pytest.mark.parametrize("config", ["tiny-class", "tiny-vector-row", "tiny-class-map", "tiny-scales-rgb-class"])
def test_every_layer_hears_of_every_part_of_the_context(config):
    torch.manual_seed(0)
    model = arzoo.create("pixelrnn", config, hidden_channels=6, output_channels=16).double()
    x, context = torch.randint(0, 2, (4, *model.event_shape)), {}
    for name, spec in model.context.items():
        context[name] = 0 if spec.kind == "labels" else torch.randn(spec.shape, dtype=torch.float64)
    before = model.log_prob(x, context)
    told = [(name, weight) for name, weight in model.named_parameters() if ".for_" in name or ".told." in name]
    assert told
    for name, weight in told:
        kept = weight.detach().clone()
        with torch.no_grad():
            weight += 1.0
        assert (model.log_prob(x, context) != before).any(), name
        with torch.no_grad():
            weight.copy_(kept)
