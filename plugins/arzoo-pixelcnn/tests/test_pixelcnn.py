"""What is PixelCNN's own: its blind spot, its size, its refusals."""

from pathlib import Path

import pytest
import torch

import arzoo

PAGE = Path(__file__).parents[3] / "docs/architectures/pixelcnn.md"


def reach(rows, blocks):
    """How far to the right a position sees `rows` rows above it, by hand.

    The 7x7 layer climbs 1 to 3 rows and 3 columns, or stays; each block's 3x3 climbs a row and a column, or stays.
    """
    ways = [3 + (rows - first) for first in (1, 2, 3) if 0 <= rows - first <= blocks]
    return max(ways, default=None)


@pytest.mark.parametrize("blocks", [1, 2, 4])
def test_the_blind_spot_is_the_cone_of_the_paper(blocks):
    height, width = 7, 17
    model = arzoo.create("pixelcnn", "tiny-blind", event_shape=(1, height, width), num_blocks=blocks)
    seen = model.backbone.dependence(model.ordering).view(height, width, height, width)[6, 4]
    for rows in range(1, 7):
        limit = reach(rows, blocks)
        expected = [] if limit is None else list(range(min(width, 4 + limit + 1)))
        leftmost = 4 - 3 - blocks  # seven columns of one layer, three of the others
        assert seen[6 - rows].nonzero().flatten().tolist() == [j for j in expected if j >= leftmost]


def test_channels_of_a_pixel_see_each_other_in_the_order_of_the_colours():
    model = arzoo.create("pixelcnn", "tiny-rgb")
    seen = model.backbone.dependence(model.ordering).view(3, 3, 4, 3, 3, 4)[:, 1, 1, :, 1, 1]
    assert seen.tolist() == [[False, False, False], [True, False, False], [True, True, False]]


def test_the_paper_config_has_the_size_that_its_layers_add_up_to():
    with torch.device("meta"):
        model = arzoo.create("pixelcnn", "paper")
    h, wide, out = 128, 256, 1024
    # Kernels are stored down to the current row: 4 x 7 of 7 x 7, 2 x 3 of 3 x 3.
    first = 3 * wide * 4 * 7 + wide
    block = (wide * h + h) + (h * h * 2 * 3 + h) + (h * wide + wide)
    last = (wide * out + out) + (out * 3 * 256 + 3 * 256)
    total = first + 15 * block + last
    assert sum(p.numel() for p in model.parameters()) == total
    assert f"| together | | {total:,} |" in PAGE.read_text(encoding="utf-8")


def test_sequences_are_refused():
    with pytest.raises(arzoo.ConfigError, match=r"raster|\(C, H, W\)"):
        arzoo.create("pixelcnn", event_shape=(16,))


def test_an_unknown_argument_is_refused_with_the_nearest():
    with pytest.raises(arzoo.ConfigError, match=r"hiden_channels.*hidden_channels"):
        arzoo.create("pixelcnn", hiden_channels=8)


def test_fewer_channels_than_colours_are_refused():
    with pytest.raises(arzoo.ConfigError, match=r"at least one channel a colour: 3, got 2"):
        arzoo.create("pixelcnn", "tiny-rgb", hidden_channels=2)


def test_a_negative_number_of_blocks_is_refused():
    with pytest.raises(arzoo.ConfigError, match=r"`num_blocks` must be a whole number of at least 0, got -1"):
        arzoo.create("pixelcnn", "tiny-binary", num_blocks=-1)


@pytest.mark.parametrize("config", ["tiny-class", "tiny-vector", "tiny-map", "tiny-class-map"])
def test_every_block_hears_of_every_part_of_the_context(config):
    torch.manual_seed(0)
    model = arzoo.create("pixelcnn", config, num_blocks=2, hidden_channels=8, output_channels=16).double()
    x, context = torch.randint(0, 2, (4, *model.event_shape)), {}
    for name, spec in model.context.items():
        context[name] = 0 if spec.kind == "labels" else torch.randn(spec.shape, dtype=torch.float64)
    before = model.log_prob(x, context)
    assert len(model.backbone.told) == 3
    for weight in model.backbone.told.parameters():
        kept = weight.detach().clone()
        with torch.no_grad():
            weight += 1.0
        assert (model.log_prob(x, context) != before).any()
        with torch.no_grad():
            weight.copy_(kept)
    assert torch.equal(model.log_prob(x, context), before)


def test_the_context_is_a_bias_in_front_of_each_relu():
    """The bias of a label, moved into the convolutions by hand, makes the same model without a context."""
    told = arzoo.create("pixelcnn", "tiny-class", num_blocks=2).double()
    plain = arzoo.create("pixelcnn", "tiny-binary", num_blocks=2).double()
    weights = told.backbone.state_dict()
    biases = [weights.pop(f"told.{k}.weight")[:, 1] for k in range(3)]
    for name, bias in zip(("input", "blocks.0.5", "blocks.1.5"), biases, strict=True):
        weights[f"{name}.bias"] = weights[f"{name}.bias"] + bias
    plain.backbone.load_state_dict(weights)
    x = torch.randint(0, 2, (3, 1, 4, 4))
    torch.testing.assert_close(told.log_prob(x, {"label": 1}), plain.log_prob(x), rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (
            {"kind": "series", "channels": 2, "hop": 4},
            r"must be labels, or a latent of shape .* got Series\(channels=2",
        ),
        (
            {"kind": "latent", "shape": [2, 3, 2]},
            r"latent 'it' must divide .*\(4, 4\), .* got \(3, 2\)\. Use .*\(2, 2, 2\)",
        ),
    ],
)
def test_contexts_that_no_layer_can_be_told_of_are_refused(spec, message):
    with pytest.raises(arzoo.ConfigError, match=message):
        arzoo.create("pixelcnn", "tiny-binary", context={"it": spec})


@pytest.mark.parametrize(
    ("config", "context", "message"),
    [
        ("tiny-class", {"label": 2}, r"Context 'label': Labels must be 0 to 1, got \[2\]"),
        ("tiny-map", {"latent": torch.zeros(1, 2, 1)}, r"must have shape \(1, 2, 2, 1\), got \(1, 2, 1\)"),
    ],
)
def test_values_that_do_not_fit_are_refused(config, context, message):
    model = arzoo.create("pixelcnn", config)
    with pytest.raises(arzoo.ContextError, match=message):
        model.sample(1, context, progress=False)


def test_a_model_without_maps_is_refused():
    with pytest.raises(arzoo.ConfigError, match=r"`map_channels` must be a whole number of at least 1, got 0"):
        arzoo.create("pixelcnn", "tiny-map", map_channels=0)


def test_a_single_level_is_refused():
    with pytest.raises(arzoo.ConfigError, match=r"`num_levels` .*, got 1"):
        arzoo.create("pixelcnn", "tiny-codes", num_levels=1)
