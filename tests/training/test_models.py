import pytest
import torch

import arzoo
from arzoo.data import load_dataset
from arzoo.errors import ConfigError, ContextError, DataError, ShapeError
from arzoo.training.models import build_model, initialise_from_data

DIGITS = load_dataset("digits", "train")


def test_shape_levels_and_data_spec_come_from_the_data_set(recipe):
    model = build_model(recipe(), DIGITS)
    assert (model.event_shape, model.num_levels, model.data) == ((1, 8, 8), 17, DIGITS.spec)
    assert model.arguments["width"] == 6
    assert model.context == {}


def test_named_contexts_condition_the_model(recipe):
    model = build_model(recipe('data.context=["label"]'), DIGITS)
    assert model.context == dict(DIGITS.context)


@pytest.mark.parametrize(
    ("overrides", "error", "message"),
    [
        (["model.arguments.event_shape=[1, 4, 4]"], ShapeError, r"shape \(1, 4, 4\).* got \(1, 8, 8\)"),
        (["model.arguments.num_levels=2"], ConfigError, r"must have the levels of the model, 2, got Pixels\(17\)"),
        (["model.arguments.widht=2"], ConfigError, "no argument 'widht'. Did you mean 'width'"),
        (["model.config=smal"], ConfigError, "no config 'smal'. Did you mean 'small'"),
        (
            ["model.config=labelled"],
            ConfigError,
            r"^recipe 'toyfarm-digits': \[data\] context must name what the model is conditioned on, \['label'\], got \[\]",
        ),
        (['data.context=["lable"]'], DataError, "The context 'lable' must be one that digits has; it has label"),
    ],
)
def test_a_model_that_does_not_fit_is_refused(recipe, overrides, error, message):
    with pytest.raises(error, match=message):
        build_model(recipe(*overrides), DIGITS)


def test_a_context_that_the_data_lack_is_refused(recipe):
    with pytest.raises(ContextError, match="toyfarm needs the context label, digits has thumbnail"):
        build_model(recipe("model.config=labelled"), DIGITS.with_context([]))


def test_a_checkpoint_is_a_start(recipe, tmp_path):
    source = build_model(recipe(), DIGITS)
    arzoo.save(source, tmp_path)
    model = build_model(recipe(), DIGITS, f"local-dir:{tmp_path}")
    assert all(torch.equal(ours, theirs) for ours, theirs in zip(model.parameters(), source.parameters(), strict=True))


def test_a_checkpoint_that_does_not_fit_names_its_first_tensor(recipe, tmp_path):
    arzoo.save(build_model(recipe("model.arguments.width=5"), DIGITS), tmp_path)
    rule = r"^The weights of 'local-dir:.*' must fit .* but `backbone\.above\.bias` is \(5,\) there and \(6,\) here\."
    with pytest.raises(ConfigError, match=rule):
        build_model(recipe(), DIGITS, f"local-dir:{tmp_path}")


def test_a_checkpoint_that_was_told_less_is_a_start_and_the_rest_is_fresh(recipe, tmp_path):
    source = build_model(recipe(), DIGITS)
    arzoo.save(source, tmp_path)
    told = recipe('data.context=["label"]')
    torch.manual_seed(1)
    fresh = build_model(told, DIGITS).state_dict()
    torch.manual_seed(1)
    state = build_model(told, DIGITS, f"local-dir:{tmp_path}").state_dict()
    assert all(torch.equal(state[key], value) for key, value in source.state_dict().items())
    assert state.keys() - source.state_dict().keys() == {"backbone.label.weight"}
    assert torch.equal(state["backbone.label.weight"], fresh["backbone.label.weight"])


def test_a_checkpoint_that_was_told_more_is_refused(recipe, tmp_path):
    arzoo.save(build_model(recipe('data.context=["label"]'), DIGITS), tmp_path)
    with pytest.raises(ConfigError, match=r"`backbone\.label\.weight` is \(10, 6\) there and missing here"):
        build_model(recipe(), DIGITS, f"local-dir:{tmp_path}")


def test_a_backbone_may_look_at_a_first_batch(recipe):
    model = build_model(recipe('data.context=["label"]'), DIGITS)
    batch = DIGITS.batch(range(3))
    initialise_from_data(model, batch)  # nothing to do
    shown = []
    model.backbone.init_from_data = lambda x, context: shown.append((x, context, torch.is_grad_enabled()))
    initialise_from_data(model, batch)
    [(x, context, graded)] = shown
    assert torch.equal(x, batch.x)
    assert torch.equal(context["label"], batch.context["label"])
    assert not graded
