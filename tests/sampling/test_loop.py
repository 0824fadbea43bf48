"""The ancestral loop: exact frequencies, seeds, batches, caches, known symbols, streams."""

import warnings

import numpy as np
import pytest
import torch

import arzoo
from arzoo.context import Labels
from arzoo.randomness import SampleUniforms
from arzoo.sampling import evaluating

ORDERINGS = [
    arzoo.orderings.Raster((1, 2, 3)),
    arzoo.orderings.Raster((3, 2, 2)),
    arzoo.orderings.Snake((1, 3, 2)),
    arzoo.orderings.RandomOrder((3, 2, 2), seed=4),
    arzoo.orderings.LeftToRight((5,)),
]


def draw(model, n=6, **options):
    return model.sample(n, progress=False, **options)


def test_any_samples_of_a_seed_can_be_drawn(regression):
    model = regression()
    whole = draw(model, 9, seed=4)
    for cached in (True, False):
        some = model.sample(4, seed=4, indices=[8, 0, 3, 3], max_batch=3, cached=cached, progress=False)
        assert torch.equal(some, whole[[8, 0, 3, 3]])


@pytest.mark.parametrize("ordering", ORDERINGS, ids=repr)
def test_cached_equals_whole_passes(regression, ordering):
    model = regression(ordering, arzoo.heads.Categorical(3))
    assert torch.equal(draw(model), draw(model, cached=False))


def test_cached_equals_whole_passes_where_the_head_owns_the_pixel(regression):
    ordering = arzoo.orderings.Raster((3, 2, 2), channels_as_positions=False)
    model = regression(ordering, arzoo.heads.DiscretizedLogisticMixture(5, num_mixtures=2, num_channels=3))
    assert torch.equal(draw(model), draw(model, cached=False))


def test_each_symbol_inverts_the_cdf_of_its_conditional(regression):
    ordering = arzoo.orderings.RandomOrder((1, 2, 3), seed=2)
    model = regression(ordering, arzoo.heads.Categorical(3))
    x = draw(model, seed=11)
    uniforms = SampleUniforms(11, range(6), 1)
    params = model(x).flatten(2)
    for step, place in enumerate(ordering.permutation):
        cdf = model.head.pmf(params[:, :, place], torch.zeros(6, 0)).cumsum(1)
        expected = (cdf <= uniforms.at(step)).sum(1)
        assert torch.equal(x.flatten(1)[:, place], expected)


def test_frequencies_agree_with_the_likelihood(regression):
    model, n = regression(arzoo.orderings.Raster((1, 2, 2))), 20_000
    x = draw(model, n).flatten(1)
    events, counts = x.unique(dim=0, return_counts=True)
    expected = n * model.log_prob(events.view(-1, 1, 2, 2)).exp()
    chi_square = ((counts - expected) ** 2 / expected).sum()
    assert len(events) == 16
    assert chi_square < 37.7  # 15 degrees of freedom: exceeded once in a thousand


def test_samples_do_not_depend_on_batch_or_split_or_global_seed(regression):
    model = regression()
    torch.manual_seed(1)
    np.random.seed(1)
    sixteen = draw(model, 16)
    torch.manual_seed(2)
    assert torch.equal(draw(model, 16), sixteen)
    assert torch.equal(draw(model, 4), sixteen[:4])
    assert torch.equal(draw(model, 16, max_batch=5), sixteen)
    assert not torch.equal(draw(model, 16, seed=1), sixteen)


def test_sampling_leaves_the_global_generators_alone(regression):
    before = torch.random.get_rng_state()
    draw(regression())
    assert torch.equal(torch.random.get_rng_state(), before)


@pytest.mark.parametrize("cached", [True, False])
def test_known_symbols_are_kept_and_conditioned_on(regression, cached):
    model = regression(arzoo.orderings.Raster((3, 2, 2)), arzoo.heads.Categorical(3))
    known, mask = torch.randint(0, 3, (6, 3, 2, 2)), torch.zeros(3, 2, 2, dtype=torch.bool)
    mask[0], mask[:, 0, 0] = True, True  # R of every pixel, and the first pixel whole
    x = draw(model, 6, known=known, known_mask=mask, cached=cached)
    assert torch.equal(x[:, mask], known[:, mask])
    changed = known.clone()
    changed[:, 0, 0, 0] = (changed[:, 0, 0, 0] + 1) % 3
    assert not torch.equal(draw(model, 6, known=changed, known_mask=mask)[:, ~mask], x[:, ~mask])
    uniforms, params = SampleUniforms(0, range(6), 1), model(x).flatten(2)
    for step, place in enumerate(model.ordering.permutation):
        cdf = model.head.pmf(params[:, :, place], torch.zeros(6, 0)).cumsum(1)
        expected = (cdf <= uniforms.at(step)).sum(1)
        if not mask.flatten()[place]:
            assert torch.equal(x.flatten(1)[:, place], expected)


def test_unknown_places_of_known_do_not_matter(regression):
    model, mask = regression(), torch.zeros(2, 3, dtype=torch.bool)
    mask[0] = True
    one, two = torch.zeros(6, 1, 2, 3).long(), torch.zeros(6, 1, 2, 3).long()
    two[:, :, 1] = 1
    assert torch.equal(model.complete(one, mask, progress=False), model.complete(two, mask, progress=False))


def test_temperature_zero_takes_the_most_probable_level(regression):
    model = regression(head=arzoo.heads.Categorical(4))
    x = draw(model, temperature=0)
    assert torch.equal(x, draw(model, temperature=0, seed=5))
    assert torch.equal(model(x).argmax(1), x)


def test_top_k_one_is_temperature_zero(regression):
    model = regression(head=arzoo.heads.Categorical(4))
    assert torch.equal(draw(model, top_k=1), draw(model, temperature=0))


def test_a_stream_of_no_samples_hands_out_every_position_empty(regression):
    model = regression()
    drawn = list(model.stream(0))
    assert [position for position, *_ in drawn] == list(range(model.ordering.num_positions))
    assert {values.shape for *_, values in drawn} == {(0, model.ordering.num_symbols)}


def test_stream_hands_out_the_samples_position_by_position(regression):
    model = regression(arzoo.orderings.Snake((1, 2, 3)))
    x = torch.zeros(4, 6).long()
    places = []
    for position, symbols, values in model.stream(4, seed=3):
        assert position == len(places)
        assert torch.is_grad_enabled() and not torch.is_inference_mode_enabled()
        x[:, symbols] = values
        places += symbols.tolist()
    assert torch.equal(x.view(4, 1, 2, 3), draw(model, 4, seed=3))
    assert places == [0, 1, 2, 5, 4, 3]


def test_free_length_is_settled_by_length_or_by_what_is_known(regression):
    class Memory(torch.nn.Module):
        def __init__(self, *_):
            super().__init__()
            self.weight = torch.nn.Parameter(torch.ones(()))

        def forward(self, x):
            return (self.weight * x.roll(1, 1) * (torch.arange(x.shape[1]) > 0))[:, None]

    model = regression(arzoo.orderings.LeftToRight((None,)), backbone=Memory)
    assert draw(model, 2, length=7, cached=False).shape == (2, 7)
    known = torch.zeros(2, 5).long()
    assert model.complete(known, torch.tensor([1, 1, 0, 0, 0]).bool(), cached=False, progress=False).shape == (2, 5)
    with pytest.raises(arzoo.ConfigError, match=r"needs `length` to sample, got None. Use length=1000"):
        draw(model, 2)
    with pytest.raises(arzoo.ConfigError, match=r"`length` is for models of free length, got 7"):
        draw(regression(), 2, length=7)


def test_a_backbone_without_step_is_sampled_by_whole_passes_and_says_so(regression):
    model = regression(backbone=regression.whole)
    with pytest.warns(UserWarning, match=r"Regression has no step\(\), so each of the 6 positions costs a whole pass"):
        x = draw(model)
    assert torch.equal(x, draw(regression()))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert torch.equal(draw(model, cached=False), x)


def test_context_goes_with_its_sample(regression):
    model = regression(backbone=regression.labelled, context={"label": Labels(3)})
    labels = torch.tensor([0, 1, 2, 0, 1, 2])
    both = draw(model, context={"label": labels}, max_batch=4)
    assert torch.equal(both, draw(model, context={"label": labels}, cached=False))
    assert torch.equal(both[1], draw(model, 2, context={"label": 1})[1])


def test_sampling_is_done_in_evaluation_mode_and_training_mode_comes_back(regression):
    model = regression()
    model.backbone = torch.nn.Sequential(model.backbone, torch.nn.Dropout(0.5))
    model.train()
    one = draw(model, cached=False)
    assert model.training
    assert torch.equal(draw(model, cached=False), one)
    with evaluating(model):
        assert not model.training


def test_no_samples_is_an_empty_answer(regression):
    assert draw(regression(), 0).shape == (0, 1, 2, 3)
