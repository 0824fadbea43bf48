"""Images of a data set for the command line, with what they are told by."""

from types import SimpleNamespace

import torch

from arzoo.cli.images import first_of
from arzoo.context import Latent
from arzoo.data import load_dataset
from arzoo.data.derived import thumbnail


def test_a_data_set_computes_the_context_that_the_model_takes():
    model = SimpleNamespace(context={"thumbnail": Latent((1, 2, 2))})
    given = first_of(load_dataset("digits", "test"), model, 3)
    assert list(given.context) == ["thumbnail"]
    assert torch.equal(given.context["thumbnail"], thumbnail(given.x, 17))
    assert given.captions == ["test 0", "test 1", "test 2"]
