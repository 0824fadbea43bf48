import math

import pytest
import torch

import arzoo
from arzoo.anomaly import complexity, measure


def entropies(model, x):
    """Sum over positions of the entropy of p(x_i | x_before_i), bits per dimension, by the whole pmf."""
    params = model(x).flatten(2)
    total = torch.zeros(len(x), dtype=torch.float64)
    for place in range(params.shape[2]):
        pmf = model.head.pmf(params[:, :, place], torch.zeros(len(x), 0))
        total -= (pmf * pmf.clamp(min=1e-300).log2()).sum(1)
    return total / x[0].numel()


def test_bits_are_the_models_and_complexity_the_coders(painter):
    model = painter()
    x = model.sample(7, progress=False)
    found = measure(model, x, batch_size=3)
    assert torch.allclose(found.bits, model.bits_per_dim(x))
    assert torch.equal(found.complexity, complexity(model.data.decode(x)))
    assert torch.equal(found.vectors, torch.stack([found.bits, found.bits - found.expected, found.complexity], 1))


def test_what_was_expected_is_the_sum_of_conditional_entropies(painter):
    """Each event has one draw a symbol, by the same uniforms: the mean over many images is unbiased up to these."""
    model = painter((1, 16, 16), 5)
    x = model.sample(300, progress=False)
    found, exact = measure(model, x), entropies(model, x)
    assert (found.expected - exact).abs().mean() < 0.15
    assert abs((found.expected - exact).mean()) < 0.02
    assert abs(found.surprise.mean()) < 0.02


def test_an_event_that_the_model_did_not_expect_surprises_it(painter):
    model = painter((1, 16, 16), 5)
    x = model.sample(1, progress=False)
    x[:, :, 8:] = model(x).argmin(1)[:, :, 8:]  # of what it holds least probable, half an image
    assert measure(model, x).surprise > 0.5


def test_an_event_is_measured_alike_in_any_batch(painter):
    model = painter((3, 4, 4), 17)
    x = model.sample(6, progress=False)
    whole = measure(model, x)
    for k in range(6):
        for one, all_ in zip(measure(model, x[k : k + 1], batch_size=1), whole, strict=True):
            assert math.isclose(one.item(), all_[k].item(), abs_tol=1e-9)


@pytest.mark.parametrize("ordering", [arzoo.orderings.Spiral, arzoo.orderings.Raster], ids=lambda each: each.name)
def test_a_head_that_owns_the_pixel_is_measured_in_any_ordering(painter, ordering):
    head = arzoo.heads.DiscretizedLogisticMixture(17, num_mixtures=2, num_channels=3)
    model = painter((3, 4, 4), 17, ordering((3, 4, 4), channels_as_positions=False), head)
    found = measure(model, model.sample(300, progress=False))
    assert found.surprise.std() > 0.05
    assert abs(found.surprise.mean()) < 0.1  # its error is shared, for all events have the same uniforms


def test_contexts_are_told():
    model = arzoo.load("gatedpixelcnn-digits-class")
    data = arzoo.data.load_dataset("digits", "test").with_context(["label"])
    x, context, *_ = data.batch(range(6))
    right = measure(model, x, context)
    assert torch.allclose(right.bits, model.bits_per_dim(x, context).double(), atol=1e-5)
    assert measure(model, x, {"label": (context["label"] + 1) % 10}).bits.mean() > right.bits.mean()


def test_no_events_have_no_figures(painter):
    assert [len(figure) for figure in measure(painter(), torch.zeros(0, 1, 4, 4).long())] == [0, 0, 0]


def test_mistakes_are_one_sentence(painter, regression):
    with pytest.raises(arzoo.ConfigError, match=r"found among images, .* got the data spec None .*bits_per_dim"):
        measure(regression(), torch.zeros(1, 1, 2, 3).long())
    with pytest.raises(arzoo.ShapeError, match=r"`x` must have shape \(B, 1, 4, 4\) .* got \(1, 4, 4\)"):
        measure(painter(), torch.zeros(1, 4, 4).long())
    with pytest.raises(arzoo.ConfigError, match=r"`batch_size` must be a whole number of at least 1, got 0"):
        measure(painter(), torch.zeros(1, 1, 4, 4).long(), batch_size=0)
