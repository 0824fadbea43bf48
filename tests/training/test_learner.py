import copy
import math

import pytest
import torch

from arzoo.data import load_dataset
from arzoo.ensemble import variant
from arzoo.training.acceleration import accelerator_for, reproducible
from arzoo.training.batches import Batches
from arzoo.training.learner import Learner, adamw
from arzoo.training.models import build_model

DIGITS = load_dataset("digits", "train").with_context([])


@pytest.fixture
def learner(recipe):
    def build(*overrides):
        settings = recipe("model.arguments.dropout=0.0", *overrides)
        torch.manual_seed(0)
        return Learner(build_model(settings, DIGITS), settings.training, accelerator_for(settings.training))

    with reproducible(torch.device("cpu")):
        yield build


def taught(learner, steps=5):
    settings = learner.settings
    batches = Batches(DIGITS, settings.batch_size, accumulate=settings.accumulate)
    return torch.stack([learner.update(step, batches.step(step)) for step in range(steps)])


def test_the_first_figure_is_the_likelihood_of_the_first_batch(learner):
    one = learner()
    expected = -one.model.log_prob(Batches(DIGITS, 16).step(0)[0].x).mean() / 64
    assert taught(one, 1)[0, 0].item() == pytest.approx(expected.item(), rel=1e-6)


def test_an_update_is_adamw_on_nats_per_dimension(learner):
    """One step by hand: the same gradient, clipped, through torch's own AdamW."""
    one, other = learner("training.clip_norm=0.01"), learner()
    batch = Batches(DIGITS, 16).step(0)
    nats = -other.model.log_prob(batch[0].x).mean() / 64
    nats.backward()
    norm = torch.nn.utils.clip_grad_norm_(other.model.parameters(), 0.01)
    optimizer = torch.optim.AdamW(other.model.parameters(), lr=0.01 / 3, weight_decay=0.0)
    optimizer.step()
    figures = one.update(0, batch)
    assert figures.tolist() == pytest.approx([nats.item(), norm.item()], rel=1e-6)
    for ours, theirs in zip(one.model.parameters(), other.model.parameters(), strict=True):
        torch.testing.assert_close(ours, theirs)


def test_orderings_take_turns_update_by_update(recipe):
    chosen = recipe('model.architecture="toyordered"', "model.arguments={}", "training.orderings=3")
    with reproducible(torch.device("cpu")):
        torch.manual_seed(0)
        one = Learner(build_model(chosen, DIGITS), chosen.training, accelerator_for(chosen.training))
        for step in range(5):
            x = Batches(DIGITS, 16).step(step)
            expected = -variant(one.model, step % 3, 3).log_prob(x[0].x).mean() / 64
            assert one.update(step, x)[0].item() == pytest.approx(expected.item(), rel=1e-6)


def test_accumulated_passes_equal_one_large_batch(learner):
    whole = learner("training.batch_size=16", "training.precision=float64")
    expected = taught(whole)  # before the other is made: the state of accumulation is one a process
    parts = learner("training.batch_size=4", "training.accumulate=4", "training.precision=float64")
    torch.testing.assert_close(taught(parts), expected, rtol=1e-10, atol=0)
    for ours, theirs in zip(parts.model.parameters(), whole.model.parameters(), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize("override", ["precision=bf16", "channels_last=true", "fused=false", "clip_norm=0"])
def test_every_way_to_compute_learns_the_same(learner, override):
    plain, other = taught(learner("training.clip_norm=100")), taught(learner(f"training.{override}"))
    torch.testing.assert_close(other, plain, rtol=0.02, atol=0.0)


def test_channels_last_holds_for_the_average_too(learner):
    one = learner("training.channels_last=true", "model.arguments.width=4")
    for model in (one.model, one.average.model):
        assert model.backbone.params.weight.is_contiguous(memory_format=torch.channels_last)


def test_bf16_leaves_the_weights_and_figures_in_float32(learner):
    one = learner("training.precision=bf16")
    assert taught(one).dtype == torch.float32
    assert {parameter.dtype for parameter in one.model.parameters()} == {torch.float32}


def test_only_matrices_decay(learner):
    optimizer = adamw(learner().model, learner("training.weight_decay=0.1").settings)
    decays = {
        parameter.ndim: group["weight_decay"] for group in optimizer.param_groups for parameter in group["params"]
    }
    assert decays == {4: 0.1, 1: 0.0}


def test_a_restored_learner_goes_on_to_the_same_bits(learner):
    one, other = learner(), learner("training.seed=1")
    batches = Batches(DIGITS, 16)
    taught(one, 3)
    other.restore(copy.deepcopy(one.state()))
    for step in (3, 4):
        assert torch.equal(one.update(step, batches.step(step)), other.update(step, batches.step(step)))
    for ours, theirs in zip(one.average.model.parameters(), other.average.model.parameters(), strict=True):
        assert torch.equal(ours, theirs)


def test_learning_lowers_the_loss(learner):
    figures = taught(learner("training.steps=60"), 60)[:, 0]
    assert figures[-10:].mean() < figures[:3].mean() - 0.3
    assert figures[0] == pytest.approx(math.log(17), abs=0.5)


@pytest.mark.slow
def test_a_compiled_model_learns_the_same(learner):
    torch.testing.assert_close(taught(learner("training.compile=true"), 2), taught(learner(), 2), rtol=1e-4, atol=0)
