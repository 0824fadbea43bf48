import itertools
import math

import pytest
import torch

import arzoo
from arzoo.context import Labels
from arzoo.ensemble import Ensemble, ensemble_of, variant
from arzoo.evaluation import evaluate
from arzoo.nn import MaskedLinear, OrderedBackbone
from arzoo.orderings import RandomOrder, Raster

SHAPE = (1, 2, 3)


class Regression(OrderedBackbone):
    """One masked layer, whose connectivity does nothing but be counted."""

    connectivity = 0

    def __init__(self, ordering, num_levels, context):
        super().__init__(ordering, num_levels, 1 if num_levels == 2 else num_levels, 1, context=context)
        self.output = MaskedLinear(self.input_degrees, self.output_degrees, strict=True)

    def layers(self):
        return [self.output]

    def degrees(self):
        return [(self.input_degrees, self.output_degrees)]

    def outputs(self, inputs):
        return self.output(inputs)

    def seen(self):
        return self.output.mask

    def at(self, state, position):
        return self.output.at(state.layers[0], state.inputs, position)

    def with_connectivity(self, connectivity):
        return self.reconnected(connectivity=connectivity)


def regression(seed=0, *, shape=SHAPE, num_levels=2, context=None):
    torch.manual_seed(seed)
    ordering = Raster(shape)
    backbone, head = Regression(ordering, num_levels, context), arzoo.heads.for_levels(num_levels)
    model = arzoo.AutoregressiveModel(ordering, backbone, head, context=context).double().eval()
    with torch.no_grad():
        backbone.output.weight.normal_(0, 1.5)
    return model


def every_event():
    return torch.tensor(list(itertools.product((0, 1), repeat=6))).view(-1, *SHAPE)


@pytest.fixture
def orderings():
    return ensemble_of(regression(), 4)


def test_a_mixture_of_orderings_is_a_distribution(orderings):
    x = every_event()
    assert orderings.log_prob(x).exp().sum().item() == pytest.approx(1, abs=1e-12)
    by_hand = sum(model.log_prob(x).exp() for model in orderings.members) / 4
    torch.testing.assert_close(orderings.log_prob(x).exp(), by_hand, rtol=1e-12, atol=0)
    torch.testing.assert_close(orderings.bits_per_dim(x), -by_hand.log2() / 6, rtol=1e-12, atol=0)


def test_members_differ_and_share_their_weights(orderings):
    x = every_event()
    assert len({tuple(model.log_prob(x).tolist()) for model in orderings.members}) == 4
    assert len(list(orderings.parameters())) == len(list(orderings.members[0].parameters()))


def test_members_need_not_share_anything():
    ensemble = Ensemble([regression(0), regression(1).with_ordering(RandomOrder(SHAPE, seed=2))])
    assert ensemble.log_prob(every_event()).exp().sum().item() == pytest.approx(1, abs=1e-12)


def test_a_sample_is_its_members_sample_of_that_number(orderings):
    drawn, choices = orderings.sample(40, seed=3, progress=False), orderings.choices(40, seed=3)
    assert set(choices.tolist()) == {0, 1, 2, 3}
    alone = [model.sample(40, seed=3, progress=False) for model in orderings.members]
    for k, member in enumerate(choices.tolist()):
        assert torch.equal(drawn[k], alone[member][k])


def test_a_sample_does_not_depend_on_the_batch(orderings):
    whole = orderings.sample(12, seed=5, progress=False)
    assert torch.equal(orderings.sample(5, seed=5, progress=False), whole[:5])
    assert torch.equal(orderings.sample(12, seed=5, max_batch=2, cached=False, progress=False), whole)
    assert orderings.sample(0, progress=False).shape == (0, *SHAPE)


def test_samples_come_as_often_as_they_are_probable(orderings):
    n, place = 4000, 2 ** torch.arange(5, -1, -1)
    seen = torch.bincount((orderings.sample(n, progress=False).flatten(1) * place).sum(1), minlength=64)
    expected = n * orderings.log_prob(every_event()).exp().detach()
    large = expected > 5
    statistic = ((seen - expected)[large] ** 2 / expected[large]).sum().item()
    assert statistic < large.sum().item() + 5 * math.sqrt(2 * large.sum().item())


def test_each_sample_has_its_own_context():
    ensemble = ensemble_of(regression(context={"label": Labels(2)}), 3)
    labels = torch.arange(10) % 2
    drawn, choices = ensemble.sample(10, {"label": labels}, progress=False), ensemble.choices(10)
    for model in ensemble.members:
        own = choices == ensemble.members.index(model)
        assert torch.equal(drawn[own], model.sample(10, {"label": labels}, progress=False)[own])


def test_its_likelihood_is_measured_like_a_models():
    model = regression(shape=(1, 8, 8), num_levels=17)
    data = arzoo.data.load_dataset("digits", "test").subset(range(20))
    ensemble = ensemble_of(model, 3)
    found = evaluate(ensemble, data, progress=False)
    assert found.nats == pytest.approx(-ensemble.log_prob(data.batch(range(20)).x).mean().item(), rel=1e-9)
    assert found.nats != pytest.approx(evaluate(model, data, progress=False).nats, rel=1e-3)


def test_a_variant_has_an_ordering_and_a_connectivity_in_turn():
    model = regression()
    turns = [variant(model, number, 3, 2) for number in range(6)]
    assert [turn.ordering for turn in turns[1:3]] == [RandomOrder(SHAPE, seed=1), RandomOrder(SHAPE, seed=2)]
    assert [turn.backbone.connectivity for turn in turns] == [0, 1, 0, 1, 0, 1]
    assert turns[0] is model
    assert variant(model, 3, 3, 1) is model


def test_a_model_in_another_ordering_says_so(orderings):
    model = orderings.members[2]
    assert model.arguments == {"ordering": RandomOrder(SHAPE, seed=2).to_config()}
    assert not model.training
    assert model.train().with_connectivity(3).training


@pytest.mark.parametrize(
    ("models", "rule"),
    [
        ([], r"`models` must be a whole number of at least 1, got 0"),
        ([regression(), regression(shape=(1, 3, 2))], r"same event_shape, \(1, 2, 3\), got \(1, 3, 2\) from number 1"),
        ([regression(), regression(num_levels=3)], r"same num_levels, 2, got 3 from number 1"),
        ([regression(), regression(context={"label": Labels(2)})], r"same context, \{\}, got \{'label': Labels.* 1\."),
    ],
)
def test_models_that_do_not_mix_are_refused(models, rule):
    with pytest.raises(arzoo.ConfigError, match=rule):
        Ensemble(models)


@pytest.mark.parametrize("argument", ["orderings", "connectivities"])
def test_a_number_of_variants_is_at_least_one(argument):
    with pytest.raises(arzoo.ConfigError, match=f"`{argument}` must be a whole number of at least 1, got 0"):
        ensemble_of(regression(), **{argument: 0})


def test_a_mixture_keeps_nothing_known(orderings):
    x = every_event()[:2]
    with pytest.raises(
        arzoo.ConfigError, match=r"must be drawn whole, got known symbols .* of 4 like Regression\. Use"
    ):
        orderings.sample(2, known=x, known_mask=x.bool(), progress=False)
