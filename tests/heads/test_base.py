"""What every head promises, whichever distribution it is."""

import json
import pickle

import pytest
import torch

from arzoo.errors import ConfigError, ShapeError
from arzoo.heads import Bernoulli, Categorical, DiscretizedLogisticMixture, adjust, head_from_config, inverse_cdf

ADJUSTMENTS = [
    {},
    {"temperature": 0.7},
    {"temperature": 0},
    {"top_k": 2},
    {"temperature": 2.0, "top_k": 5, "top_p": 0.6},
]


def all_levels(head, params, prefix):
    """log_prob of every level after `prefix`, (B, num_levels), by listing them along a grid."""
    batch, drawn = prefix.shape
    x = torch.zeros(batch, head.num_symbols, head.num_levels, dtype=torch.long)
    x[:, :drawn], x[:, drawn] = prefix[:, :, None], torch.arange(head.num_levels)
    return head.log_prob(params[:, :, None].expand(-1, -1, head.num_levels), x)[:, drawn]


def random_levels(head, *shape, seed=3):
    return torch.randint(head.num_levels, shape, generator=torch.Generator().manual_seed(seed))


def drawn_by_definition(head, params, uniforms, known=None, known_mask=None, **adjustment):
    drawn = torch.empty(len(params), 0, dtype=torch.long)
    for symbol in range(head.num_symbols):
        level = inverse_cdf(adjust(head.pmf(params, drawn), **adjustment), uniforms[:, symbol : symbol + 1])
        if known is not None:
            level = known_mask[:, [symbol]] * known[:, [symbol]] + ~known_mask[:, [symbol]] * level
        drawn = torch.cat([drawn, level], 1)
    return drawn


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float32, torch.float64])
def test_log_prob_has_the_shape_of_x_and_at_least_32_bits(head, draw_params, dtype):
    params = draw_params(head, 2)[:, :, None, None].expand(-1, -1, 4, 5).to(dtype)
    x = random_levels(head, 2, head.num_symbols, 4, 5).to(torch.uint8)
    log_prob = head.log_prob(params, x)
    assert log_prob.shape == x.shape
    assert log_prob.dtype == (torch.float64 if dtype == torch.float64 else torch.float32)
    torch.testing.assert_close(log_prob, head.log_prob(params.double(), x).to(log_prob.dtype), rtol=2e-5, atol=2e-5)


def test_a_lone_symbol_needs_no_axis_of_its_own(draw_params):
    head = Categorical(5)
    params, x = draw_params(head, 2)[:, :, None].expand(-1, -1, 3), random_levels(head, 2, 3)
    assert torch.equal(head.log_prob(params, x), head.log_prob(params, x[:, None])[:, 0])


def test_every_conditional_sums_to_one(head, draw_params):
    params = draw_params(head, 16)
    for drawn in range(head.num_symbols):
        total = all_levels(head, params, random_levels(head, 16, drawn)).exp().sum(1)
        torch.testing.assert_close(total, torch.ones_like(total), rtol=0, atol=1e-12)


def test_pmf_is_what_log_prob_says_given_each_prefix(head, draw_params):
    params = draw_params(head, 16)
    for drawn in range(head.num_symbols):
        prefix = random_levels(head, 16, drawn)
        pmf = head.pmf(params, prefix)
        assert pmf.dtype == torch.float64
        torch.testing.assert_close(pmf, all_levels(head, params, prefix).exp(), rtol=1e-9, atol=1e-16)


@pytest.mark.parametrize("level", [-1, -(2**31), "top", 2**31])
def test_outside_the_support_lies_minus_infinity(head, draw_params, level):
    level = head.num_levels if level == "top" else level
    params, x = draw_params(head, 3).requires_grad_(), random_levels(head, 3, head.num_symbols)
    x[1, -1] = level
    log_prob = head.log_prob(params, x)
    assert log_prob[1, -1] == -torch.inf
    assert log_prob.isinf().sum() == 1
    (gradient,) = torch.autograd.grad(log_prob[log_prob.isfinite()].sum(), params)
    assert gradient.isfinite().all()


def test_an_outside_level_is_seen_in_the_dtype_it_came_in(head, draw_params):
    log_prob = head.log_prob(draw_params(head, 1), torch.full((1, head.num_symbols), 255, dtype=torch.uint8))
    assert (log_prob == -torch.inf).all()


@pytest.mark.parametrize("dtype", [torch.uint8, torch.int16, torch.int32, torch.int64])
def test_any_integer_dtype_holds_256_levels(dtype):
    log_prob = Categorical(256).log_prob(torch.zeros(1, 256, 2), torch.tensor([[0, 255]], dtype=dtype))
    torch.testing.assert_close(log_prob.exp(), torch.full((1, 2), 1 / 256))


def test_the_arithmetic_is_the_same_under_autocast(head, draw_params):
    params, x = draw_params(head, 4).bfloat16(), random_levels(head, 4, head.num_symbols)
    expected = head.log_prob(params, x)
    with torch.autocast("cpu", torch.bfloat16):
        torch.testing.assert_close(head.log_prob(params, x), expected, rtol=0, atol=0)
        assert head.pmf(params, x[:, :0]).dtype == torch.float64


@pytest.mark.parametrize("adjustment", ADJUSTMENTS, ids=str)
def test_a_sample_is_the_inverse_cdf_of_the_adjusted_pmf(head, draw_params, uniforms, adjustment):
    params = draw_params(head, len(uniforms))
    each = torch.stack([uniforms.roll(17 * symbol) for symbol in range(head.num_symbols)], 1)
    drawn = head.sample(params, each, **adjustment)
    assert drawn.dtype == torch.int64
    assert torch.equal(drawn, drawn_by_definition(head, params, each, **adjustment))


@pytest.mark.parametrize("adjustment", [{}, {"temperature": 1.5}], ids=str)
def test_known_symbols_are_kept_and_bear_on_the_later_ones(head, draw_params, uniforms, adjustment):
    params, known = draw_params(head, len(uniforms)), random_levels(head, len(uniforms), head.num_symbols)
    mask = random_levels(head, len(uniforms), head.num_symbols, seed=4) % 2 == 0
    each = uniforms[:, None].expand(-1, head.num_symbols)
    drawn = head.sample(params, each, known, mask, **adjustment)
    assert torch.equal(drawn[mask], known[mask])
    assert torch.equal(drawn, drawn_by_definition(head, params, each, known, mask, **adjustment))


def test_known_levels_may_be_of_any_integer_dtype(head, draw_params, uniforms):
    known = random_levels(head, len(uniforms), head.num_symbols).to(torch.uint8)
    each, mask = uniforms[:, None].expand(-1, head.num_symbols), torch.ones(known.shape, dtype=torch.bool)
    drawn = head.sample(draw_params(head, len(uniforms)), each, known, mask)
    assert drawn.dtype == torch.int64
    assert torch.equal(drawn, known.long())


def test_a_draw_does_not_depend_on_its_batch(head, draw_params, uniforms):
    params, each = draw_params(head, len(uniforms)), uniforms[:, None].expand(-1, head.num_symbols)
    alone = [head.sample(params[[row]], each[[row]]) for row in range(len(params))]
    assert torch.equal(head.sample(params, each), torch.cat(alone))


def test_a_head_is_its_config(head):
    assert head_from_config(json.loads(json.dumps(head.to_config()))) == head
    assert pickle.loads(pickle.dumps(head)) == head
    assert len({head, head_from_config(head.to_config())}) == 1


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: Categorical(4).log_prob(torch.zeros(2, 3, 5), torch.zeros(2, 5)),
            r"`params` must have shape \(B, 4, \*grid\)",
        ),
        (lambda: Categorical(4).log_prob(torch.zeros(4), torch.zeros(1)), r"got \(4,\)"),
        (
            lambda: Categorical(4).log_prob(torch.zeros(2, 4, 5), torch.zeros(2, 6)),
            r"`x` must have shape \(2, 1, 5\).*got \(2, 6\)",
        ),
        (
            lambda: DiscretizedLogisticMixture(4, 1, 3).log_prob(torch.zeros(2, 10, 5), torch.zeros(2, 5)),
            r"`x` must have shape \(2, 3, 5\).*got \(2, 5\)",
        ),
        (
            lambda: Bernoulli().pmf(torch.zeros(2, 1, 1), torch.zeros(2, 0)),
            r"`params` must have shape \(B, 1\).*got \(2, 1, 1\)",
        ),
        (
            lambda: Bernoulli().pmf(torch.zeros(2, 1), torch.zeros(2, 1)),
            r"`prefix` must have shape \(2, k\) with k < 1, got \(2, 1\)",
        ),
        (
            lambda: Bernoulli().pmf(torch.zeros(2, 1), torch.zeros(3, 0)),
            r"`prefix` must have shape \(2, k\).*got \(3, 0\)",
        ),
        (
            lambda: Bernoulli().sample(torch.zeros(2, 1), torch.zeros(2)),
            r"`uniforms` must have shape \(2, 1\), got \(2,\)",
        ),
    ],
)
def test_wrong_shapes_are_refused(call, message):
    with pytest.raises(ShapeError, match=message):
        call()


@pytest.mark.parametrize("num_levels", [1, 0, -3, 2.5, "256"])
def test_a_support_of_fewer_than_two_levels_is_refused(num_levels):
    with pytest.raises(ConfigError, match=rf"`num_levels` of categorical must be at least 2, got {num_levels!r}"):
        Categorical(num_levels)
