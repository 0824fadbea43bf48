import pytest
import torch

from arzoo.context import Labels, Latent, Series, validate_context
from arzoo.errors import ContextError

ANIMALS = Labels(3, ("cat", "dog", "owl"))
CONTEXT = {"label": ANIMALS, "latent": Latent((2, 3)), "local": Series(4, 10), "speaker": Labels(6)}


def test_every_declared_context_comes_back_as_a_tensor_for_the_batch():
    given = {"speaker": 5, "label": "cat", "latent": torch.zeros(2, 3), "local": torch.zeros(3, 4, 2)}
    checked = validate_context(CONTEXT, given, batch=3, device="cpu", length=15)
    assert list(checked) == list(CONTEXT)
    assert {name: tuple(value.shape) for name, value in checked.items()} == {
        "label": (3,),
        "latent": (3, 2, 3),
        "local": (3, 4, 2),
        "speaker": (3,),
    }


def test_tensors_go_to_the_device_of_the_model():
    assert validate_context({"label": ANIMALS}, {"label": 1}, 2, "meta")["label"].device.type == "meta"


@pytest.mark.parametrize("context", [None, {}])
def test_a_model_without_context_gets_none(context):
    assert validate_context({}, context, batch=2) is None


@pytest.mark.parametrize(
    ("specs", "context", "message"),
    [
        ({}, {"label": 3}, r"This model takes no context, got 'label'\. Leave `context` out\."),
        ({"label": ANIMALS}, None, r"This model needs context 'label', got none\. Use context=\{'label': 0\}\."),
        (
            CONTEXT,
            {"label": 1, "speaker": 1},
            r"needs context 'latent', 'local', got 'label', 'speaker'\. Use context=\{'label': 0, 'latent': \.\.\.",
        ),
        ({"label": ANIMALS}, {"lable": 3}, r"This model takes context 'label', got 'lable'\. Did you mean 'label'\?"),
        ({"label": ANIMALS}, 3, r"`context` must map names to values, got int\. Use \{'label': 0\}\."),
        ({"label": ANIMALS}, {"label": 7}, r"Context 'label': Labels must be 0 to 2 \(cat, dog, owl\), got \[7\]\."),
    ],
)
def test_context_that_is_not_the_models_is_refused(specs, context, message):
    with pytest.raises(ContextError, match=message):
        validate_context(specs, context, batch=2)
