"""Conditions against the equations, written out in float64, and what cannot be one."""

import pytest
import torch

from arzoo.context import Labels, Latent, Series
from arzoo.errors import ConfigError
from arzoo.nn.conditioning import Condition, ConditionBias, ConditionSize, ContextEncoder, deconvolution

DOUBLE = torch.float64
SPECS = {"digit": Labels(3), "map": Latent((2, 2, 1)), "style": Latent((2,)), "wide": Latent((4, 1, 1))}


@pytest.fixture
def context():
    generator = torch.Generator().manual_seed(0)
    floats = {
        name: torch.randn(2, *spec.shape, generator=generator, dtype=DOUBLE)
        for name, spec in SPECS.items()
        if name != "digit"
    }
    return {"digit": torch.tensor([2, 0]), **floats}


def by_hand(m, x):
    """A transposed convolution as a sum: every input places its kernel, and what falls outside is cut off."""
    for layer in m:
        if isinstance(layer, torch.nn.ELU):
            x = torch.where(x > 0, x, x.exp() - 1)
            continue
        (a, b), (height, width) = layer.stride, x.shape[2:]
        out = torch.zeros(len(x), layer.out_channels, a * height + 2, b * width + 2, dtype=DOUBLE)
        for i in range(height):
            for j in range(width):
                placed = torch.einsum("bc,cokl->bokl", x[:, :, i, j], layer.weight)
                out[:, :, a * i : a * i + a + 2, b * j : b * j + b + 2] += placed
        x = out[:, :, 1:-1, 1:-1] + layer.bias[:, None, None]
    return x


def test_labels_and_vectors_are_laid_end_to_end_in_the_order_declared(context):
    condition = ContextEncoder(SPECS, (4, 6), 5).double()(context, DOUBLE)
    one_hot = torch.tensor([[0, 0, 1], [1, 0, 0]], dtype=DOUBLE)
    assert torch.equal(condition.vector, torch.cat([one_hot, context["style"]], 1))


def test_every_map_has_its_network_and_the_maps_stand_side_by_side(context):
    encoder = ContextEncoder(SPECS, (4, 6), 5).double()
    assert encoder.size == ConditionSize(vector=5, map=10)
    expected = [by_hand(m, context[name]) for m, name in zip(encoder.networks, ("map", "wide"), strict=True)]
    torch.testing.assert_close(encoder(context, DOUBLE).map, torch.cat(expected, 1), rtol=0, atol=1e-12)


def test_the_bias_is_that_of_equations_4_and_5():
    bias = ConditionBias(ConditionSize(3, 2), 4).double()
    x, h, s = (torch.randn(2, *shape, dtype=DOUBLE) for shape in ((4, 5, 6), (3,), (2, 5, 6)))
    expected = x.clone()
    for i in range(5):
        for j in range(6):
            expected[:, :, i, j] += h @ bias.weight.T + s[:, :, i, j] @ bias.map_weight[:, :, 0, 0].T
    torch.testing.assert_close(bias(x, Condition(h, s)), expected, rtol=0, atol=1e-12)
    row = bias(x[:, :, 3:4], Condition(h, s).row(3))
    torch.testing.assert_close(row, expected[:, :, 3:4], rtol=0, atol=1e-12)


def test_without_a_context_there_are_no_weights_and_features_stay_as_they_are():
    encoder = ContextEncoder({}, (4, 4))
    bias, x = ConditionBias(encoder.size, 4), torch.randn(1, 4, 2, 2)
    assert [*encoder.parameters(), *bias.parameters()] == []
    assert bias(x, encoder(None, x.dtype)) is x


def test_labels_alone_need_weights_in_the_bias_only():
    encoder = ContextEncoder({"label": Labels(10)}, (8, 8))
    assert encoder.state_dict() == {}
    assert {name: tuple(w.shape) for name, w in ConditionBias(encoder.size, 6).state_dict().items()} == {
        "weight": (6, 10)
    }


@pytest.mark.parametrize(
    ("size", "image_size", "strides"),
    [
        ((2, 2), (8, 8), [(2, 2), (2, 2)]),
        ((1, 1), (28, 28), [(7, 7), (2, 2), (2, 2)]),
        ((8, 2), (8, 6), [(1, 3)]),
        ((5, 4), (5, 4), [(1, 1)]),
    ],
)
def test_strides_are_the_prime_factors_of_the_ratio(size, image_size, strides):
    m = deconvolution("z", (1, *size), image_size, 2)
    assert [layer.stride for layer in m if hasattr(layer, "stride")] == strides
    assert m(torch.zeros(1, 1, *size)).shape == (1, 2, *image_size)


def test_a_latent_of_the_images_size_speaks_to_each_position_of_its_own_place():
    m = deconvolution("z", (1, 4, 4), (8, 8), 1).double()
    z = torch.zeros(1, 1, 4, 4, dtype=DOUBLE, requires_grad=True)
    m(z)[0, 0, 2, 5].backward()
    assert z.grad[0, 0, 1, 2] != 0
    assert (z.grad[0, 0, :, 0] == 0).all()


def test_a_latent_that_no_stride_reaches_is_refused():
    rule = r"latent 'z' must divide those of the image, \(8, 6\), .* got \(3, 4\)\. Use Latent\(\(5, 2, 3\)\)"
    with pytest.raises(ConfigError, match=rule):
        ContextEncoder({"z": Latent((5, 3, 4))}, (8, 6))


def test_a_latent_larger_than_the_image_is_refused():
    with pytest.raises(ConfigError, match=r"must divide those of the image, \(8, 8\), .* got \(16, 8\)"):
        ContextEncoder({"z": Latent((5, 16, 8))}, (8, 8))


@pytest.mark.parametrize("spec", [Series(channels=2, hop=4), Latent((2, 2))])
def test_other_contexts_are_refused(spec):
    rule = (
        r"must be labels, or a latent of shape \(D,\) or \(c, h, w\), got .*(channels=2|shape=\(2, 2\)).* for 'local'"
    )
    with pytest.raises(ConfigError, match=rule):
        ContextEncoder({"local": spec}, (4, 4))


def test_rows_of_a_vector_are_the_vector():
    condition = Condition(torch.ones(1, 2))
    assert condition.row(3) is condition


def test_weights_are_within_one_over_the_root_of_their_inputs():
    bias = ConditionBias(ConditionSize(16, 25), 200)
    assert 0.24 < bias.weight.abs().max() <= 1 / 4
    assert 0.19 < bias.map_weight.abs().max() <= 1 / 5


def test_floats_take_the_dtype_of_the_layers():
    encoder = ContextEncoder({"style": Latent((2,)), "map": Latent((1, 2, 2))}, (4, 4))
    context = {"style": torch.ones(1, 2, dtype=DOUBLE), "map": torch.ones(1, 1, 2, 2, dtype=DOUBLE)}
    assert {part.dtype for part in encoder(context, torch.float32)} == {torch.float32}
