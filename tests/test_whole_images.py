"""The incremental form over a whole event at every architecture's `small` size, in float32, as it is used."""

import pytest
import torch

import arzoo
from arzoo.testing.subject import redraw
from arzoo.testing.walk import Walk, whole_pass

LENGTH = 1000  # where it is free


def small(id):
    """The model with every weight moved, so that a start at zero hides nothing, and its ordering."""
    torch.manual_seed(0)
    model = arzoo.create(id, "small").eval()
    redraw(model.backbone, seed=2)  # small noise: large networks amplify more than a float32 holds
    free = None in model.event_shape
    return model, model.ordering.with_length(LENGTH) if free else model.ordering


SLOW = {"imagegpt"}  # 76 million weights, 1,024 times
MODELS = [pytest.param(id, marks=pytest.mark.slow) if id in SLOW else id for id in arzoo.list_models()]


@pytest.mark.parametrize("id", MODELS)
@torch.inference_mode()
def test_steps_are_the_whole_pass_over_a_whole_event(id):
    model, ordering = small(id)
    x = torch.randint(model.num_levels, (1, *ordering.event_shape), generator=torch.Generator().manual_seed(2))
    whole = whole_pass(model, ordering, x, None)
    apart = torch.stack(
        [(step - at).abs().max() for step, at in zip(Walk(model, ordering, x, None).steps(), whole, strict=True)]
    )
    assert whole.std() > 1e-3
    assert apart.max() < 1e-4 * whole.abs().max().clamp(min=1)
