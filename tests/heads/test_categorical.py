import math

import pytest
import torch

from arzoo.heads import Bernoulli, Categorical


@pytest.mark.parametrize("logit", [-700.0, -40.0, -1.0, 0.0, 2.0, 40.0, 700.0])
def test_bernoulli_is_the_logistic_of_its_logit(logit):
    params = torch.tensor([[logit]], dtype=torch.float64)
    expected = [-logit - math.log1p(math.exp(-logit)) if logit > 0 else -math.log1p(math.exp(logit))]
    expected.append(expected[0] + logit)
    for level in (0, 1):
        assert Bernoulli().log_prob(params, torch.tensor([[level]])).item() == pytest.approx(expected[level], rel=1e-14)
        assert Bernoulli().pmf(params, torch.empty(1, 0))[0, level] == pytest.approx(
            math.exp(expected[level]), rel=1e-13
        )


@pytest.mark.parametrize(
    ("logit", "uniform", "level"), [(-torch.inf, 1 - 2.0**-53, 0), (torch.inf, 0.0, 1), (0.0, 0.5, 1)]
)
def test_bernoulli_draws_no_level_of_zero_probability(logit, uniform, level):
    params, uniforms = torch.tensor([[logit]]), torch.tensor([[uniform]], dtype=torch.float64)
    assert Bernoulli().sample(params, uniforms).item() == level


def test_categorical_is_a_softmax():
    logits = torch.tensor([[0.3, -1.2, 2.5]], dtype=torch.float64)
    weights = [math.exp(logit) for logit in logits[0].tolist()]
    for level in range(3):
        expected = weights[level] / sum(weights)
        assert Categorical(3).pmf(logits, torch.empty(1, 0))[0, level] == pytest.approx(expected, rel=1e-14)
        log_prob = Categorical(3).log_prob(logits, torch.tensor([level]))
        assert log_prob.item() == pytest.approx(math.log(expected), rel=1e-14)


@pytest.mark.parametrize("num_levels", [2, 17, 256, 65_536])
@pytest.mark.parametrize("scale", [0.0, 1.0, 50.0])
def test_categorical_sums_to_one_at_any_number_of_levels(num_levels, scale):
    head, logits = (
        Categorical(num_levels),
        scale * torch.randn(1, num_levels, generator=torch.Generator().manual_seed(0)),
    )
    pmf = head.pmf(logits, torch.empty(1, 0))
    assert pmf.sum().item() == pytest.approx(1, abs=1e-12)
    for level in {0, 1, num_levels // 2, num_levels - 1}:
        assert head.log_prob(logits, torch.tensor([level])).exp().item() == pytest.approx(
            pmf[0, level].item(), rel=1e-4, abs=1e-30
        )


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float32, torch.float64])
@pytest.mark.parametrize("head", [Bernoulli(), Categorical(2), Categorical(256)], ids=repr)
def test_gradients_are_finite_at_the_ends(head, dtype):
    params = (
        (100 * torch.randn(8, head.num_params, generator=torch.Generator().manual_seed(0))).to(dtype).requires_grad_()
    )
    for level in (0, head.num_levels - 1):
        (gradient,) = torch.autograd.grad(head.log_prob(params, torch.full((8,), level)).sum(), params)
        assert gradient.isfinite().all()


def test_categorical_gives_no_mass_to_a_logit_of_minus_infinity():
    params = torch.tensor([[0.0, -torch.inf, 0.0, -torch.inf]])
    uniforms = torch.tensor([[0.0], [0.5], [1 - 2.0**-53]], dtype=torch.float64)
    assert Categorical(4).sample(params.expand(3, 4), uniforms).flatten().tolist() == [0, 2, 2]
