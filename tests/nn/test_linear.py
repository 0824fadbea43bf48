"""The masked layer against its equations, written out unit by unit."""

import pytest
import torch

from arzoo.nn import MaskedLinear

INPUTS, HIDDEN, OUTPUTS = (torch.tensor(degrees) for degrees in ([3, 0, 1, 2, 2], [2, 1, 0, 2], [1, 3, 2, 1, 3, 2]))
LAYERS = [(INPUTS, HIDDEN, False), (INPUTS, OUTPUTS, True), (HIDDEN, OUTPUTS, True)]


@pytest.fixture(params=LAYERS, ids=["hidden", "direct", "output"])
def degrees(request):
    return request.param


def layer_of(degrees, **options):
    torch.manual_seed(0)
    ins, outs, strict = degrees
    return MaskedLinear(ins, outs, strict=strict, **options).double()


def by_equation(layer, weight, x, degrees):
    """Equations 8, 9, 12 and 13: a sum over the inputs that a unit sees."""
    ins, outs, strict = degrees
    y = torch.zeros(len(x), len(outs), dtype=torch.float64)
    for k, own in enumerate(outs.tolist()):
        for d, other in enumerate(ins.tolist()):
            if own > other or (own == other and not strict):
                y[:, k] += weight[k, d] * x[:, d]
        y[:, k] += 0 if layer.bias is None else layer.bias[k]
    return y


@pytest.mark.parametrize("bias", [True, False])
def test_a_unit_sums_what_its_degree_lets_it_see(degrees, bias):
    layer, x = layer_of(degrees, bias=bias), torch.randn(7, len(degrees[0]), dtype=torch.float64)
    torch.testing.assert_close(layer(x), by_equation(layer, layer.weight, x, degrees), rtol=0, atol=1e-14)


def test_a_packed_layer_is_the_same_with_only_the_weights_it_uses(degrees):
    layer, whole = layer_of(degrees, packed=True), layer_of(degrees)
    assert layer.weight.shape == (1, int(whole.mask.sum()))
    with torch.no_grad():
        whole.weight[whole.mask] = layer.weight[0]
        whole.bias.copy_(layer.bias)
    x = torch.randn(7, len(degrees[0]), dtype=torch.float64)
    torch.testing.assert_close(layer(x), whole(x), rtol=0, atol=1e-14)
    layer(x).square().sum().backward()
    whole(x).square().sum().backward()
    torch.testing.assert_close(layer.weight.grad[0], whole.weight.grad[whole.mask], rtol=0, atol=1e-12)


@pytest.mark.parametrize("packed", [True, False])
def test_step_by_step_every_unit_comes_once_and_is_the_same(degrees, packed):
    layer = layer_of(degrees, packed=packed)
    ins, outs, strict = degrees
    x = torch.randn(4, len(ins), dtype=torch.float64)
    by_degree, seen_degrees = x[:, ins.argsort(stable=True)], ins.sort().values
    state, come = layer.state(3), []
    for known in range(4):
        so_far = by_degree * (seen_degrees <= known)
        come.append(layer.at(state, so_far, known))
    order = outs.argsort(stable=True)
    torch.testing.assert_close(torch.cat(come, 1), layer(x)[:, order].detach(), rtol=0, atol=1e-14)
    assert come[0].shape[1] == int((outs - int(strict) == 0).sum())


def test_the_mask_is_never_written_into_the_weights():
    layer = layer_of(LAYERS[0])
    before = layer.weight.detach().clone()
    layer(torch.randn(2, 5, dtype=torch.float64)).sum().backward()
    assert torch.equal(layer.weight, before)
    assert (layer.weight.grad[~layer.mask] == 0).all()


def test_other_degrees_show_other_weights():
    layer = layer_of(LAYERS[0])
    layer.connect(INPUTS.flip(0), HIDDEN.flip(0))
    x = torch.randn(3, 5, dtype=torch.float64)
    expected = by_equation(layer, layer.weight, x, (INPUTS.flip(0), HIDDEN.flip(0), False))
    torch.testing.assert_close(layer(x), expected, rtol=0, atol=1e-14)
    assert "in_degrees" not in layer.state_dict()
