"""The weights that are told a thumbnail make the digit of it, and it is worth what the table says."""

import json
from pathlib import Path

import pytest
import torch

import arzoo
from arzoo.data import load_dataset
from arzoo.data.derived import thumbnail

pytest.importorskip("sklearn", reason="the digits are scikit-learn's")

RESULTS = Path(__file__).parents[3] / "docs/benchmark/results"


@pytest.fixture(scope="module")
def model():
    return arzoo.load("gatedpixelcnn-digits-thumbnail")


@pytest.fixture(scope="module")
def held_out():
    return load_dataset("digits", "test").with_context(["thumbnail"]).batch(range(100))


def test_samples_have_the_thumbnail_they_were_asked_for(model, held_out):
    asked = held_out.context["thumbnail"]
    drawn = thumbnail(model.sample(100, held_out.context, seed=0, progress=False), 17)
    for row, column in torch.cartesian_prod(torch.arange(2), torch.arange(2)).tolist():
        place = torch.stack([asked[:, 0, row, column], drawn[:, 0, row, column]])
        follows, by_chance = (
            torch.corrcoef(place)[0, 1],
            torch.corrcoef(torch.stack([place[0], place[1].roll(1)]))[0, 1],
        )
        assert follows > 0.95
        assert by_chance.abs() < 0.4


def test_each_place_of_the_map_moves_its_own_corner(model):
    plain = torch.full((40, 1, 2, 2), -0.4)
    means = []
    for row, column in ((0, 0), (0, 1), (1, 0), (1, 1)):
        asked = plain.clone()
        asked[:, 0, row, column] = 0.0
        drawn = thumbnail(model.sample(40, {"thumbnail": asked}, seed=0, progress=False), 17)
        means.append(drawn.mean(0).flatten())
    assert torch.stack(means).argmax(0).tolist() == [0, 1, 2, 3]


def test_the_wrong_thumbnail_costs_likelihood(model, held_out):
    x, context, *_ = held_out
    right, wrong = (
        model.log_prob(x, {"thumbnail": told}) for told in (context["thumbnail"], context["thumbnail"].roll(1, 0))
    )
    assert (right > wrong).float().mean() > 0.98


@pytest.mark.parametrize("told", ["class", "thumbnail"])
def test_the_recorded_likelihood_is_better_than_that_of_the_network_told_nothing(told):
    nats, error = {}, {}
    for checkpoint in ("gatedpixelcnn-digits", f"gatedpixelcnn-digits-{told}"):
        record = json.loads((RESULTS / f"{checkpoint}.likelihood.json").read_text(encoding="utf-8"))["likelihood"]
        nats[checkpoint], error[checkpoint] = record["nats"], record["nats_se"]
    plain, better = nats
    assert nats[plain] - nats[better] > 2 * max(error.values())
