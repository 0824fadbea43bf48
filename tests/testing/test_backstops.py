"""Checks that other checks stand before: alone, they catch what gets past those."""

import pytest
import torch
from planted import heads, leaks, steps, training
from planted.toys import Dense, Recurrent, toy

from arzoo.testing import CHECKS, CheckFailure, NotApplicable
from arzoo.testing.subject import Subject

NAMED = {check.name: check for check in CHECKS}


def run(name, **arguments):
    NAMED[name].run(Subject(lambda: toy(**arguments)))


@pytest.mark.parametrize(
    "arguments", [{"backbone": leaks.MaskB}, {"backbone": leaks.NoShift}, {"head": heads.Logits(2)}]
)
@pytest.mark.parametrize("shape", [(1, 2, 3), (1, 4, 5)], ids=["every event", "every level"])
def test_normalisation_catches_leaks_and_heads(arguments, shape):
    with pytest.raises(CheckFailure, match="must sum to 1"):
        run("normalisation", event_shape=shape, **arguments)


def test_normalisation_of_many_events_names_the_symbol():
    with pytest.raises(
        CheckFailure, match=r"all 300 levels of a symbol must sum to 1, seen at symbol \(0, 0, 0\), drawn 1st of 2"
    ):
        run("normalisation", event_shape=(1, 1, 2), num_levels=300, backbone=leaks.MaskB)


def test_factorisation_catches_a_pmf_of_its_own():
    with pytest.raises(CheckFailure, match="position_log_prob must be the log of the head's pmf"):
        run("factorisation", head=heads.WarmerDraws(2))


@pytest.mark.parametrize("backbone", [steps.ForgetfulDense, steps.ForgetfulRecurrent])
def test_sampling_catches_steps_that_draw_other_events(backbone):
    with pytest.raises(CheckFailure, match="steps and whole passes must draw the same events"):
        run("sampling", backbone=backbone, event_shape=(1, 3, 3))


class DrawsByChance(heads.Categorical):
    def _draw(self, params, uniforms, kept):
        return super()._draw(params, torch.rand_like(uniforms), kept)


def test_sampling_catches_global_generators():
    with pytest.raises(CheckFailure, match=r"must draw the same events|must be the beginning"):
        run("sampling", head=DrawsByChance(2))


def test_known_symbols_catches_a_head_that_replaces_them():
    with pytest.raises(CheckFailure, match="known symbols must be kept"):
        run("known-symbols", head=heads.IgnoresKnown(3))


@pytest.mark.parametrize("backbone", [steps.ForgetfulDense, steps.ForgetfulRecurrent])
def test_known_symbols_catches_a_step_that_forgets_them(backbone):
    with pytest.raises(CheckFailure, match="at temperature 0 a symbol must be the most probable one"):
        run("known-symbols", backbone=backbone, event_shape=(1, 3, 3), num_levels=5)


@pytest.mark.parametrize(
    "arguments",
    [
        {"head": heads.WarmerDraws(2)},
        {"head": heads.IndependentDraws(3, 2, 3), "event_shape": (3, 1, 1)},
        {"backbone": steps.ForgetfulDense},
        {"backbone": steps.StartsAnew},
        {"backbone": steps.WithoutContext, "num_classes": 3},
    ],
    ids=["temperature", "independent channels", "forgetful", "starts anew", "no context"],
)
def test_sample_frequencies_catch_samples_of_another_distribution(arguments):
    if arguments.get("backbone") is steps.WithoutContext:
        arguments = {**arguments, "backbone": type("Toy", (steps.WithoutContext, Recurrent), {})}
    with pytest.raises(CheckFailure, match=r"as frequent as log_prob says, seen at .*: a G-test with p = "):
        run("sample-frequencies", **arguments)


class Uniform(heads.Categorical):
    """Coded by another distribution than the one that is measured."""

    def _pmf(self, params, prefix):
        return torch.full_like(params, 1 / self.num_levels)

    def _log_prob(self, params, x):
        return (3 * params).log_softmax(1).gather(1, x)


class NeverTwice(Dense):
    def step(self, state, previous, position):
        params = super().step(state, previous, position)
        return params + 0.1 * torch.rand_like(params)


@pytest.mark.parametrize(
    ("arguments", "fault"),
    [
        ({"head": Uniform(17)}, r"events must take the \d+ bits that log_prob says, seen: \d+ bits"),
        ({"backbone": NeverTwice, "num_levels": 17}, "must not raise|must come back"),
    ],
    ids=["another distribution", "another step"],
)
def test_codec_catches_what_cannot_be_restored_or_takes_other_bits(arguments, fault):
    pytest.importorskip("constriction")
    with pytest.raises(CheckFailure, match=fault):
        run("codec", **arguments)


def test_sample_frequencies_have_nothing_to_say_against_other_ways_to_draw():
    run("sample-frequencies", head=heads.DrawsFromTheEnd(2))  # another inverse of the CDF, but the same distribution


def test_sample_frequencies_need_few_events():
    with pytest.raises(NotApplicable, match="too many events"):
        run("sample-frequencies", event_shape=(1, 5, 5))


def test_lengths_are_of_models_that_leave_them_free():
    with pytest.raises(NotApplicable, match="fixed shape"):
        run("length", backbone=training.DividesByLength, event_shape=(8,))


def test_leaks_are_told_apart():
    causes = {}
    for backbone, shape in [
        (leaks.MaskB, (1, 2, 3)),
        (leaks.MaskOneAhead, (1, 2, 3)),
        (leaks.MaskTransposed, (1, 2, 3)),
        (leaks.BlueFirst, leaks.RGB),
        (type("CentredDense", (leaks.Centred, Dense), {}), (1, 2, 3)),
    ]:
        with pytest.raises(CheckFailure) as raised:
            run("causality", backbone=backbone, event_shape=shape)
        causes[backbone.__name__] = raised.value.cause
    assert causes["MaskB"].startswith('mask "B"')
    assert "off by one" in causes["MaskOneAhead"]
    assert "another ordering" in causes["MaskTransposed"]
    assert "colours" in causes["BlueFirst"]
    assert "normalisation" in causes["CentredDense"]


def test_a_leak_is_placed_by_position_symbol_and_step():
    with pytest.raises(CheckFailure) as raised:
        run("causality", backbone=leaks.MaskOneAhead)
    assert raised.value.where.startswith("position (0, 0, 0), drawn 1st of 6")
    assert "with symbol (0, 0, 1), drawn 2nd of 6" in raised.value.seen
    assert "broken at 5 of 6 positions" in raised.value.expected


class NormInside(Recurrent):
    """Takes the features of all positions through one normalisation; the module can be named."""

    def __init__(self, ordering, num_levels, num_params, num_classes=0):
        super().__init__(ordering, num_levels, num_params, num_classes)
        self.norm = torch.nn.GroupNorm(1, num_params)

    def forward(self, x, context=None):
        return self.norm(super().forward(x, context))


def test_a_leak_is_placed_in_its_module():
    with pytest.raises(CheckFailure, match=r"first seen after `norm` \(GroupNorm\)"):
        run("causality", backbone=NormInside)
