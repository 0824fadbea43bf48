"""What is Gated PixelCNN's own: no blind spot, its conditioning, its size, its refusals."""

import pytest
import torch

import arzoo


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


def test_every_layer_hears_of_the_label():
    torch.manual_seed(0)
    model = arzoo.create("gatedpixelcnn", "tiny-class", event_shape=(1, 5, 5), output_channels=16).double()
    x = torch.randint(0, 2, (4, *model.event_shape))
    before = model.log_prob(x, {"label": 0})
    for layer in (model.backbone.input, *model.backbone.layers):
        for told in filter(None, (layer.for_vertical, layer.for_horizontal)):
            kept = told.weight.detach().clone()
            with torch.no_grad():
                told.weight[:, 0] += 1.0
            assert (model.log_prob(x, {"label": 0}) != before).any()
            with torch.no_grad():
                told.weight.copy_(kept)
    assert torch.equal(model.log_prob(x, {"label": 0}), before)


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
    assert sum(q.numel() for q in model.parameters()) == layer(3, 7) + 19 * layer(p, 5) + last


def test_a_context_other_than_a_label_is_refused():
    context = {"speaker": {"kind": "labels", "num_classes": 2}}
    with pytest.raises(arzoo.ConfigError, match=r"takes the context 'label' alone, got \['speaker'\]"):
        arzoo.create("gatedpixelcnn", "tiny-class", context=context)


def test_even_kernels_are_refused():
    with pytest.raises(arzoo.ConfigError, match=r"must be odd to have a centre, got 4"):
        arzoo.create("gatedpixelcnn", "tiny-binary", kernel_size=4)


def test_a_model_without_layers_is_refused():
    with pytest.raises(arzoo.ConfigError, match=r"`num_layers` must be a whole number of at least 1, got 0"):
        arzoo.create("gatedpixelcnn", "tiny-binary", num_layers=0)
