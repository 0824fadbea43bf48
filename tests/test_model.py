"""The model: params, likelihood, and what is refused."""

import itertools
import math

import pytest
import torch

import arzoo
from arzoo.context import Labels


def every_event(shape, num_levels):
    """All events, (num_levels ** dims, *shape)."""
    return torch.tensor(list(itertools.product(range(num_levels), repeat=math.prod(shape)))).view(-1, *shape)


@pytest.mark.parametrize("num_levels", [2, 3])
def test_probabilities_of_all_events_sum_to_one(regression, num_levels):
    model = regression(arzoo.orderings.Raster((1, 2, 2)), arzoo.heads.Categorical(num_levels))
    total = model.log_prob(every_event((1, 2, 2), num_levels)).exp().sum()
    torch.testing.assert_close(total, torch.ones((), dtype=torch.float64), rtol=0, atol=1e-12)


def test_log_prob_is_the_sum_over_positions_and_bits_per_dim_its_scale(regression):
    model, x = regression(), torch.randint(0, 2, (5, 1, 2, 3))
    per_position = model.position_log_prob(x)
    assert per_position.shape == x.shape
    torch.testing.assert_close(model.log_prob(x), per_position.sum((1, 2, 3)))
    torch.testing.assert_close(model.bits_per_dim(x), -model.log_prob(x) / (6 * math.log(2)))


@pytest.mark.parametrize("dtype", [torch.uint8, torch.int16, torch.int32, torch.int64])
def test_any_integer_dtype_gives_the_same(regression, dtype):
    model, x = regression(), torch.randint(0, 2, (4, 1, 2, 3))
    assert torch.equal(model.log_prob(x.to(dtype)), model.log_prob(x))


def test_binary_levels_may_be_booleans(regression):
    model, x = regression(), torch.randint(0, 2, (4, 1, 2, 3))
    assert torch.equal(model.log_prob(x.bool()), model.log_prob(x))


def test_a_head_that_owns_the_pixel_gives_a_log_prob_for_each_colour(regression):
    ordering = arzoo.orderings.Raster((3, 2, 2), channels_as_positions=False)
    model = regression(ordering, arzoo.heads.DiscretizedLogisticMixture(4, num_mixtures=2, num_channels=3))
    x = torch.randint(0, 4, (5, 3, 2, 2))
    assert model(x).shape == (5, model.head.num_params, 2, 2)
    assert model.position_log_prob(x).shape == (5, 3, 2, 2)


BAD_LEVELS = [
    (
        lambda: torch.zeros(5, 4, 6, 3).long(),
        (3, 4, 6),
        r"must have shape \(B, 3, 4, 6\) for Incremental\w+, got \(5, 4, 6, 3\)\. Use x\.permute\(0, 3, 1, 2\)",
    ),
    (lambda: torch.zeros(3, 4, 6).long(), (3, 4, 6), r"got \(3, 4, 6\)\. Use x\[None\]"),
    (lambda: torch.zeros(5, 4, 6).long(), (1, 4, 6), r"got \(5, 4, 6\)\. Use x\[:, None\]"),
    (lambda: torch.zeros(5, 1, 6, 4).long(), (1, 4, 6), r"got \(5, 1, 6, 4\)\. Use x\.transpose\(2, 3\)"),
    (lambda: torch.zeros(5, 1, 9, 9).long(), (1, 4, 6), r"got \(5, 1, 9, 9\)\. Use a model of your size"),
    (lambda: torch.zeros(()).long(), (1, 4, 6), r"got \(\)"),
    (
        lambda: torch.zeros(5, 1, 4, 6),
        (1, 4, 6),
        r"integer levels 0 \.\.\. 1 for Incremental\w+, got torch\.float32\. Use x\.long\(\)",
    ),
    (
        lambda: torch.full((5, 1, 4, 6), 7),
        (1, 4, 6),
        r"must lie in 0 \.\.\. 1 for Incremental\w+, got values from 7 to 7",
    ),
    (lambda: torch.full((5, 1, 4, 6), -1), (1, 4, 6), r"got values from -1 to -1"),
    (lambda: [[1]], (1, 4, 6), r"must be a torch\.Tensor of levels, got list\. Use torch\.as_tensor\(x\)"),
]


@pytest.mark.parametrize(("make", "event_shape", "message"), BAD_LEVELS)
def test_levels_that_do_not_fit_are_refused_with_the_repair(regression, make, event_shape, message):
    model = regression(arzoo.orderings.Raster(event_shape))
    with pytest.raises(arzoo.ShapeError, match=message):
        model.log_prob(make())


def test_booleans_are_refused_where_there_are_more_than_two_levels(regression):
    model = regression(head=arzoo.heads.Categorical(3))
    with pytest.raises(arzoo.ShapeError, match=r"integer levels 0 \.\.\. 2 .* got torch\.bool"):
        model.log_prob(torch.zeros(1, 1, 2, 3).bool())


def test_head_and_ordering_that_disagree_are_refused(regression):
    with pytest.raises(
        arzoo.ConfigError, match=r"got 1 from .*Bernoulli.* and 3 from .*Use channels_as_positions=True"
    ):
        regression(arzoo.orderings.Raster((3, 2, 2), channels_as_positions=False))


def test_a_context_is_refused_for_a_backbone_without_room_for_it(regression):
    with pytest.raises(arzoo.ConfigError, match=r"must take it, got context \['label'\] .*Use forward\(x, context\)"):
        regression(context={"label": Labels(2)})


def test_the_context_has_an_effect_and_is_asked_for(regression):
    model = regression(backbone=regression.labelled, context={"label": Labels(2)})
    x = torch.randint(0, 2, (3, 1, 2, 3))
    assert (model.log_prob(x, {"label": 0}) != model.log_prob(x, {"label": 1})).all()
    assert torch.equal(model.log_prob(x, {"label": [0, 1, 0]})[1:2], model.log_prob(x[1:2], {"label": 1}))
    with pytest.raises(arzoo.ContextError, match="label"):
        model.log_prob(x)
    with pytest.raises(arzoo.ContextError, match="label"):
        regression().log_prob(x, {"label": 0})


def test_a_model_of_one_ordering_and_connectivity_says_so(regression):
    model = regression()
    with pytest.raises(arzoo.ConfigError, match=r"^Inc\w+ can follow Raster\(.* alone, got Snake\(.*with_ordering\(\)"):
        model.with_ordering(arzoo.orderings.Snake((1, 2, 3)))
    with pytest.raises(arzoo.ConfigError, match=r"masked at will .*, got 3 for a IncrementalRegression\. Leave"):
        model.with_connectivity(3)


def test_features_are_means_of_the_backbones_maps_for_checked_levels(regression):
    model = regression()
    model.backbone.num_features = 3
    model.backbone.features = lambda x, layers, context: [layer + x.double() for layer in layers]
    x = torch.randint(0, 2, (5, 1, 2, 3))
    assert torch.equal(model.features(x, 2), 2 + x.double().flatten(1).mean(1, keepdim=True))
    first, second = model.features(x, (1, 0), regions=2)
    columns = torch.stack([x[..., :2].double().mean(3), x[..., 1:].double().mean(3)], -1).flatten(1)
    assert torch.equal(first, 1 + columns) and torch.equal(second, columns)
    for layer in (3, -1, 1.0, None):
        with pytest.raises(
            arzoo.ConfigError, match=rf"`layer` of features must be 0 \.\.\. 2, got {layer}\. Use layer=1"
        ):
            model.features(x, layer)
    with pytest.raises(arzoo.ConfigError, match=r"`regions` must be a whole number of at least 1, got 0"):
        model.features(x, 1, regions=0)
    with pytest.raises(arzoo.ShapeError, match=r"must lie in 0 \.\.\. 1 .*, got values from 7 to 7"):
        model.features(torch.full((1, 1, 2, 3), 7), 2)


def test_a_backbone_without_features_says_so(regression):
    with pytest.raises(
        arzoo.ConfigError, match=r"must have .* features\(\) .*, got layers \[3\] of a IncrementalRegression\. Use"
    ):
        regression().features(torch.zeros(1, 1, 2, 3, dtype=torch.int64), 3)


def test_repr_names_the_parts(regression):
    assert "Raster" in repr(regression()) and "Bernoulli" in repr(regression())
