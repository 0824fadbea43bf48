import pytest
import torch
from torch import nn

import arzoo
from arzoo.benchmark import Subject, bundled, subject
from arzoo.context import Labels
from arzoo.errors import ConfigError, UnknownModelError

PLUGIN = '''
"""Networks for the tests of measuring."""
import arzoo


def build(event_shape=(1, 4, 4), stepping=True):
    import torch
    from torch import nn

    class Flat(nn.Module):
        def __init__(self):
            super().__init__()
            self.logits = nn.Parameter(torch.zeros(1))

        def forward(self, x):
            return self.logits.expand(len(x), 1, *x.shape[1:])

    class Stepping(Flat):
        receptive_field = 100

        def init_state(self, batch, context=None):
            return {"batch": batch}

        def step(self, state, previous, position):
            return self.logits.expand(len(previous), 1)

    image = len(event_shape) == 3
    ordering = (arzoo.orderings.Raster if image else arzoo.orderings.LeftToRight)(tuple(event_shape))
    return arzoo.AutoregressiveModel(ordering, Stepping() if stepping else Flat(), arzoo.heads.Bernoulli())


@arzoo.hookimpl
def register_models():
    configs = {"small": {}, "long": {"event_shape": [None]}, "whole": {"stepping": False}}
    return [arzoo.ModelEntry("flat", "arzoo_flat:build", configs)]
'''


@pytest.fixture
def flat(install):
    install("arzoo-flat", "flat", PLUGIN)


@pytest.mark.usefixtures("flat")
def test_an_architecture_and_a_config_make_a_model_with_fresh_weights():
    found = subject("flat:small", dtype="float64")
    assert (found.name, found.model.architecture, found.ordering.event_shape) == ("flat:small", "flat", (1, 4, 4))
    assert next(found.model.parameters()).dtype == torch.float64
    assert not found.model.training


@pytest.mark.usefixtures("flat")
def test_sequences_of_free_length_are_given_one_and_pass_by_what_a_symbol_depends_on():
    found = subject("flat:long")
    assert found.ordering.num_positions == 2048
    assert found.events(3)[0].shape == (3, 100)
    assert next(found.stream(2)).values.shape == (2, 1)


@pytest.mark.usefixtures("flat")
@pytest.mark.parametrize(
    ("name", "error", "message"),
    [
        ("flatt-x", UnknownModelError, "Unknown model 'flatt-x'"),
        ("flat", ConfigError, r"must have a config behind it, got 'flat'. Use flat:small\."),
        ("flat:smal", ConfigError, "flat has no config 'smal'. Did you mean 'small'"),
        ("flat:whole", ConfigError, r"flat:whole must have a step\(\) to measure, got a Flat without."),
    ],
)
def test_what_cannot_be_measured_is_refused(name, error, message):
    with pytest.raises(error, match=message):
        subject(name)


@pytest.mark.usefixtures("flat")
def test_a_device_or_a_dtype_that_is_not_here_is_refused():
    with pytest.raises(ConfigError, match="Device 'gpu' is not here"):
        subject("flat:small", device="gpu")
    with pytest.raises(ConfigError, match="got 'float31'"):
        subject("flat:small", dtype="float31")


def test_bundled_checkpoints_are_those_whose_weights_are_in_a_plugin():
    assert bundled() == [name for name in arzoo.list_models(pretrained=True) if arzoo.info(name).bundle]


def test_what_comes_before_a_window_is_given(regression):
    model = regression()
    drawn = list(Subject("regression", model, model.ordering).stream(2, given=4))
    assert [each.position for each in drawn] == list(range(6))
    assert not any(each.values.any() for each in drawn[:4])


def test_each_event_has_a_context_that_is_the_same_in_every_run(regression):
    model = regression(backbone=regression.labelled, context={"label": Labels(10)})
    found = Subject("regression", model, model.ordering)
    assert found.context(16)["label"].unique().numel() > 1
    assert torch.equal(found.context(16)["label"], found.context(16)["label"])
    assert isinstance(found.steps(3).backbone, nn.Module)
