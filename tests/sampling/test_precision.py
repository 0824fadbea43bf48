"""Sampling in the precision of the weights: every bundled checkpoint draws in bfloat16, and its head in float64."""

import warnings

import pytest
import torch

import arzoo
from arzoo.context import Labels

BUNDLED = arzoo.list_models(pretrained=True)
POSITIONS = 40  # a row and more of every image, so that each path of a step has been taken


def told(model):
    """Zeros for every context."""
    specs = model.context.items()
    return {
        name: 0
        if isinstance(spec, Labels)
        else torch.zeros(getattr(spec, "shape", None) or (1, spec.channels, POSITIONS))
        for name, spec in specs
    }


@pytest.mark.parametrize("name", BUNDLED)
def test_a_checkpoint_draws_in_bfloat16(name):
    try:
        model = arzoo.load(name, dtype="bfloat16")
    except arzoo.CheckpointError:
        pytest.skip("its weights are not bundled")
    assert next(model.parameters()).dtype == torch.bfloat16
    length = {"length": POSITIONS} if None in model.event_shape else {}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for position, _, values in model.stream(2, told(model) or None, **length):
            assert values.dtype == torch.int64 and values.min() >= 0 and values.max() < model.num_levels
            if position == POSITIONS:
                break
