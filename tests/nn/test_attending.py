"""Attention by fused kernels and by plain products: the same sums."""

import pytest
import torch
from torch.nn import functional as F

from arzoo.nn import attending
from arzoo.nn.attending import attend


@pytest.fixture(params=[False, True], ids=["fused", "products"])
def way(request, monkeypatch):
    """Each way in turn, whatever would be chosen."""
    monkeypatch.setattr(attending, "by_products", lambda query, key: request.param)
    monkeypatch.setattr(attending, "QUERIES", 3)


def parts(num_queries, num_keys, seed=0):
    generator = torch.Generator().manual_seed(seed)
    shapes = ((2, 3, num_queries, 4), (2, 3, num_keys, 4), (2, 3, num_keys, 4))
    return [torch.randn(shape, generator=generator, dtype=torch.float64, requires_grad=True) for shape in shapes]


def by_hand(query, key, value, sees, scale=0.5):
    """Equation 1, one query at a time, of those keys that it sees."""
    rows = []
    for n in range(query.shape[-2]):
        kept = sees[n].nonzero().flatten()
        scores = scale * (key[..., kept, :] * query[..., n : n + 1, :]).sum(-1)
        weights = scores.exp() / scores.exp().sum(-1, keepdim=True)
        rows.append((weights[..., None] * value[..., kept, :]).sum(-2))
    return torch.stack(rows, -2)


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize("length", [1, 3, 7, 8])
def test_a_causal_square_is_the_equation_and_so_are_its_gradients(length):
    ours, hands = parts(length, length), parts(length, length)
    y, expected = attend(*ours, causal=True), by_hand(*hands, torch.ones(length, length).tril().bool())
    torch.testing.assert_close(y, expected, rtol=0, atol=1e-12)
    for output in (y, expected):
        (output * torch.arange(output.numel(), dtype=output.dtype).view_as(output)).sum().backward()
    for mine, other in zip(ours, hands, strict=True):
        torch.testing.assert_close(mine.grad, other.grad, rtol=1e-10, atol=1e-10)


@pytest.mark.usefixtures("way")
def test_a_mask_and_a_scale_are_heeded():
    mask = torch.rand(5, 7, generator=torch.Generator().manual_seed(1)) < 0.5
    mask[:, 2] = True
    given = parts(5, 7)
    y = attend(*given, mask=mask, scale=0.3)
    torch.testing.assert_close(y, by_hand(*given, mask, 0.3), rtol=0, atol=1e-12)


@pytest.mark.usefixtures("way")
def test_without_a_mask_every_key_is_seen():
    given = parts(2, 5)
    torch.testing.assert_close(attend(*given), by_hand(*given, torch.ones(2, 5).bool()), rtol=0, atol=1e-12)


def test_bfloat16_in_training_is_as_near_to_the_truth_as_bfloat16_is():
    exact = parts(40, 40)
    rounded = [part.detach().bfloat16().requires_grad_() for part in exact]
    with torch.no_grad():
        truth = F.scaled_dot_product_attention(*(part.double() for part in rounded), is_causal=True)
    difference = attend(*rounded, causal=True).double() - truth
    assert difference.norm() / truth.norm() < 2**-6  # a bfloat16 has eight bits


@pytest.mark.parametrize(
    ("dtype", "grad", "length", "expected"),
    [
        (torch.bfloat16, True, 8, True),
        (torch.float32, True, 8, False),
        (torch.bfloat16, False, 8, False),
        (torch.bfloat16, True, attending.LONGEST + 1, False),
    ],
)
def test_products_are_for_training_in_half_precision(dtype, grad, length, expected):
    query = torch.zeros(1, length, 1, dtype=dtype, requires_grad=True)
    with torch.set_grad_enabled(grad):
        assert attending.by_products(query, query) is expected
