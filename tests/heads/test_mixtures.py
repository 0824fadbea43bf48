"""Discretized mixtures against their definition, written out with fifty digits."""

import itertools

import mpmath
import pytest
import torch
from mpmath import mpf

from arzoo.errors import ConfigError
from arzoo.heads import DiscretizedGaussianMixture, DiscretizedLogisticMixture, inverse_cdf

LEVELS = [2, 17, 256, 65_536]
LOG_SCALES = [-7.0, -5.5, -3.0, -1.0, 0.0, 2.0, 5.0]
MEANS = [-1.2, -0.4567, 0.0003, 1.0]
DTYPES = [torch.bfloat16, torch.float32, torch.float64]
KINDS = [DiscretizedLogisticMixture, DiscretizedGaussianMixture]
CURVES = {
    DiscretizedLogisticMixture: lambda z: 1 / (1 + mpmath.exp(-z)),
    DiscretizedGaussianMixture: lambda z: mpmath.erfc(-z / mpmath.sqrt(2)) / 2,
}

mpmath.mp.dps = 50

kinds = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)


def place(level, num_levels):
    return mpf(2 * level) / (num_levels - 1) - 1


def bin_mass(curve, level, num_levels, mean, log_scale):
    """Mass of a symmetric curve between the edges of a bin, of which the outer two are infinitely far."""
    half, scale = mpf(1) / (num_levels - 1), mpmath.exp(log_scale)
    centre = place(level, num_levels) - mean
    lower = (centre - half) / scale if level > 0 else -mpmath.inf
    upper = (centre + half) / scale if level < num_levels - 1 else mpmath.inf
    if centre > 0:  # by symmetry, where fifty digits are enough
        lower, upper = -upper, -lower
    return curve(upper) - curve(lower)


def pixel_mass(head, params, pixel):
    """Probability of the first channels of a pixel, of one row of params, by the sums of the paper."""
    m, c = head.num_mixtures, head.num_channels
    values = [mpf(value) for value in params]
    weights = [mpmath.exp(value) for value in values[:m]]
    total = mpf(0)
    for k in range(m):
        mass, pair = weights[k] / sum(weights), 0
        for channel, level in enumerate(pixel):
            mean = values[m + channel * m + k]
            for earlier in range(channel if head.coupled else 0):
                coefficient = values[m + 2 * c * m + pair * m + k]
                mean += mpmath.tanh(coefficient) * place(pixel[earlier], head.num_levels)
                pair += 1
            log_scale = max(values[m + c * m + channel * m + k], mpf(head.min_log_scale))
            mass *= bin_mass(CURVES[type(head)], level, head.num_levels, mean, log_scale)
        total += mass
    return total


def log_conditionals(head, params, pixel):
    """log p(x_c | earlier channels), channel by channel."""
    masses = [pixel_mass(head, params, pixel[:channel]) for channel in range(len(pixel) + 1)]
    return [float(mpmath.log(after / before)) for before, after in itertools.pairwise(masses)]


def single(means, log_scale, logits=None):
    """Params (1, 3M) of a mixture of single symbols."""
    logits = [0.3 * k for k in range(len(means))] if logits is None else logits
    return torch.tensor([[*logits, *means, *([log_scale] * len(means))]], dtype=torch.float64)


def everywhere(head, params):
    """log_prob of every level, (num_levels,), of one row of params."""
    levels = torch.arange(head.num_levels)
    return head.log_prob(params[:, :, None].expand(-1, -1, head.num_levels), levels[None])[0]


@kinds
@pytest.mark.parametrize("num_levels", LEVELS)
@pytest.mark.parametrize("log_scale", [-7.0, -3.0, 0.0, 5.0])
def test_log_prob_is_the_mass_between_the_edges(kind, num_levels, log_scale):
    head, params = kind(num_levels, num_mixtures=2), single([-0.4, 0.3], log_scale)
    levels = sorted({0, 1, num_levels // 3, num_levels // 2, int(0.65 * num_levels), num_levels - 2, num_levels - 1})
    expected = [log_conditionals(head, params[0].tolist(), [level])[0] for level in levels]
    row = everywhere(head, params)[levels]
    torch.testing.assert_close(row, torch.tensor(expected, dtype=torch.float64), rtol=1e-9, atol=1e-9)
    torch.testing.assert_close(everywhere(head, params.float())[levels].double(), row, rtol=1e-5, atol=2e-4)


@kinds
@pytest.mark.parametrize(("channels", "coupled"), [(1, True), (2, True), (3, True), (3, False), (4, True)])
def test_a_pixel_follows_the_chain_rule_with_coupled_means(kind, channels, coupled):
    head = kind(256, num_mixtures=3, num_channels=channels, coupled=coupled, min_log_scale=-4.0)
    params = torch.randn(4, head.num_params, generator=torch.Generator().manual_seed(channels), dtype=torch.float64)
    params[:, head.num_mixtures * (1 + channels) : head.num_mixtures * (1 + 2 * channels)] -= 3
    pixels = torch.randint(256, (4, channels), generator=torch.Generator().manual_seed(0))
    expected = [log_conditionals(head, *row) for row in zip(params.tolist(), pixels.tolist(), strict=True)]
    torch.testing.assert_close(
        head.log_prob(params, pixels), torch.tensor(expected, dtype=torch.float64), rtol=1e-8, atol=1e-8
    )


@pytest.mark.parametrize(
    ("channels", "coupled", "per_mixture"), [(1, True, 3), (2, True, 6), (3, True, 10), (3, False, 7), (4, True, 15)]
)
def test_the_number_of_params_is_that_of_the_layout(channels, coupled, per_mixture):
    assert DiscretizedLogisticMixture(256, 10, channels, coupled).num_params == 10 * per_mixture
    assert DiscretizedLogisticMixture(256, 10, channels, coupled).num_symbols == channels


@kinds
@pytest.mark.parametrize("num_levels", LEVELS)
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_the_levels_sum_to_one(kind, num_levels, dtype):
    head = kind(num_levels, num_mixtures=len(MEANS))
    for log_scale in LOG_SCALES:
        params = single(MEANS, log_scale).to(dtype)
        total = everywhere(head, params).double().exp().sum().item()
        assert total == pytest.approx(1, abs=1e-12 if dtype == torch.float64 else 1e-6), log_scale
        if dtype == torch.float64:  # which pmf computes in, whatever comes
            assert head.pmf(params, torch.empty(1, 0)).sum().item() == pytest.approx(1, abs=1e-13), log_scale


@kinds
@pytest.mark.parametrize("num_levels", LEVELS)
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_gradients_are_finite_and_of_use_at_the_ends(kind, num_levels, dtype):
    head = kind(num_levels, num_mixtures=len(MEANS))
    for log_scale in LOG_SCALES:
        params = single(MEANS, log_scale).to(dtype).requires_grad_()
        for level in (0, 1, num_levels - 2, num_levels - 1):
            (gradient,) = torch.autograd.grad(head.log_prob(params, torch.tensor([level])), params)
            assert gradient.isfinite().all(), (log_scale, level)
            assert gradient.any(), (log_scale, level)


@kinds
@pytest.mark.parametrize("log_scale", [-1000.0, 30.0, 1000.0])
@pytest.mark.parametrize("mean", [0.0, 1e3, -1e4])
def test_absurd_params_give_no_nan(kind, log_scale, mean):
    for num_levels in LEVELS:
        head, params = kind(num_levels, num_mixtures=1), single([mean], log_scale).float().requires_grad_()
        for level in (0, num_levels // 2, num_levels - 1):
            log_prob = head.log_prob(params, torch.tensor([level]))
            (gradient,) = torch.autograd.grad(log_prob, params)
            assert log_prob.isfinite().all()
            assert gradient.isfinite().all()
        assert head.pmf(params.detach(), torch.empty(1, 0)).sum().item() == pytest.approx(1, abs=1e-9)


@kinds
def test_the_gradient_is_that_of_the_mass(kind):
    head = kind(256, num_mixtures=2, num_channels=2)
    params = torch.randn(
        3, head.num_params, generator=torch.Generator().manual_seed(0), dtype=torch.float64
    ).requires_grad_()
    x = torch.tensor([[0, 255], [255, 1], [100, 130]])
    assert torch.autograd.gradcheck(lambda p: head.log_prob(p, x), params)


@kinds
@pytest.mark.parametrize("log_scale", [-7.0, 0.0, 5.0])
def test_float32_has_the_gradient_of_float64_at_65536_levels(kind, log_scale):
    head, gradients = kind(65_536, num_mixtures=4), []
    for dtype in (torch.float32, torch.float64):
        params = single([-0.5, -0.1, 0.2, 0.75], log_scale).to(dtype).expand(5, -1).clone().requires_grad_()
        log_prob = head.log_prob(params, torch.tensor([0, 1, 30_000, 40_000, 65_535]))
        gradients.append(torch.autograd.grad(log_prob.sum(), params)[0].double())
    torch.testing.assert_close(*gradients, rtol=1e-4, atol=1e-5)


@kinds
def test_log_scales_are_clamped_where_the_config_says(kind):
    head, narrow = kind(256, num_mixtures=1, min_log_scale=-2.5), single([0.1], -9.0)
    assert torch.equal(everywhere(head, narrow), everywhere(head, single([0.1], -2.5)))
    assert not torch.equal(everywhere(kind(256, num_mixtures=1), narrow), everywhere(head, narrow))


@kinds
@pytest.mark.parametrize("num_levels", LEVELS)
def test_a_draw_by_bisection_is_the_inverse_cdf_of_the_pmf(kind, num_levels):
    head, generator = kind(num_levels, num_mixtures=5), torch.Generator().manual_seed(0)
    rows = 512 if num_levels < 1000 else 16
    params = torch.randn(rows, head.num_params, generator=generator, dtype=torch.float64)
    params[:, 10:] = 12 * torch.rand(rows, 5, generator=generator, dtype=torch.float64) - 7
    uniform = torch.rand(rows, 1, generator=generator, dtype=torch.float64)
    uniform[:6, 0] = torch.tensor([0.0, 0.5, 1 - 2.0**-53, 0.0, 1e-300, 1 - 2.0**-53])
    pmf = head.pmf(params, torch.empty(rows, 0))
    drawn = head.sample(params, uniform)
    assert torch.equal(drawn, inverse_cdf(pmf, uniform))
    assert (pmf.gather(1, drawn) > 0).all()


@kinds
@pytest.mark.parametrize("shift", [-1, 0, 1])
def test_bisection_and_pmf_agree_at_the_very_edges(kind, shift):
    """Uniforms on every step of the CDF, and the float next to it on either side."""
    head, params = kind(17, num_mixtures=3), single([-0.5, 0.0, 0.8], -1.5, logits=[0.0, 0.0, 0.0]).expand(16, -1)
    pmf = head.pmf(params, torch.empty(16, 0))
    steps = pmf[0].cumsum(0)[:-1].clamp(max=1 - 2.0**-53)
    uniform = (
        steps if shift == 0 else torch.nextafter(steps, torch.full_like(steps, shift * 2.0)).clamp(max=1 - 2.0**-53)
    )
    assert torch.equal(head.sample(params, uniform[:, None]), inverse_cdf(pmf, uniform[:, None]))


@kinds
def test_later_channels_are_drawn_from_the_components_that_explain_the_earlier(kind):
    """Two components, black and white: a channel of one never goes with a channel of the other."""
    head = kind(256, num_mixtures=2, num_channels=3, coupled=False)
    params = torch.tensor([[0.0, 0.0] + [-1.0, 1.0] * 3 + [-6.0] * 6]).expand(500, -1)
    uniforms = torch.rand(500, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    white = head.sample(params, uniforms) > 127
    assert (white == white[:, :1]).all()
    assert 200 < white[:, 0].sum() < 300


@pytest.mark.parametrize(
    "arguments",
    [{"num_mixtures": 0}, {"num_channels": 0}, {"num_mixtures": -1, "num_channels": 3}, {"num_mixtures": "5"}],
)
def test_impossible_sizes_are_refused(arguments):
    sizes = {"num_mixtures": 10, "num_channels": 1} | arguments
    message = rf"must be at least 1, got {sizes['num_mixtures']!r} and {sizes['num_channels']!r}"
    with pytest.raises(
        ConfigError, match=f"`num_mixtures` and `num_channels` of discretized-logistic-mixture {message}"
    ):
        DiscretizedLogisticMixture(256, **arguments)


def test_more_levels_than_float32_can_tell_apart_are_refused():
    top = DiscretizedLogisticMixture(2**23).num_levels - 1
    edges = 2 * torch.tensor([top - 1, top]) - top + 1  # as the head counts them, in half bins
    assert torch.equal(edges.float().long(), edges)
    with pytest.raises(ConfigError, match=r"must be at most 8,388,608, .*got 8,388,609. Use 8388608"):
        DiscretizedLogisticMixture(2**23 + 1)
