"""The instruments that the checks are made with."""

import random

import numpy as np
import pytest
import torch
from planted.toys import Dense, Recurrent, toy
from torch import nn

from arzoo.context import ContextSpec
from arzoo.errors import ContextError
from arzoo.heads import Bernoulli, Categorical, DiscretizedLogisticMixture
from arzoo.orderings import Raster, Snake
from arzoo.testing.check import Check
from arzoo.testing.compare import differ, gaps, require_same
from arzoo.testing.failures import CheckFailure, NotApplicable
from arzoo.testing.frequencies import event_numbers, improbability, partitions
from arzoo.testing.generators import seeded, states
from arzoo.testing.levels import log_masses, with_levels
from arzoo.testing.measure import influence, one_symbol_changed
from arzoo.testing.places import Places
from arzoo.testing.subject import LENGTH, Subject, cast, draw_context, redraw, rows
from arzoo.testing.trace import at_pixel, everything, first_difference, of_event, outputs
from arzoo.testing.walk import Walk, whole_pass


def test_failures_say_check_rule_place_value_and_cause():
    failure = CheckFailure("x must be y", 3, where="layer 1", cause="haste", check="rule")
    assert str(failure) == "[rule] x must be y, seen at layer 1: 3. Usual cause: haste."
    assert isinstance(failure, AssertionError)


def test_checks_turn_what_a_model_raises_into_a_failure_with_its_place():
    def prove(subject):
        """A sentence
        of two lines.

        And more.
        """
        raise RuntimeError("mat1 and mat2")

    check = Check("shapes", prove, "another head")
    assert check.proves == "A sentence of two lines."
    with pytest.raises(
        CheckFailure, match=r"must not raise, seen at test_tools.py, line \d+, in prove: RuntimeError: mat1"
    ) as raised:
        check.run(Subject(toy))
    assert raised.value.check == "shapes" and raised.value.cause == "another head"
    assert isinstance(raised.value.__cause__, RuntimeError)


def test_checks_let_skips_pass_and_keep_a_cause_of_the_failure_itself():
    def skipped(subject):
        raise NotApplicable("no such promise")

    def failed(subject):
        raise CheckFailure("rule", "value", cause="its own")

    with pytest.raises(NotApplicable, match="no such promise"):
        Check("a", skipped, "general").run(Subject(toy))
    with pytest.raises(CheckFailure) as raised:
        Check("b", failed, "general").run(Subject(toy))
    assert raised.value.cause == "its own" and raised.value.check == "b"


def test_gaps_are_relative_to_large_values_and_infinite_at_nan():
    assert gaps(torch.tensor([100.0, 1.0]), torch.tensor([101.0, 1.0])).tolist() == pytest.approx([1 / 101, 0])
    assert differ(torch.tensor(torch.nan), torch.tensor(0.0), 1e9)
    assert not differ(torch.tensor(-torch.inf), torch.tensor(-torch.inf))


def test_require_same_names_the_greatest_gap():
    with pytest.raises(CheckFailure, match=r"must agree, seen at index \(1, 0\): 5 instead of 1"):
        require_same(torch.tensor([[1.0, 2.0], [5.0, 1.0]]), torch.ones(2, 2), "must agree")
    with pytest.raises(CheckFailure, match=r"must agree, of shape \(2,\), seen: shape \(3,\)"):
        require_same(torch.ones(3), torch.ones(2), "must agree")
    with pytest.raises(CheckFailure, match="seen at row 1: 2 instead of 1"):
        require_same(torch.tensor([1, 2]), torch.tensor([1, 1]), "must agree", where=lambda index: f"row {index[0]}")


def test_places_follow_the_ordering():
    places = Places(Snake((1, 2, 3)))
    assert places.position(3) == "position (0, 1, 0), drawn 6th of 6"
    assert places.symbol(5) == "symbol (0, 1, 2), drawn 4th of 6"
    assert places.size == (2, 3) and places.pixel_of_position.tolist() == places.pixel_of_symbol.tolist() == list(
        range(6)
    )


def test_places_where_the_head_owns_the_pixel():
    places = Places(Raster((3, 2, 2), channels_as_positions=False))
    assert places.position(2) == "position (1, 0), drawn 3rd of 4"
    assert places.symbol(4 + 2) == "symbol (1, 1, 0), drawn 3rd of 4"
    assert places.pixel_of_symbol[4 + 2] == places.pixel_of_position[2] == 2
    pairs = places.across_pixels(torch.ones(4, 12, dtype=torch.bool))
    assert (~pairs).nonzero().tolist() == [[p, p + 4 * c] for p in range(4) for c in range(3)]


def test_the_first_pair_is_the_first_position_and_its_nearest_symbol():
    places, pairs = Places(Snake((1, 2, 3))), torch.zeros(6, 6, dtype=torch.bool)
    pairs[3, 0] = pairs[5, 0] = pairs[5, 2] = True  # 5 is drawn 4th, 3 last
    assert places.first_pair(pairs) == (5, 2)


def test_one_symbol_is_changed_at_a_time_to_other_levels():
    x = torch.tensor([[0, 4], [2, 1]])
    changed = one_symbol_changed(x, 5, seed=0)
    assert changed.shape == (12, 2, 2)
    assert ((changed != x).flatten(1).sum(1) == 1).all()
    assert [int(row.flatten().ne(x.flatten()).nonzero()) for row in changed] == [0, 1, 2, 3] * 3
    assert len({tuple(row.flatten().tolist()) for row in changed}) == 12
    assert changed.min() == 0 and changed.max() == 4


@pytest.mark.parametrize("backbone", [Dense, Recurrent])
def test_influence_is_the_dependence(backbone):
    subject = Subject(lambda: toy(backbone, (2, 2, 2)))
    earlier = subject.ordering.earlier()
    assert torch.equal(influence(subject, earlier) > 0, earlier)


def test_subjects_are_functions_of_their_seeds():
    subject = Subject(lambda: toy(Recurrent, num_classes=3))
    state = torch.get_rng_state()
    one, same, other = subject.redrawn(1), subject.redrawn(1), subject.redrawn(2)
    assert torch.equal(state, torch.get_rng_state())
    assert torch.equal(one.backbone.start, same.backbone.start) and not torch.equal(
        one.backbone.start, other.backbone.start
    )
    assert torch.equal(subject.events(3, 1), subject.events(3, 1)) and subject.events(3).max() <= 1
    assert subject.contexts(5)["label"].shape == (5,)
    assert not one.training and one.backbone.start.dtype == torch.float64


def test_subjects_settle_a_free_length():
    subject = Subject(lambda: toy(Recurrent, (None,)))
    assert subject.event_shape == (LENGTH,) and subject.dims == LENGTH


def test_redrawing_moves_every_trained_weight_and_no_other():
    module = nn.Linear(3, 2)
    module.bias.requires_grad_(False)
    before = module.weight.detach().clone(), module.bias.detach().clone()
    redraw(module, seed=0)
    assert (module.weight != before[0]).all() and torch.equal(module.bias, before[1])


def test_an_unknown_kind_of_context_is_refused():
    class Weather(ContextSpec):
        kind = "weather"

    Weather.__abstractmethods__ = frozenset()
    with pytest.raises(ContextError, match="labels, latent and series, got 'weather'"):
        draw_context(Weather(), 2, 3, torch.Generator())


def test_contexts_are_cut_and_cast_by_row():
    context = {"label": torch.arange(3), "latent": torch.zeros(3, 2, dtype=torch.float64)}
    assert rows(context, [1, 1])["label"].tolist() == [1, 1] and rows(None, [0]) is None
    half = cast(context, torch.float32)
    assert (half["label"].dtype, half["latent"].dtype) == (torch.int64, torch.float32) and cast(
        None, torch.float32
    ) is None


def test_generators_are_lent_and_given_back():
    before = states()
    with seeded(3):
        first = torch.rand(2).tolist(), random.random(), np.random.rand()
        assert all(state != before[name] for name, state in states().items())
    assert states() == before
    with pytest.raises(ValueError, match="inside"), seeded(3):
        assert first == (torch.rand(2).tolist(), random.random(), np.random.rand())
        raise ValueError("inside")
    assert states() == before


def test_the_first_module_that_differs_is_named():
    network = nn.Sequential(nn.Linear(2, 2), nn.Dropout(0.5), nn.Linear(2, 2)).double()
    x = torch.ones(1, 2, dtype=torch.float64)
    with seeded(0):
        found = first_difference(network, lambda: network(x), lambda: network(x), everything)
        assert found == ", first seen after `1` (Dropout)"
        assert first_difference(network.eval(), lambda: network(x), lambda: network(x), everything) == ""
    assert [name for name, _ in outputs(network, lambda: network(x))] == ["0", "1", "2"]
    assert not any(module._forward_hooks for module in network.modules())


def test_parts_of_outputs_are_picked_where_their_layout_is_plain():
    image = torch.arange(24.0).view(2, 3, 2, 2)
    assert torch.equal(at_pixel(2, (2, 2), image), image[:, :, 1, 0])
    assert torch.equal(at_pixel(2, (2, 2), image.movedim(1, 3)), image[:, :, 1, 0])
    assert at_pixel(2, (2, 2), torch.zeros(2, 7)) is None
    assert torch.equal(of_event(1, 2, image), image[1]) and of_event(1, 3, image) is None


def test_a_walk_gives_the_params_of_the_whole_pass_in_the_order_of_the_steps():
    subject = Subject(lambda: toy(ordering=Snake((1, 2, 3))))
    x, model = subject.events(2), subject.model
    expected = whole_pass(model, subject.ordering, x, None)
    torch.testing.assert_close(Walk(model, subject.ordering, x, None).params(), expected)
    torch.testing.assert_close(expected[3], model(x).flatten(2)[:, :, 5])


def test_masses_of_a_level_are_those_of_log_prob():
    subject, params = Subject(toy), torch.randn(3, 4, dtype=torch.float64)
    masses = log_masses(subject, Categorical(4), params, torch.empty(3, 0, dtype=torch.long))
    torch.testing.assert_close(masses, params.log_softmax(1).T)


def test_heads_are_remade_with_other_levels_where_they_can():
    levels = [head.num_levels for head in with_levels(Categorical(256), (2, 256, 65_536))]
    assert levels == [256, 2, 65_536]
    assert [head.num_levels for head in with_levels(Bernoulli(), (2, 256))] == [2]
    remade = list(with_levels(DiscretizedLogisticMixture(17, 3, 3, min_log_scale=-5.0), (2,)))[1]
    assert (remade.num_levels, remade.num_mixtures, remade.min_log_scale) == (2, 3, -5.0)


def test_events_are_numbered_as_they_are_listed():
    events = torch.cartesian_prod(*[torch.arange(3)] * 3)
    assert event_numbers(events, 3).tolist() == list(range(27))


def test_frequencies_of_the_right_distribution_are_not_improbable():
    generator, pmf = torch.Generator().manual_seed(0), torch.tensor([0.5, 0.3, 0.2], dtype=torch.float64)
    counts = torch.bincount(torch.multinomial(pmf, 10_000, True, generator=generator), minlength=3).double()
    assert improbability(counts, pmf, torch.arange(3)) > 0.01
    assert improbability(counts, pmf.flip(0), torch.arange(3)) < 1e-12


def test_the_statistic_is_chi_squared():
    stats = pytest.importorskip("scipy.stats")
    counts, pmf = torch.tensor([480.0, 310.0, 210.0]).double(), torch.tensor([0.5, 0.3, 0.2]).double()
    expected = stats.power_divergence(counts.numpy(), 1000 * pmf.numpy(), lambda_="log-likelihood").pvalue
    assert improbability(counts, pmf, torch.arange(3)) == pytest.approx(expected)


def test_groups_too_rare_to_test_are_pooled():
    pmf = torch.cat([torch.tensor([0.9]), torch.full((100,), 0.001)]).double()
    pmf /= pmf.sum()
    counts = 1000 * pmf
    counts[1] += 5  # one rare event five times too often is no evidence by itself
    assert improbability(counts, pmf, torch.arange(101)) > 0.1


def test_partitions_are_pairs_of_symbols_and_bands_of_probability():
    events = torch.cartesian_prod(*[torch.arange(2)] * 3)
    pmf = torch.arange(1.0, 9.0).double() / 36
    named = dict(partitions(events, pmf))
    assert len(named) == 4
    assert named["symbols 0 and 2 of the flat event"].tolist() == [0, 1, 0, 1, 2, 3, 2, 3]
    bands = named["events in bands of equal probability"]
    assert bands.sort().values.equal(bands) and bands.max() <= 19
