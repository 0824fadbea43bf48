"""Seeded draws of models, events and contexts."""

import pytest
import torch
from planted.toys import Recurrent, toy
from torch import nn

from arzoo.context import ContextSpec
from arzoo.errors import ContextError
from arzoo.testing.subject import LENGTH, Subject, cast, draw_context, redraw, rows


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
