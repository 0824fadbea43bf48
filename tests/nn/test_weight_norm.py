"""Weight normalisation: the weight it gives, and what initialisation from data makes of the outputs."""

import copy

import pytest
import torch
from torch import nn
from torch.nn.utils.parametrizations import weight_norm

from arzoo.nn import DownRightShiftedConvTranspose2d, VerticalConv2d, init_from_data, weight_normalised


def test_the_weight_of_each_output_is_its_direction_at_its_length():
    layer = weight_normalised(VerticalConv2d(3, 4, 3).double())
    length, direction = layer.parametrizations.weight.original0, layer.parametrizations.weight.original1
    with torch.no_grad():
        length.uniform_(0.5, 2)
    for k in range(4):
        expected = length[k] * direction[k] / direction[k].square().sum().sqrt()
        torch.testing.assert_close(layer.weight[k], expected, rtol=0, atol=1e-12)


def test_outputs_of_a_transposed_layer_have_lengths_of_their_own():
    layer = weight_normalised(DownRightShiftedConvTranspose2d(3, 4), dim=1)
    assert layer.parametrizations.weight.original0.shape == (1, 4, 1, 1)


def test_it_is_saved_as_torchs_own_and_is_the_same_weight():
    ours, theirs = weight_normalised(nn.Conv2d(3, 4, 3)), weight_norm(nn.Conv2d(3, 4, 3))
    with torch.no_grad():
        ours.parametrizations.weight.original0.uniform_(0.5, 2)
    assert [name for name, _ in ours.named_parameters()] == [name for name, _ in theirs.named_parameters()]
    theirs.load_state_dict(ours.state_dict())
    assert torch.equal(ours.weight, theirs.weight)


def test_gradients_reach_length_and_direction():
    layer = weight_normalised(nn.Conv2d(2, 3, 1).double())
    layer.weight.square().sum().backward()  # the sum of all squared lengths
    parts = layer.parametrizations.weight
    torch.testing.assert_close(parts.original0.grad, 2 * parts.original0.detach())
    torch.testing.assert_close(parts.original1.grad, torch.zeros(3, 2, 1, 1, dtype=torch.float64), rtol=0, atol=1e-12)


def test_layers_of_a_kind_share_a_class_and_nothing_else():
    first, second = weight_normalised(nn.Conv2d(1, 2, 1)), weight_normalised(nn.Conv2d(1, 2, 1))
    plain = nn.Conv2d(1, 2, 1)
    assert type(first) is type(second) is not type(plain)
    assert isinstance(first, nn.Conv2d)
    twin, before = copy.deepcopy(first), second.weight
    with torch.no_grad():
        first.parametrizations.weight.original0.mul_(3)
    torch.testing.assert_close(first.weight, 3 * twin.weight)
    assert torch.equal(second.weight, before)
    assert isinstance(plain.weight, nn.Parameter)


@pytest.fixture
def network():
    torch.manual_seed(0)
    first = weight_normalised(VerticalConv2d(2, 5, 3))
    plain = nn.Conv2d(5, 5, 1)
    last = weight_normalised(nn.Conv2d(5, 3, 1), init_scale=0.1)
    return nn.Sequential(first, nn.ReLU(), plain, last).double()


def test_initialisation_from_data_gives_each_layer_mean_zero_and_its_scale(network):
    x = 3 * torch.randn(16, 2, 6, 6, dtype=torch.float64) + 5
    plain = network[2].weight.detach().clone()
    init_from_data(network, lambda: network(x))
    first = network[0](x)
    for outputs, scale in ((first, 1.0), (network(x), 0.1)):
        means, deviations = outputs.mean((0, 2, 3)), outputs.std((0, 2, 3))
        torch.testing.assert_close(means, torch.zeros_like(means), rtol=0, atol=1e-9)
        torch.testing.assert_close(deviations, torch.full_like(deviations, scale), rtol=1e-9, atol=0)
    assert torch.equal(network[2].weight, plain)


def test_a_second_batch_goes_through_unchanged_layers(network):
    x = torch.randn(4, 2, 6, 6, dtype=torch.float64)
    init_from_data(network, lambda: network(x))
    before = {name: value.clone() for name, value in network.state_dict().items()}
    network(x + 1)
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())


def test_a_channel_that_never_moves_stays_finite():
    layer = weight_normalised(nn.Conv2d(1, 2, 1))
    init_from_data(layer, lambda: layer(torch.zeros(3, 1, 4, 4)))
    assert all(value.isfinite().all() for value in layer.state_dict().values())
