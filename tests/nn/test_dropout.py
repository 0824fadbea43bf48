"""Dropout: its chance, its expectation, its gradient, and that it rests while evaluating."""

import pytest
import torch

from arzoo.errors import ConfigError
from arzoo.nn import Dropout


@pytest.mark.parametrize("p", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16], ids=str)
def test_as_many_are_dropped_as_asked_and_the_rest_is_scaled(p, dtype):
    torch.manual_seed(0)
    count = 400_003
    y = Dropout(p)(torch.ones(count, dtype=dtype))
    dropped = (y == 0).double().mean().item()
    assert y.dtype == dtype
    assert abs(dropped - p) < 5 * (p * (1 - p) / count) ** 0.5 + 2**-17
    torch.testing.assert_close(
        y[y != 0].double().unique(), torch.tensor([1 / (1 - p)]).to(dtype).double(), rtol=1e-4, atol=0
    )


def test_neighbours_are_dropped_independently():
    torch.manual_seed(0)
    kept = (Dropout(0.5)(torch.ones(400_000)) != 0).double()
    for shift in (1, 2, 3, 4):  # four decisions are cut from one draw
        both = (kept[:-shift] * kept[shift:]).mean().item()
        assert abs(both - 0.25) < 5 * (0.25 * 0.75 / len(kept)) ** 0.5


def test_gradients_pass_where_values_do():
    torch.manual_seed(0)
    x = torch.ones(6, 5, 4, requires_grad=True)
    y = Dropout(0.5)(x)
    y.sum().backward()
    assert torch.equal(x.grad, y.detach())


def test_the_same_seed_drops_the_same():
    dropout, x, drawn = Dropout(0.3), torch.randn(7, 3), []
    for _ in range(2):
        torch.manual_seed(3)
        drawn.append(dropout(x))
    assert torch.equal(*drawn)
    assert not torch.equal(dropout(x), drawn[0])


def test_nothing_is_dropped_while_evaluating_or_where_nothing_is_asked():
    x = torch.randn(4, 3)
    assert Dropout(0.5).eval()(x) is x
    assert Dropout(0.0)(x) is x


@pytest.mark.parametrize("p", [-0.1, 1.0, 1.5])
def test_what_is_no_chance_is_refused(p):
    with pytest.raises(ConfigError, match=rf"must be at least 0 and less than 1, got {p}. Use dropout=0.5"):
        Dropout(p)
