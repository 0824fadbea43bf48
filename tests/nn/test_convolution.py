"""Masked convolutions: what they see, and that the incremental form is the same function."""

import pytest
import torch
import torch.nn.functional as F

from arzoo.errors import ConfigError
from arzoo.nn import MaskedConv2d

GRID = (3, 4, 5)
KERNELS = [1, 3, 5, (1, 3), (1, 5), (3, 1), (5, 3)]


def measured_dependence(layer, channels, groups):
    """Positions (c, i, j), of channel groups, that the layer's output reads: the non-zero pattern of its Jacobian."""
    x = torch.randn(1, channels, *GRID[1:], dtype=torch.float64)
    jacobian = torch.autograd.functional.jacobian(layer, x).abs()[0, :, :, :, 0]
    by_group = torch.stack([jacobian[groups == g].amax(0) for g in range(3)])
    by_group = torch.stack([by_group[:, :, :, layer.in_groups == g].amax(3) for g in range(3)], 3)
    return by_group.reshape(60, 60) > 0


@pytest.mark.parametrize("mask_type", ["A", "B"])
@pytest.mark.parametrize("kernel_size", KERNELS)
def test_declared_dependence_is_the_pattern_of_the_jacobian(kernel_size, mask_type):
    layer = MaskedConv2d(6, 8, kernel_size, mask_type, num_groups=3, num_parts=2).double()
    assert torch.equal(measured_dependence(layer, 6, layer.out_groups), layer.dependence(GRID))


@pytest.mark.parametrize("num_groups", [1, 3])
@pytest.mark.parametrize("mask_type", ["A", "B"])
@pytest.mark.parametrize("kernel_size", KERNELS)
def test_incremental_equals_full(kernel_size, mask_type, num_groups):
    layer = MaskedConv2d(6, 8, kernel_size, mask_type, num_groups=num_groups, num_parts=2).double()
    x = torch.randn(2, 6, 4, 5, dtype=torch.float64)
    full, out = layer(x), torch.zeros(2, 8, 4, 5, dtype=torch.float64)
    state = layer.state(2, 4, 5)
    for i in range(4):
        layer.begin(state, i)
        for j in range(5):
            for g in range(num_groups):
                seen = layer.at(state, i, j, x[:, layer.in_groups == g, i, j], g)
                out[:, layer.out_groups == g, i, j] = seen
    torch.testing.assert_close(out, full, rtol=0, atol=1e-12)


@pytest.mark.parametrize("kernel_size", [(1, 3), 3])
def test_what_another_stream_knows_is_added_to_the_row(kernel_size):
    layer = MaskedConv2d(2, 4, kernel_size, "B").double()
    x, known = torch.randn(2, 2, 3, 4, dtype=torch.float64), torch.randn(2, 4, 3, 4, dtype=torch.float64)
    state = layer.state(2, 3, 4)
    for i in range(3):
        layer.begin(state, i, known[:, :, i])
        for j in range(4):
            expected = (layer(x) + known)[:, :, i, j]
            torch.testing.assert_close(layer.at(state, i, j, x[:, :, i, j]), expected, rtol=0, atol=1e-12)


def test_masks_are_not_written_into_the_weights():
    layer = MaskedConv2d(1, 2, 3, "A")
    before = layer.weight.detach().clone()
    layer(torch.randn(1, 1, 4, 4))
    assert torch.equal(layer.weight, before)
    assert (layer.weight != 0).all()


def test_the_masked_kernel_is_the_papers_square_kernel():
    layer = MaskedConv2d(2, 3, 3, "B").double()
    square = F.pad(layer.masked_weight(), (0, 0, 0, 1))
    x = torch.randn(1, 2, 5, 6, dtype=torch.float64)
    torch.testing.assert_close(layer(x), F.conv2d(x, square, layer.bias, padding=1), rtol=0, atol=1e-12)


def test_states_are_independent():
    layer = MaskedConv2d(1, 1, 3, "B").double()
    one, two = layer.state(1, 2, 2), layer.state(1, 2, 2)
    layer.begin(one, 0)
    layer.at(one, 0, 0, torch.full((1, 1), 5.0, dtype=torch.float64))
    assert two.rows[-1].abs().sum() == 0


@pytest.mark.parametrize("kernel_size", [2, (1, 4)])
def test_even_kernels_are_refused(kernel_size):
    with pytest.raises(
        ConfigError, match=rf"must be odd to have a centre, got {kernel_size}".replace("(", r"\(").replace(")", r"\)")
    ):
        MaskedConv2d(1, 1, kernel_size, "A")


@pytest.mark.parametrize("mask_type", ["A", "B"])
@pytest.mark.parametrize("kernel_size", KERNELS)
def test_weights_start_within_the_mean_number_of_inputs_seen(kernel_size, mask_type):
    layer = MaskedConv2d(60, 90, kernel_size, mask_type, num_groups=3)
    seen = max(1.0, (layer.mask.sum() / 90).item())
    assert layer.weight.abs().max() <= seen**-0.5
    assert layer.weight.abs().max() > 0.99 * seen**-0.5
