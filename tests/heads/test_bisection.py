"""The search is the inverse CDF of the pmf, and says where rounding could have made it another."""

import pytest
import torch

from arzoo.heads import DiscretizedGaussianMixture, DiscretizedLogisticMixture, inverse_cdf
from arzoo.heads.bisection import FAN, FEW_ROWS, ROUNDING, WIDE_FAN, Search, rounds

LEVELS = [2, 3, 16, 17, 256, 257, 300, 65_536]


def staircase(pmf):
    """The CDF of levels, as the search wants it: from places to probabilities."""
    cdf, num_levels = torch.nn.functional.pad(pmf.cumsum(1), (1, 0)), pmf.shape[1]

    def below(places):
        level = ((places[:, 0] + num_levels) / 2).long().clamp(max=num_levels)
        return cdf.gather(1, level.expand(len(pmf), -1))[:, None]

    return below


def random_pmf(rows, num_levels):
    return torch.softmax(torch.randn(rows, num_levels, generator=torch.Generator().manual_seed(0)).double(), 1)


@pytest.mark.parametrize("num_levels", LEVELS)
@pytest.mark.parametrize("fan", [2, FAN, WIDE_FAN])
def test_a_search_is_the_inverse_cdf_to_any_base(num_levels, fan):
    pmf = random_pmf(40, num_levels)
    uniforms = torch.rand(40, 2, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    search = Search(num_levels, uniforms, fan)
    for symbol in range(2):
        place = search(symbol, staircase(pmf))[:, :, 0]
        sure = ~search.doubtful
        assert sure.sum() > 35
        level = (place.long() + num_levels - 1) // 2
        assert torch.equal(level[sure], inverse_cdf(pmf, uniforms[:, [symbol]])[sure])


@pytest.mark.parametrize("num_levels", LEVELS[:-1])
@pytest.mark.parametrize("fan", [2, FAN, WIDE_FAN])
def test_every_edge_between_two_levels_is_in_doubt_from_both_sides_and_nothing_else(num_levels, fan):
    pmf = torch.full((1, num_levels), 1 / num_levels, dtype=torch.float64)
    edges = pmf[0].cumsum(0)[:-1, None]
    for distance, doubt in [(-0.9, True), (0, True), (0.9, True), (-1.1, False), (1.1, False)]:
        search = Search(num_levels, edges + distance * ROUNDING, fan)
        search(0, staircase(pmf.expand(len(edges), -1)))
        assert search.in_doubt == doubt
        assert (search.doubtful == doubt).all()


@pytest.mark.parametrize("num_levels", [*LEVELS, 2**23])
@pytest.mark.parametrize("fan", [FAN, WIDE_FAN])
def test_the_digits_count_every_level_and_no_round_is_idle(num_levels, fan):
    found = rounds(num_levels, fan)
    assert 1 + sum(stride * (count - 1) for stride, count in found) >= num_levels
    assert all(2 <= count <= fan for _, count in found)
    assert found[-1][0] == 1


@pytest.mark.parametrize("kind", [DiscretizedLogisticMixture, DiscretizedGaussianMixture])
@pytest.mark.parametrize("channels", [2, 3, 4])
@pytest.mark.parametrize("coupled", [True, False])
@pytest.mark.parametrize("num_levels", [2, 17, 256, 65_536])
@pytest.mark.parametrize("rows", [FEW_ROWS, FEW_ROWS + 1])
def test_pixels_are_drawn_from_the_edges_of_their_conditionals(kind, channels, coupled, num_levels, rows):
    """Uniforms on, and some floats beside, an edge of the CDF of each channel given those before it."""
    head, generator = kind(num_levels, 3, channels, coupled), torch.Generator().manual_seed(channels)
    params = torch.randn(rows, head.num_params, generator=generator, dtype=torch.float64)
    drawn, uniforms = torch.empty(rows, 0, dtype=torch.long), torch.empty(rows, 0, dtype=torch.float64)
    for _ in range(channels):
        pmf = head.pmf(params, drawn)
        level = inverse_cdf(pmf, torch.rand(rows, 1, generator=generator, dtype=torch.float64))
        steps = 2.0**-53 * torch.randint(-2, 3, (rows, 1), generator=generator)
        uniform = (pmf.cumsum(1).gather(1, level) + steps).clamp(0, 1 - 2.0**-53)
        drawn = torch.cat([drawn, inverse_cdf(pmf, uniform)], 1)
        uniforms = torch.cat([uniforms, uniform], 1)
    assert torch.equal(head.sample(params, uniforms), drawn)


@pytest.mark.parametrize("kind", [DiscretizedLogisticMixture, DiscretizedGaussianMixture])
@pytest.mark.parametrize("num_levels", [17, 256, 65_536])
@pytest.mark.parametrize("rows", [FEW_ROWS, 40])
@pytest.mark.parametrize("sharpness", [0.0, 2.0, 4.0, 6.0])
def test_what_is_known_may_be_as_improbable_as_a_mixture_can_make_it(kind, num_levels, rows, sharpness):
    """Differences of CDFs cancel in the tails, where the weights of the components must not be taken from them."""
    head, generator = kind(num_levels, 3, 3), torch.Generator().manual_seed(0)
    params = torch.randn(rows, head.num_params, generator=generator, dtype=torch.float64)
    params[:, 12:21] -= sharpness  # log-scales
    uniforms = torch.rand(rows, 3, generator=generator, dtype=torch.float64)
    known = torch.tensor([0, num_levels - 1, 0]).expand(rows, -1)
    mask = torch.tensor([True, True, False]).expand(rows, -1)
    drawn = head.sample(params, uniforms, known, mask)
    assert torch.equal(drawn[:, 2:], inverse_cdf(head.pmf(params, known[:, :2]), uniforms[:, 2:]))


@pytest.mark.parametrize("rows", [1, 64])
def test_the_pmf_is_asked_where_rounding_decides_and_nowhere_else(rows, monkeypatch):
    head, asked = DiscretizedLogisticMixture(256, 5, 3), []
    by_pmf = DiscretizedLogisticMixture._draw_by_pmf
    monkeypatch.setattr(
        DiscretizedLogisticMixture, "_draw_by_pmf", lambda self, *a: asked.append(len(a[0])) or by_pmf(self, *a)
    )
    generator = torch.Generator().manual_seed(0)
    params = torch.randn(rows, head.num_params, generator=generator)
    uniforms = torch.rand(rows, 3, generator=generator, dtype=torch.float64)
    head.sample(params, uniforms)
    assert asked == []
    uniforms[-1, 0] = head.pmf(params[-1:], torch.empty(1, 0))[0, :100].sum()
    head.sample(params, uniforms)
    assert asked == [1]


def test_draws_with_and_without_inference_mode_may_follow_each_other():
    head = DiscretizedLogisticMixture(19, 2, 2)
    params, uniforms = torch.zeros(3, head.num_params), torch.full((3, 2), 0.3, dtype=torch.float64)
    with torch.inference_mode():
        first = head.sample(params, uniforms).clone()
    assert torch.equal(first, head.sample(params.requires_grad_(), uniforms))
