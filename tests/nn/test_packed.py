"""Layers packed for a processor, held against the layers themselves."""

import copy

import pytest
import torch
from torch import nn

from arzoo.nn import CausalSelfAttention, PackedLinear, PackedProduct
from arzoo.nn.packed import is_packable

ONEDNN = torch.backends.mkldnn.is_available()


@pytest.fixture
def layer():
    torch.manual_seed(0)
    return nn.Linear(512, 512)


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("rows", [1, 3, 8])
@torch.inference_mode()
def test_a_packed_layer_gives_what_the_layer_gives_for_any_number_of_rows(layer, rows, bias):
    layer.bias = layer.bias if bias else None
    packed, x = PackedLinear(layer, rows), torch.randn(rows, 512)
    assert (packed.packed is not None) == ONEDNN
    assert torch.allclose(packed(x), layer(x), rtol=0, atol=1e-5)
    assert torch.allclose(packed(x.repeat(2, 1)), layer(x.repeat(2, 1)), rtol=0, atol=1e-5)


@pytest.mark.parametrize(("rows", "packs"), [(1, False), (3, False), (4, ONEDNN), (16, ONEDNN)])
@torch.inference_mode()
def test_a_packed_product_is_added_to_what_is_known_and_leaves_that_alone(rows, packs):
    product = PackedProduct(torch.randn(256, 320), rows)
    y, x = torch.randn(rows, 320), torch.randn(rows, 256)
    known = y.clone()
    assert (product.packed is not None) == packs
    assert torch.allclose(product(y, x), known + x @ product.weight, rtol=0, atol=1e-4)
    assert torch.equal(y, known)
    assert copy.deepcopy([product])[0] is product


@torch.inference_mode()
def test_bfloat16_is_packed_where_the_processor_multiplies_it(layer):
    layer, x = layer.bfloat16(), torch.randn(2, 512).bfloat16()
    assert torch.allclose(PackedLinear(layer, 2)(x), layer(x), rtol=0, atol=0.02)


@pytest.mark.parametrize("other", [nn.Linear(127, 512), nn.Linear(512, 512).double(), nn.Linear(512, 512).to("meta")])
def test_few_weights_and_those_that_onednn_does_not_multiply_stay_as_they_are(other):
    assert not is_packable(other.weight, 8)
    assert PackedLinear(other, 8).packed is None


@torch.inference_mode()
def test_a_copy_shares_the_weights_and_later_changes_of_the_layer_do_not_reach_them(layer):
    packed, x, before = PackedLinear(layer, 1), torch.randn(1, 512), layer.weight.clone()
    assert copy.deepcopy([packed])[0] is packed
    if ONEDNN:
        layer.weight.zero_()
        assert torch.allclose(packed(x), nn.functional.linear(x, before, layer.bias), rtol=0, atol=1e-5)


@torch.inference_mode()
def test_attention_with_packed_weights_is_the_whole_one():
    torch.manual_seed(0)
    attend, x = CausalSelfAttention(512, 8).eval(), torch.randn(2, 6, 512)
    state, whole = attend.state(2, 6), attend(x)
    for n in range(6):
        assert torch.allclose(attend.at(state, n, x[:, n]), whole[:, n], rtol=0, atol=1e-5)
