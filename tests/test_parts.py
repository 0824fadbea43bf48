import pytest

import arzoo
from arzoo import registry
from arzoo.errors import ConfigError
from arzoo.heads import Categorical, head_from_config
from arzoo.orderings import Raster, SubScale, ordering_from_config

STRIPES = """
    import arzoo

    @arzoo.hookimpl
    def register_orderings():
        return [arzoo.OrderingEntry("stripes", "arzoo_stripes:stripes")]

    def stripes(event_shape, factor=2):
        return arzoo.orderings.SubScale(event_shape, factor)
"""


def test_parts_are_built_by_their_id():
    assert head_from_config({"name": "categorical", "num_levels": 3}) == Categorical(3)
    assert ordering_from_config({"name": "subscale", "event_shape": [1, 4, 4], "factor": 4}) == SubScale((1, 4, 4), 4)


def test_the_config_is_left_as_it_is():
    config = {"name": "raster", "event_shape": [1, 2, 2]}
    assert ordering_from_config(config) == Raster((1, 2, 2))
    assert config == {"name": "raster", "event_shape": [1, 2, 2]}


def test_every_part_of_the_core_is_registered_under_its_own_name():
    for module, entries in [(arzoo.orderings, registry.orderings()), (arzoo.heads, registry.heads())]:
        named = {getattr(module, name).name: name for name in module.__all__ if hasattr(getattr(module, name), "name")}
        assert {id: entry.build.split(":")[1] for id, entry in entries.items() if id in named} == named


def test_a_plugin_may_bring_an_ordering(install):
    install("arzoo-stripes", "stripes", STRIPES)
    assert ordering_from_config({"name": "stripes", "event_shape": (1, 4, 4)}) == SubScale((1, 4, 4), 2)


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (
            {"name": "snek", "event_shape": [1, 4, 4]},
            r"Unknown ordering 'snek'\. Did you mean 'snake'\? Known: block-raster, .*zigzag\.",
        ),
        ({"event_shape": [1, 4, 4]}, r"Unknown ordering None\. Known: block-raster"),
        ({"name": ["raster"]}, r"Unknown ordering \['raster'\]\."),
        (
            {"name": "raster", "event_shap": 3},
            r"Ordering 'raster' cannot be built: .* Its arguments are event_shape, channels_as_positions\.",
        ),
        ({"name": "raster"}, r"Ordering 'raster' cannot be built: missing a required argument: 'event_shape'\."),
        (
            {"name": "raster", "event_shape": 28},
            r"`event_shape` of raster must be \(C, H, W\), sizes at least 1, got 28",
        ),
    ],
)
def test_configs_of_no_ordering_are_refused(config, message):
    with pytest.raises(ConfigError, match=message):
        ordering_from_config(config)


def test_configs_of_no_head_are_refused():
    with pytest.raises(ConfigError, match=r"Unknown head 'categoric'\. Did you mean 'categorical'\?"):
        head_from_config({"name": "categoric"})
