"""Down-right shifted convolutions, plain, strided and transposed: what they see, and that steps equal the whole."""

import pytest
import torch
import torch.nn.functional as F

from arzoo.nn import DownRightShiftedConv2d, DownRightShiftedConvTranspose2d, shifted_right

SIZE = (4, 6)
KERNELS = [1, 2, 3, (2, 1), (1, 2)]


def measured_dependence(layer):
    """Input pixels that each output pixel reads: the pattern of the Jacobian over pixels."""
    x = torch.randn(1, 2, *SIZE, dtype=torch.float64)
    jacobian = torch.autograd.functional.jacobian(layer, x)[0, :, :, :, 0].abs().amax((0, 3))
    return jacobian.flatten(0, 1).flatten(1) > 0


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("kernel_size", KERNELS)
def test_steps_equal_the_whole(kernel_size, stride):
    layer = DownRightShiftedConv2d(2, 4, kernel_size, stride=stride).double()
    x = torch.randn(3, 2, *SIZE, dtype=torch.float64)
    known = torch.randn(3, 4, SIZE[0] // stride, SIZE[1] // stride, dtype=torch.float64)
    state, full = layer.state(3, *SIZE), layer(x) + known
    for i in range(SIZE[0]):
        layer.begin(state, i, known[:, :, i // stride])
        for j in range(SIZE[1]):
            y = layer.at(state, i, j, x[:, :, i, j])
            if i % stride or j % stride:
                assert y is None
            else:
                torch.testing.assert_close(y, full[:, :, i // stride, j // stride], rtol=0, atol=1e-12)


@pytest.mark.parametrize("size", [(4, 6), (6, 3), (1, 4), (4, 1)])
@pytest.mark.parametrize("kernel_size", KERNELS)
def test_steps_along_anti_diagonals_equal_the_whole(kernel_size, size):
    layer = DownRightShiftedConv2d(2, 4, kernel_size).double()
    x = torch.randn(3, 2, *size, dtype=torch.float64)
    state, full = layer.state(3, *size, diagonals=True), layer(x)
    for diagonal in range(sum(size) - 1):
        layer.begin(state, diagonal)
        for i in range(max(0, diagonal - size[1] + 1), min(diagonal + 1, size[0])):
            j = diagonal - i
            y = layer.at(state, diagonal, i, x[:, :, i, j])
            torch.testing.assert_close(y, full[:, :, i, j], rtol=0, atol=1e-12)


@pytest.mark.parametrize("kernel_size", KERNELS)
def test_without_another_stream_steps_equal_the_whole(kernel_size):
    layer = DownRightShiftedConv2d(2, 4, kernel_size).double()
    x = torch.randn(3, 2, *SIZE, dtype=torch.float64)
    state, full = layer.state(3, *SIZE), layer(x)
    for i in range(SIZE[0]):
        layer.begin(state, i)
        for j in range(SIZE[1]):
            torch.testing.assert_close(layer.at(state, i, j, x[:, :, i, j]), full[:, :, i, j], rtol=0, atol=1e-12)


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("kernel_size", KERNELS)
def test_declared_dependence_is_the_pattern_of_the_jacobian(kernel_size, stride):
    layer = DownRightShiftedConv2d(2, 4, kernel_size, stride=stride).double()
    assert torch.equal(measured_dependence(layer), layer.dependence((1, *SIZE)))


def test_the_kernel_ends_at_the_position():
    layer, x = DownRightShiftedConv2d(2, 4).double(), torch.randn(1, 2, *SIZE, dtype=torch.float64)
    expected = F.conv2d(F.pad(x, (1, 0, 1, 0)), layer.weight, layer.bias)
    torch.testing.assert_close(layer(x), expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("stride", [1, 2, 3])
def test_transposed_steps_equal_the_whole_and_declare_what_they_read(stride):
    layer = DownRightShiftedConvTranspose2d(2, 4, stride=stride).double()
    x = torch.randn(3, 2, *SIZE, dtype=torch.float64)
    state, full = layer.state(3, *SIZE), layer(x)
    assert full.shape == (3, 4, stride * SIZE[0], stride * SIZE[1])
    for i in range(stride * SIZE[0]):
        for j in range(stride * SIZE[1]):
            given = x[:, :, i // stride, j // stride] if i % stride == j % stride == 0 else None
            torch.testing.assert_close(layer.at(state, i, j, given), full[:, :, i, j], rtol=0, atol=1e-12)
    assert torch.equal(measured_dependence(layer), layer.dependence((1, *SIZE)))


def test_shifting_right_leaves_nothing_in_the_first_column():
    x = torch.randn(2, 3, 4, 5)
    assert torch.equal(shifted_right(x)[..., 1:], x[..., :-1])
    assert not shifted_right(x)[..., 0].any()
