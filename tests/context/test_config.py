import json

import pytest

from arzoo.context import Labels, Latent, Series, context_from_config, context_to_config
from arzoo.errors import ContextError

ANIMALS = Labels(3, ("cat", "dog", "owl"))
CONTEXT = {"label": ANIMALS, "latent": Latent((2, 3)), "local": Series(4, 10), "speaker": Labels(6)}


def test_context_is_its_config():
    assert context_from_config(json.loads(json.dumps(context_to_config(CONTEXT)))) == CONTEXT
    assert hash(ANIMALS) == hash(context_from_config({"a": ANIMALS.to_config()})["a"])
    assert context_from_config(None) == {}


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (
            {"kind": "label"},
            r"The kind of context 'a' must be one of labels, latent, series, got 'label'\. Did you mean 'labels'\?",
        ),
        ({"num_classes": 3}, r"The kind of context 'a' must be one of labels, latent, series, got None"),
        ({"kind": "labels"}, r"Context 'a' of kind 'labels' cannot be built: .*num_classes"),
        (
            {"kind": "series", "channels": 1, "hop": 2, "stride": 3},
            r"Context 'a' of kind 'series' cannot be built: .*stride",
        ),
        ("labels", r"Context 'a' must be a table with a kind, got 'labels'"),
    ],
)
def test_configs_of_no_context_are_refused(config, message):
    with pytest.raises(ContextError, match=message):
        context_from_config({"a": config})
