"""What is PixelCNN++'s own: its equations, its size, its receptive field, its initialisation, its refusals."""

import pytest
import torch
import torch.nn.functional as F
from arzoo_pixelcnnpp.blocks import Features, HorizontalBlock, VerticalBlock

import arzoo


def elu_twice(x):
    return F.elu(torch.cat([x, -x], 1))


def padded(x, left, right, top):
    return F.pad(x, (left, right, top, 0))


def test_a_horizontal_block_is_the_gated_residual_of_its_convolutions():
    torch.manual_seed(0)
    told = arzoo.nn.ConditionSize(vector=3)
    block = HorizontalBlock(4, 2, told, dropout=0.0).double()
    x, above, before = (torch.randn(2, 4, 5, 6, dtype=torch.float64) for _ in range(3))
    h = torch.randn(2, 3, dtype=torch.float64)
    y = F.conv2d(padded(elu_twice(x), 1, 0, 1), block.input.weight, block.input.bias)
    y = y + F.conv2d(torch.cat([elu_twice(above), elu_twice(before)], 1), block.shortcut.weight, block.shortcut.bias)
    y = F.conv2d(padded(elu_twice(y), 1, 0, 1), block.output.weight, block.output.bias)
    y = y + (h @ block.told.weight.T)[:, :, None, None]
    expected = x + y[:, :4] * torch.sigmoid(y[:, 4:])
    got = block(Features.of(x), (Features.of(above), Features.of(before)), arzoo.nn.Condition(h))
    torch.testing.assert_close(got.x, expected, rtol=0, atol=1e-12)
    assert torch.equal(got.active, elu_twice(got.x))


def test_a_vertical_block_reads_the_rows_up_to_its_own():
    torch.manual_seed(0)
    block = VerticalBlock(4, 1, arzoo.nn.ConditionSize(), dropout=0.0).double()
    x, before = (torch.randn(2, 4, 5, 6, dtype=torch.float64) for _ in range(2))
    y = F.conv2d(padded(elu_twice(x), 1, 1, 1), block.input.weight, block.input.bias)
    y = y + F.conv2d(elu_twice(before), block.shortcut.weight, block.shortcut.bias)
    y = F.conv2d(padded(elu_twice(y), 1, 1, 1), block.output.weight, block.output.bias)
    expected = x + y[:, :4] * torch.sigmoid(y[:, 4:])
    got = block(Features.of(x), (Features.of(before),), arzoo.nn.Condition())
    torch.testing.assert_close(got.x, expected, rtol=0, atol=1e-12)


def test_dropout_stands_between_the_convolutions_and_only_in_training():
    torch.manual_seed(0)
    block = VerticalBlock(8, 0, arzoo.nn.ConditionSize(), dropout=0.5)
    stream, nothing = Features.of(torch.randn(2, 8, 6, 6)), arzoo.nn.Condition()
    assert not torch.equal(block(stream, (), nothing).x, block(stream, (), nothing).x)
    block.eval()
    assert torch.equal(block(stream, (), nothing).x, block(stream, (), nothing).x)


def test_the_paper_config_has_the_size_that_its_layers_add_up_to():
    with torch.device("meta"):
        model = arzoo.create("pixelcnnpp", "paper")
    f, blocks, scales = 160, 5, 3

    def layer(inputs, outputs, taps):
        return inputs * outputs * taps + outputs  # weight and bias; the lengths of weight normalisation apart

    def block(taps, shortcuts):
        nin = layer(2 * f * shortcuts, f, 1) if shortcuts else 0
        return layer(2 * f, f, taps) + nin + layer(2 * f, 2 * f, taps)

    up = scales * blocks * (block(6, 0) + block(4, 1))
    down = (scales * blocks + scales - 1) * (block(6, 1) + block(4, 2))
    resampling = (scales - 1) * 2 * (layer(f, f, 6) + layer(f, f, 4))
    first = layer(4, f, 6) + layer(4, f, 3) + layer(4, f, 2)
    expected = first + up + down + resampling + layer(f, 100, 1)
    parameters = dict(model.named_parameters())
    lengths = sum(value.numel() for name, value in parameters.items() if name.endswith("original0"))
    assert sum(value.numel() for value in parameters.values()) - lengths == expected == 53_618_660
    assert lengths == sum(value.numel() for name, value in parameters.items() if name.endswith("bias"))
    assert sum(value.numel() for value in parameters.values()) == pytest.approx(53.6e6, rel=0.01)


def test_the_paper_config_sees_all_of_the_past():
    model = arzoo.create("pixelcnnpp", "tiny-17", event_shape=(1, 16, 16), num_blocks=5, num_scales=3)
    assert torch.equal(model.backbone.dependence(model.ordering), model.ordering.earlier())


def test_one_block_at_one_scale_sees_a_window():
    model = arzoo.create("pixelcnnpp", "tiny-17", event_shape=(1, 9, 13), num_scales=1)
    seen = model.backbone.dependence(model.ordering).view(9, 13, 9, 13)[8, 6]
    # Five layers on the way, the first and the four convolutions of two blocks: the horizontal stream gains a column to
    # the left with each. The vertical stream gains one on both sides, and has a say before the last convolution.
    assert seen[8].nonzero().flatten().tolist() == [1, 2, 3, 4, 5]
    assert seen[7].nonzero().flatten().tolist() == list(range(6 - 5 - 1, 6 + 5 + 1))


def test_initialisation_from_data_brings_every_layer_to_one_size():
    torch.manual_seed(0)
    model = arzoo.create("pixelcnnpp", "small", event_shape=(1, 8, 8), num_levels=17, num_scales=2)
    x, seen = torch.randint(0, 17, (32, 1, 8, 8)), {}
    model.backbone.init_from_data(x)
    for name, layer in model.backbone.named_modules():
        if hasattr(layer, "init_scale"):
            layer.register_forward_hook(lambda layer, inputs, y, name=name: seen.update({name: (layer, y.detach())}))
    model(x)
    assert len(seen) == sum(name.endswith("original0") for name, _ in model.named_parameters())
    for layer, y in seen.values():
        torch.testing.assert_close(y.mean((0, 2, 3)), torch.zeros(y.shape[1]), rtol=0, atol=1e-3)
        moves = y.std((0, 2, 3)) > 1e-6
        torch.testing.assert_close(
            y.std((0, 2, 3))[moves], torch.full((int(moves.sum()),), layer.init_scale), rtol=1e-3, atol=0
        )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"event_shape": (1, 6, 8), "num_scales": 3},
            r"must be multiples of 4, by which the strides divide them, got \(6, 8\). "
            r"Use event_shape=\(1, 8, 8\) or fewer num_scales",
        ),
        ({"num_scales": 0}, "`num_scales` must be a whole number of at least 1, got 0"),
        ({"num_blocks": 0}, "`num_blocks` must be a whole number of at least 1, got 0"),
        ({"hidden_channels": 0}, "`hidden_channels` must be a whole number of at least 1, got 0"),
        ({"num_levels": 1}, "`num_levels` of discretized-logistic-mixture must be at least 2, got 1"),
        (
            {"num_mixtures": 0},
            "`num_mixtures` and `num_channels` of discretized-logistic-mixture must be at least 1, got 0",
        ),
        ({"dropout": 1.5}, "dropout"),
    ],
)
def test_what_cannot_be_built_is_refused(arguments, message):
    with pytest.raises(arzoo.ConfigError, match=message):
        arzoo.create("pixelcnnpp", "tiny-17", **arguments)


def test_a_label_out_of_range_is_refused():
    model = arzoo.create("pixelcnnpp", "tiny-class")
    with pytest.raises(arzoo.ContextError, match=r"Labels must be 0 to 1, got \[2\]"):
        model.sample(1, {"label": 2}, progress=False)


def test_a_latent_of_another_size_is_refused():
    model = arzoo.create("pixelcnnpp", "tiny-map")
    with pytest.raises(arzoo.ContextError, match=r"must have shape \(1, 2, 1, 2\), got \(2, 2, 2\)"):
        model.sample(1, {"latent": torch.zeros(2, 2, 2)}, progress=False)
