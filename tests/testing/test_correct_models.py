"""No false alarms: models that keep every promise pass every check, the deep ones included."""

import pytest
import torch
from planted import conditioned
from planted.steps import Stretching
from planted.toys import Dense, Recurrent, toy
from planted.variants import Versatile
from torch import nn

from arzoo.heads import Bernoulli, Categorical, DiscretizedGaussianMixture, DiscretizedLogisticMixture
from arzoo.orderings import Hilbert, Snake, Spiral, SubScale
from arzoo.testing import check_model

PIXEL = (3, 1, 2)


class BlindDense(Dense):
    """Sees the last two symbols, and says so."""

    def allowed(self, ordering):
        earlier = ordering.earlier()
        return earlier & ~earlier.roll(2, 0).tril(-2)

    def dependence(self, ordering):
        return self.allowed(ordering)


class Rectified(Recurrent):
    """Many units are dead in any one draw of the weights, and every path begins at zero."""

    def __init__(self, ordering, num_levels, num_params, num_classes=0):
        super().__init__(ordering, num_levels, num_params, num_classes)
        self.output = nn.Sequential(nn.Linear(6, 6), nn.ReLU(), nn.Linear(6, 6), nn.ReLU(), nn.Linear(6, num_params))
        nn.init.zeros_(self.output[-1].weight)


class WithDropout(Recurrent):
    """Chance while training is no fault, if it is off while evaluating."""

    def __init__(self, ordering, num_levels, num_params, num_classes=0):
        super().__init__(ordering, num_levels, num_params, num_classes)
        self.output = nn.Sequential(nn.Dropout(0.2), self.output)


class LayerNormalised(Recurrent):
    """Over the features of one position, which is no fault."""

    def __init__(self, ordering, num_levels, num_params, num_classes=0):
        super().__init__(ordering, num_levels, num_params, num_classes)
        self.output = nn.Sequential(nn.LayerNorm(6), self.output)


class StretchingDense(Stretching, Dense):
    """Sees as far back as it says, a symbol and no more, and takes positions at once."""

    receptive_field = 1

    def allowed(self, ordering):
        earlier = ordering.earlier()
        return earlier & ~earlier.tril(-2)

    def dependence(self, ordering):
        return self.allowed(ordering)


class WholePasses(nn.Module):
    """No incremental form."""

    def __init__(self, *arguments):
        super().__init__()
        self.inner = Dense(*arguments)

    def forward(self, x):
        return self.inner(x)


class InSinglePrecision(Categorical):
    """A head may work in float32, whatever the network's dtype."""

    def _log_prob(self, params, x):
        return super()._log_prob(params.float(), x)


MODELS = {
    "dense": {},
    "recurrent": {"backbone": Recurrent},
    "bernoulli": {"head": Bernoulli()},
    "single-precision-head": {"head": InSinglePrecision(5)},
    "versatile": {"backbone": Versatile},
    "classes": {"num_classes": 3, "num_levels": 3},
    "recurrent-classes": {"backbone": Recurrent, "num_classes": 3},
    "every-context": {"backbone": conditioned.Conditioned, **conditioned.EVENT},
    "sub-pixels": {"event_shape": PIXEL, "num_levels": 17},
    "sequence": {"backbone": Recurrent, "event_shape": (8,)},
    "free-length": {"backbone": Recurrent, "event_shape": (None,)},
    "free-length-classes": {"backbone": Recurrent, "event_shape": (None,), "num_classes": 2},
    "snake": {"ordering": Snake((1, 2, 3))},
    "spiral-colours": {"backbone": Recurrent, "ordering": Spiral((2, 2, 2))},
    "hilbert": {"backbone": Recurrent, "ordering": Hilbert((1, 2, 3))},
    "sub-scale": {"ordering": SubScale((1, 2, 4), factor=2)},
    "logistic-pixel": {"event_shape": PIXEL, "head": DiscretizedLogisticMixture(3, 2, 3)},
    "gaussian-pixel": {"event_shape": PIXEL, "head": DiscretizedGaussianMixture(256, 2, 3), "backbone": Recurrent},
    "uncoupled-pixel": {"event_shape": PIXEL, "head": DiscretizedLogisticMixture(5, 1, 3, coupled=False)},
    "lone-component": {"head": DiscretizedLogisticMixture(17, 1)},
    "declared-blind-spot": {"backbone": BlindDense},
    "rectified": {"backbone": Rectified},
    "dropout": {"backbone": WithDropout},
    "layer-norm": {"backbone": LayerNormalised},
    "stretches": {"backbone": StretchingDense},
    "whole-passes": {"backbone": WholePasses},
}


@pytest.mark.parametrize("arguments", MODELS.values(), ids=MODELS)
def test_a_correct_model_passes_every_check(arguments):
    report = check_model(lambda: toy(**arguments))
    assert report.passed, "\n".join(map(str, report.failures))


@pytest.mark.parametrize("name", ["recurrent-classes", "snake", "logistic-pixel"])
def test_a_correct_model_passes_the_deep_checks(name):
    report = check_model(lambda: toy(**MODELS[name]), deep=True)
    outcomes = {row.check: row.outcome.status for row in report.rows}
    assert outcomes["sample-frequencies"] == "passed" and outcomes["codec"] in ("passed", "skipped")


def test_a_model_without_steps_is_judged_by_whole_passes():
    outcomes = {row.check: row.outcome.status for row in check_model(lambda: toy(WholePasses)).rows}
    assert {name for name, status in outcomes.items() if status == "skipped"} == {
        "cached-step",
        "own-state",
        "stretches",
        "length",
        "context",
        "with-ordering",
        "features",
        "round-trip",
    }


def test_a_model_at_hand_is_left_as_it_is():
    model = toy(Recurrent).train()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    assert check_model(model).passed
    assert model.training and model.backbone.start.dtype == torch.float32
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())
