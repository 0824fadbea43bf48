"""What is Gated PixelCNN's own: no blind spot, its conditioning, its size, its refusals."""

from pathlib import Path

import pytest
import torch

import arzoo

PAGE = Path(__file__).parents[3] / "docs/architectures/gatedpixelcnn.md"


def test_there_is_no_blind_spot():
    model = arzoo.create("gatedpixelcnn", "tiny-binary", event_shape=(1, 6, 8), num_layers=8)
    assert torch.equal(model.backbone.dependence(model.ordering), model.ordering.earlier())


@pytest.mark.parametrize("layers", [1, 2, 3])
def test_a_short_stack_sees_a_window_that_is_whole(layers):
    height, width = 7, 15
    model = arzoo.create("gatedpixelcnn", "tiny-binary", event_shape=(1, height, width), num_layers=layers)
    seen = model.backbone.dependence(model.ordering).view(height, width, height, width)[6, 7]
    # A layer of the vertical stack gains a row above and a column on each side, and the link shifts it down by one;
    # a layer of the horizontal stack gains a column to the left.
    expected = torch.zeros(height, width, dtype=torch.bool)
    expected[6, 7 - layers : 7] = True
    expected[max(0, 5 - layers) : 6, 7 - layers : 7 + layers + 1] = True
    assert torch.equal(seen, expected)


@pytest.mark.parametrize("config", ["tiny-class", "tiny-vector", "tiny-map", "tiny-class-map"])
def test_every_layer_hears_of_every_part_of_the_context(config):
    torch.manual_seed(0)
    model = arzoo.create("gatedpixelcnn", config, output_channels=16).double()
    x, context = torch.randint(0, 2, (4, *model.event_shape)), {}
    for name, spec in model.context.items():
        context[name] = 0 if spec.kind == "labels" else torch.randn(spec.shape, dtype=torch.float64)
    before = model.log_prob(x, context)
    layers = (model.backbone.input, *model.backbone.layers)
    told = [part for layer in layers for part in (layer.for_vertical, layer.for_horizontal)]
    assert len(told) == 6
    assert list(told[4].parameters()) == []  # nothing reads the last vertical stack behind its gate
    for weight in [weight for part in told for weight in part.parameters()]:
        kept = weight.detach().clone()
        with torch.no_grad():
            weight += 1.0
        assert (model.log_prob(x, context) != before).any()
        with torch.no_grad():
            weight.copy_(kept)
    assert torch.equal(model.log_prob(x, context), before)


def test_a_map_speaks_to_the_rows_where_it_stands():
    """Only the lower half of the map differs, so the upper half of the image is as likely as before."""
    model = arzoo.create(
        "gatedpixelcnn", "tiny-map", event_shape=(1, 8, 4), context={"z": arzoo.context.Latent((1, 4, 2))}
    )
    model, x = model.double(), torch.randint(0, 2, (1, 1, 8, 4))
    z = torch.zeros(2, 1, 4, 2, dtype=torch.float64)
    z[1, 0, 3] = 1.0
    nats = model.position_log_prob(x.expand(2, -1, -1, -1), {"z": z})
    # Row 3 of the map places a kernel of four rows at rows 5 to 8 of the image.
    assert torch.equal(nats[0, 0, :5], nats[1, 0, :5])
    assert (nats[0, 0, 5:] != nats[1, 0, 5:]).all()


def test_the_paper_config_has_the_size_that_its_layers_add_up_to():
    with torch.device("meta"):
        model = arzoo.create("gatedpixelcnn", "paper")
    p, out = 384, 1024

    def layer(inputs, size):
        half = size // 2 + 1  # kernels are stored down to the current row, and one row high up to the current column
        vertical = inputs * 2 * p * half * size + 2 * p
        link = 2 * p * 2 * p
        horizontal = inputs * 2 * p * half + 2 * p
        return vertical + link + horizontal + (p * 2 * p + 2 * p)

    last = (p * out + out) + (out * 3 * 256 + 3 * 256)
    total = layer(3, 7) + 19 * layer(p, 5) + last
    assert sum(q.numel() for q in model.parameters()) == total
    assert f"| together | | {total:,} |" in PAGE.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (
            {"kind": "series", "channels": 2, "hop": 4},
            r"must be labels, or a latent of shape .* got Series\(channels=2",
        ),
        ({"kind": "latent", "shape": [4, 4]}, r"must be labels, or a latent of shape .* got Latent\(shape=\(4, 4\)\)"),
        (
            {"kind": "latent", "shape": [2, 3, 2]},
            r"latent 'it' must divide .*\(4, 4\), .* got \(3, 2\)\. Use .*\(2, 2, 2\)",
        ),
    ],
)
def test_contexts_that_no_layer_can_be_told_of_are_refused(spec, message):
    with pytest.raises(arzoo.ConfigError, match=message):
        arzoo.create("gatedpixelcnn", "tiny-binary", context={"it": spec})


@pytest.mark.parametrize(
    ("config", "context", "message"),
    [
        ("tiny-class", {"label": 2}, r"Context 'label': Labels must be 0 to 1, got \[2\]"),
        ("tiny-vector", {"latent": torch.zeros(4)}, r"Context 'latent': A latent must have shape \(1, 3\), got \(4,\)"),
        ("tiny-map", {"latent": torch.zeros(1, 2, 1)}, r"must have shape \(1, 2, 2, 1\), got \(1, 2, 1\)"),
    ],
)
def test_values_that_do_not_fit_are_refused(config, context, message):
    model = arzoo.create("gatedpixelcnn", config)
    with pytest.raises(arzoo.ContextError, match=message):
        model.sample(1, context, progress=False)


@pytest.mark.parametrize("name", ["map_channels", "num_layers"])
def test_a_model_without_layers_or_maps_is_refused(name):
    with pytest.raises(arzoo.ConfigError, match=rf"`{name}` must be a whole number of at least 1, got 0"):
        arzoo.create("gatedpixelcnn", "tiny-map", **{name: 0})


def test_a_negative_length_of_vectors_is_refused():
    with pytest.raises(arzoo.ConfigError, match=r"`embedding_channels` must be a whole number of at least 0, got -1"):
        arzoo.create("gatedpixelcnn", "tiny-codes", embedding_channels=-1)


def test_a_single_level_is_refused():
    with pytest.raises(arzoo.ConfigError, match=r"`num_levels` .*, got 1"):
        arzoo.create("gatedpixelcnn", "tiny-codes", num_levels=1)


def test_even_kernels_are_refused():
    with pytest.raises(arzoo.ConfigError, match=r"must be odd to have a centre, got 4"):
        arzoo.create("gatedpixelcnn", "tiny-binary", kernel_size=4)
