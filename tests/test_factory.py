import numpy as np
import pytest
import torch

import arzoo
from arzoo import ConfigError, ContextError, PluginError, UnknownModelError
from arzoo.factory import to_json

FARM = '''
"""A plugin whose models remember what their builder was handed."""
import arzoo

SMALL = {"event_shape": (1, 2, 3), "width": 2}


def build(event_shape=(1, 4, 4), width=8, rate=0.5, deep=False, name="cow", ordering=None, context=None, head=None, sizes=()):
    from torch import nn

    if width < 0:
        nn.Linear(1, width)
    if width == 13:
        raise arzoo.ConfigError("`width` must not be 13, got 13. Use 12.")
    if width == 99:
        import nowhere_at_all

    class Field(nn.Module):
        def __init__(self, shape):
            super().__init__()
            self.weight = nn.Linear(width, 1)

        def forward(self, x, context=None):
            return x[:, None].float()

    ordering = ordering or arzoo.orderings.Raster(event_shape)
    model = arzoo.AutoregressiveModel(ordering, Field(event_shape), head or arzoo.heads.Categorical(2), context=context)
    model.handed = locals()
    return model


def build_any(**options):
    return build(**{name: options[name] for name in options if name != "extra"})


def build_nothing():
    return "a cow"


@arzoo.hookimpl
def register_models():
    return [
        arzoo.ModelEntry("farmgated", "arzoo_farm:build", {"paper": {"width": 64}, "small": SMALL}),
        arzoo.ModelEntry("farmfirst", "arzoo_farm:build", {"first": {"width": 3}, "second": {"width": 4}}),
        arzoo.ModelEntry("farmany", "arzoo_farm:build_any", {"tiny": {}}),
        arzoo.ModelEntry("farmnothing", "arzoo_farm:build_nothing", {"tiny": {}}),
    ]
'''
pytestmark = pytest.mark.usefixtures("farm")


@pytest.fixture
def farm(install):
    install("arzoo-farm", "farm", FARM, version="3.1")


def test_small_is_the_config_unless_another_is_named():
    assert arzoo.create("farmgated").handed["width"] == 2
    assert arzoo.create("farmgated", "paper").handed["width"] == 64
    assert arzoo.create("farmfirst").handed["width"] == 3


def test_overrides_replace_the_config():
    model = arzoo.create("farmgated", config="small", width=5, rate=1)
    assert (model.handed["width"], model.handed["rate"], model.event_shape) == (5, 1, (1, 2, 3))


def test_a_model_records_what_it_was_built_from():
    model = arzoo.create("farmgated", width=5)
    assert model.architecture == "farmgated"
    assert model.arguments == {"event_shape": [1, 2, 3], "width": 5}


def test_the_config_of_the_entry_is_left_alone():
    arzoo.create("farmgated", width=5, event_shape=[1, 1, 1])
    assert arzoo.info("farmgated").configs["small"] == {"event_shape": (1, 2, 3), "width": 2}


def test_a_builder_is_handed_the_same_from_objects_and_from_json():
    ordering = arzoo.orderings.Snake((1, 2, 2))
    context = {"label": arzoo.context.Labels(3, ("a", "b", "c"))}
    head = arzoo.heads.Categorical(5)
    made = arzoo.create(
        "farmgated", ordering=ordering, context=context, head=head, event_shape=(1, 2, 2), sizes=((1, 2), (3,))
    )
    again = arzoo.create("farmgated", **made.arguments)
    for model in (made, again):
        assert model.ordering == ordering
        assert model.context == context
        assert model.head == head
        assert model.handed["event_shape"] == (1, 2, 2)
        assert model.handed["sizes"] == ((1, 2), (3,))
    assert again.arguments == made.arguments
    assert made.arguments["ordering"] == ordering.to_config()


def test_data_sets_the_data_spec_and_is_no_argument():
    for data in (arzoo.data.Pixels(2), {"kind": "pixels", "num_levels": 2}):
        model = arzoo.create("farmgated", data=data)
        assert model.data.num_levels == 2
        assert "data" not in model.arguments
    assert arzoo.create("farmgated", data=None).data is None


def test_a_builder_that_takes_anything_is_given_anything():
    assert arzoo.create("farmany", extra=3, width=2).arguments == {"extra": 3, "width": 2}


def test_a_number_fits_a_rate_whatever_its_width():
    assert arzoo.create("farmgated", rate=np.float64(0.25)).handed["rate"] == 0.25


def test_unknown_architecture():
    with pytest.raises(UnknownModelError, match=r"Unknown model 'farmgatd'. Did you mean 'farmgated'"):
        arzoo.create("farmgatd")


def test_unknown_config():
    with pytest.raises(
        ConfigError, match=r"farmgated has no config 'papr'. Did you mean 'paper'\? Its configs are paper, small"
    ):
        arzoo.create("farmgated", "papr")


def test_unknown_argument():
    with pytest.raises(
        ConfigError, match=r"farmgated has no argument 'widht'. Did you mean 'width'\? It takes event_shape, w"
    ):
        arzoo.create("farmgated", widht=3)


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        ("width", "many"),
        ("width", 2.0),
        ("width", True),
        ("rate", "fast"),
        ("deep", 1),
        ("name", 3),
        ("event_shape", 3),
    ],
)
def test_an_argument_of_the_wrong_type(argument, value):
    with pytest.raises(ConfigError, match=f"`{argument}` of farmgated must be of the type of .*, got {value!r}"):
        arzoo.create("farmgated", **{argument: value})


@pytest.mark.parametrize("value", [torch.ones(2), np.float64(1.0).astype(np.float32), {1, 2}, len])
def test_an_argument_that_json_cannot_hold(value):
    with pytest.raises(ConfigError, match=r"`sizes.a` must be a value that JSON can hold, got a .*: "):
        arzoo.create("farmgated", sizes={"a": [value]})


def test_a_builder_that_cannot_build():
    with pytest.raises(
        ConfigError, match=r"farmgated cannot be built with event_shape=\[1, 2, 3\], width=-1: RuntimeError: "
    ):
        arzoo.create("farmgated", width=-1)


def test_a_refusal_of_the_builder_is_passed_on():
    with pytest.raises(ConfigError, match=r"^`width` must not be 13, got 13. Use 12.$"):
        arzoo.create("farmgated", width=13)
    with pytest.raises(ContextError, match="The kind of context 'label' must be one of"):
        arzoo.create("farmgated", context={"label": {"kind": "lable"}})


def test_a_library_that_is_not_installed_is_blamed_on_the_plugin():
    with pytest.raises(
        PluginError, match=r"'arzoo_farm:build' of plugin 'farm' \(arzoo-farm 3.1\) cannot be used: No module"
    ):
        arzoo.create("farmgated", width=99)


def test_a_builder_that_returns_no_model_is_blamed_on_the_plugin():
    with pytest.raises(PluginError, match=r"\(arzoo-farm 3.1\) must return an AutoregressiveModel, got a str"):
        arzoo.create("farmnothing")


def test_json_of_plain_values():
    assert to_json({"a": (1, 2.5, None, True, "x"), 3: [()]}, "it") == {"a": [1, 2.5, None, True, "x"], "3": [[]]}


def test_a_data_spec_of_other_levels_is_refused():
    with pytest.raises(
        ConfigError, match=r"of farmgated must have the levels of the model, 2, got Pixels\(17\)\. Use num_"
    ):
        arzoo.create("farmgated", data={"kind": "pixels", "num_levels": 17})


@pytest.mark.parametrize(
    ("architecture", "config"),
    [(id, config) for id, entry in arzoo.registry.models().items() for config in entry.configs],
)
def test_every_config_of_every_architecture_builds(architecture, config):
    """Those for a demonstration are small; the papers' are built without memory for their weights."""
    with torch.device("meta"):
        model = arzoo.create(architecture, config=config)
    assert model.architecture == architecture
    assert sum(parameter.numel() for parameter in model.parameters()) > 0
