"""What is FVBN's own: its regressions, their inputs, its size, and that it can be fitted by hand."""

import numpy as np
import pytest
import torch

import arzoo
from arzoo.orderings import RandomOrder, Raster, Spiral

SHAPE = (1, 2, 3)


def fvbn(**arguments):
    """A model in float64 whose weights are far from their start."""
    torch.manual_seed(0)
    model = arzoo.create("fvbn", "tiny-binary", **{"event_shape": SHAPE, **arguments}).double().eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.normal_()
    return model


@pytest.mark.parametrize("ordering", [Raster(SHAPE), RandomOrder(SHAPE, seed=3)])
def test_each_logit_is_a_logistic_regression_on_the_symbols_before(ordering):
    model = fvbn(ordering=ordering)
    weight, bias = (p.detach().numpy() for p in (model.backbone.output.weight, model.backbone.output.bias))
    x = torch.randint(2, (8, *SHAPE))
    inputs, places = 2.0 * x.flatten(1).numpy() - 1, ordering.permutation.tolist()
    logits = np.zeros((8, 6))
    for k, place in enumerate(places):
        logits[:, place] = bias[place] + sum(weight[place, other] * inputs[:, other] for other in places[:k])
    np.testing.assert_allclose(model(x).flatten(1).detach().numpy(), logits, rtol=0, atol=1e-12)


def test_all_cosines_give_the_regression_on_one_hot_levels():
    """Weights exist that turn the inputs into any table of logits by level."""
    model = fvbn(num_levels=4, input_features=3, event_shape=(2,))
    table = torch.randn(4, 4, dtype=torch.float64)  # logits of the second symbol by the level of the first
    features = torch.cat([torch.ones(4, 1).double(), model.backbone.table], 1)
    solved = torch.linalg.solve(features, table)
    with torch.no_grad():
        for level in range(4):
            model.backbone.output.bias[2 * level + 1] = solved[0, level]
            model.backbone.output.weight[2 * level + 1, :3] = solved[1:, level]
    x = torch.tensor([[level, 0] for level in range(4)])
    torch.testing.assert_close(model(x)[:, :, 1], table)


def test_a_fitted_network_reaches_the_entropy_of_a_chain():
    """A Markov chain of two states is a logistic regression on the symbol before, so nothing is lost but sampling."""
    generator = torch.Generator().manual_seed(0)
    x = torch.zeros(4000, 5, dtype=torch.int64)
    for t in range(5):
        flip = torch.rand(4000, generator=generator) < (0.5 if t == 0 else 0.2)
        x[:, t] = (x[:, t - 1] if t else 0) ^ flip.long()
    torch.manual_seed(0)
    model = arzoo.create("fvbn", event_shape=(5,)).double()
    model.backbone.init_from_data(x)
    optimizer = torch.optim.LBFGS(model.parameters(), max_iter=200, line_search_fn="strong_wolfe")

    def nats():
        optimizer.zero_grad()
        loss = -model.log_prob(x).mean()
        loss.backward()
        return loss

    optimizer.step(nats)
    entropy = np.log(2) - 4 * (0.2 * np.log(0.2) + 0.8 * np.log(0.8))
    assert nats().item() == pytest.approx(entropy, abs=0.05)


def test_another_ordering_shares_the_weights():
    model = fvbn()
    other = model.with_ordering(Spiral(SHAPE))
    assert all(a is b for a, b in zip(other.parameters(), model.parameters(), strict=True))
    assert other.arguments["ordering"] == Spiral(SHAPE).to_config()
    with pytest.raises(arzoo.ConfigError, match=r"fvbn must have hidden units that are masked at will"):
        model.with_connectivity(1)


def test_the_paper_config_has_the_size_that_its_regressions_add_up_to():
    with torch.device("meta"):
        model = arzoo.create("fvbn", "paper")
    assert sum(p.numel() for p in model.parameters()) == sum(d + 1 for d in range(784)) == 307_720


def test_the_label_reaches_every_regression():
    model = fvbn(context={"label": {"kind": "labels", "num_classes": 3}})
    x = torch.zeros(1, *SHAPE, dtype=torch.int64)
    assert (model(x, {"label": 0}) != model(x, {"label": 1})).all()


@pytest.mark.parametrize(
    ("arguments", "rule"),
    [
        ({"num_levels": 17, "input_features": 17}, r"of 17 levels must have 1 to 16 features, got 17\. Use 16"),
        ({"event_shape": (None,)}, r"`event_shape` .* must be fixed, got \(None,\)"),
        ({"ordering": Raster((1, 4, 4))}, r"must be of the model's events, \(1, 2, 3\), got Raster\("),
        ({"context": {"mel": {"kind": "series", "channels": 2, "hop": 1}}}, r"got 'mel' of kind 'series'"),
    ],
)
def test_what_cannot_be_built_is_refused(arguments, rule):
    with pytest.raises(arzoo.ConfigError, match=rule):
        fvbn(**arguments)


def test_a_packed_model_keeps_its_ordering():
    with pytest.raises(arzoo.ConfigError, match=r"can follow no other, got .*Spiral.*Build it with packed=False"):
        fvbn(packed=True).with_ordering(Spiral(SHAPE))
