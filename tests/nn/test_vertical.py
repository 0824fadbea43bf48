"""Vertical convolutions, plain, strided and transposed: what they see, and that rows equal the whole."""

import pytest
import torch
import torch.nn.functional as F

from arzoo.errors import ConfigError
from arzoo.nn import VerticalConv2d, VerticalConvTranspose2d, add_shifted_down, shifted_down

SIZE = (4, 6)


def measured_dependence(layer, size):
    """Input pixels that each output pixel reads: the pattern of the Jacobian over pixels."""
    x = torch.randn(1, 2, *size, dtype=torch.float64)
    jacobian = torch.autograd.functional.jacobian(layer, x)[0, :, :, :, 0].abs().amax((0, 3))
    return jacobian.flatten(0, 1).flatten(1) > 0


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("kernel_size", [1, 3, 5, (1, 3), (3, 1)])
def test_rows_equal_the_whole_and_declare_what_they_read(kernel_size, stride):
    layer = VerticalConv2d(2, 4, kernel_size, stride=stride).double()
    x = torch.randn(3, 2, *SIZE, dtype=torch.float64)
    state, full = layer.state(3, *SIZE), layer(x)
    rows = [layer.row(state, i, x[:, :, i]) for i in range(SIZE[0])]
    assert [row is not None for row in rows] == [i % stride == 0 for i in range(SIZE[0])]
    torch.testing.assert_close(torch.stack(rows[::stride], 2), full, rtol=0, atol=1e-12)
    assert full.shape == (3, 4, SIZE[0] // stride, SIZE[1] // stride)
    assert torch.equal(measured_dependence(layer, SIZE), layer.dependence((1, *SIZE)))


@pytest.mark.parametrize(("width", "stride"), [(3, 2), (1, 1), (3, 1), (5, 2), (3, 3)])
def test_transposed_rows_equal_the_whole_and_declare_what_they_read(width, stride):
    layer = VerticalConvTranspose2d(2, 4, width, stride=stride).double()
    x = torch.randn(3, 2, *SIZE, dtype=torch.float64)
    state, full = layer.state(3, *SIZE), layer(x)
    assert full.shape == (3, 4, stride * SIZE[0], stride * SIZE[1])
    for i in range(stride * SIZE[0]):
        row = x[:, :, i // stride] if i % stride == 0 else None
        torch.testing.assert_close(layer.row(state, i, row), full[:, :, i], rtol=0, atol=1e-12)
    assert torch.equal(measured_dependence(layer, SIZE), layer.dependence((1, *SIZE)))


def test_a_kernel_of_three_is_the_two_by_three_filter_padded_above_and_beside():
    layer, x = VerticalConv2d(2, 4, 3).double(), torch.randn(1, 2, *SIZE, dtype=torch.float64)
    assert layer.weight.shape == (4, 2, 2, 3)
    expected = F.conv2d(F.pad(x, (1, 1, 1, 0)), layer.weight, layer.bias)
    torch.testing.assert_close(layer(x), expected, rtol=0, atol=1e-12)


def test_a_transposed_layer_is_the_adjoint_of_the_strided_one_a_row_lower():
    down, up = VerticalConv2d(2, 3, 3, stride=2, bias=False).double(), VerticalConvTranspose2d(3, 2).double()
    with torch.no_grad():
        up.weight.copy_(down.weight)
        up.bias.zero_()
    x, y = torch.randn(1, 2, 4, 6, dtype=torch.float64), torch.randn(1, 3, 2, 3, dtype=torch.float64)
    raised = F.pad(up(y), (0, 0, -1, 1))  # the adjoint itself would write above the position, where it was read
    torch.testing.assert_close((down(x) * y).sum(), (x * raised).sum(), rtol=0, atol=1e-12)


def test_shifting_down_leaves_nothing_in_the_first_row():
    x, above = torch.randn(2, 3, 4, 5), torch.randn(2, 3, 4, 5)
    assert torch.equal(shifted_down(above)[:, :, 1:], above[:, :, :-1])
    assert not shifted_down(above)[:, :, 0].any()
    assert torch.equal(add_shifted_down(x.clone(), above), x + shifted_down(above))


def test_even_kernels_are_refused():
    with pytest.raises(ConfigError, match=r"must be odd to have a centre, got \(2, 3\). Use kernel_size=\(3, 3\)"):
        VerticalConv2d(1, 1, (2, 3))
