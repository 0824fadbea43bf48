import pytest
import torch

import arzoo
from arzoo.data import Dataset, Pixels


@pytest.fixture
def painter(regression):
    """Builder of a model of images with a data spec: painter(event_shape, num_levels)."""

    def build(event_shape=(1, 4, 4), num_levels=17, ordering=None, head=None):
        ordering = ordering or arzoo.orderings.Raster(event_shape)
        return regression(ordering, head or arzoo.heads.Categorical(num_levels), data=Pixels(num_levels))

    return build


@pytest.fixture
def pictures(painter):
    """Function from a model to a data set that it draws itself."""

    def draw(model, count=200, seed=0):
        x = model.sample(count, seed=seed, progress=False).to(torch.uint8)
        return Dataset("own", "train", x, model.num_levels, model.data)

    return draw
