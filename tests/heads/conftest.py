import pytest
import torch

from arzoo.heads import Bernoulli, Categorical, DiscretizedGaussianMixture, DiscretizedLogisticMixture

HEADS = [
    Bernoulli(),
    Categorical(2),
    Categorical(17),
    DiscretizedLogisticMixture(17, num_mixtures=3),
    DiscretizedLogisticMixture(9, num_mixtures=3, num_channels=3),
    DiscretizedLogisticMixture(9, num_mixtures=3, num_channels=2, coupled=False),
    DiscretizedGaussianMixture(17, num_mixtures=3),
    DiscretizedGaussianMixture(9, num_mixtures=3, num_channels=3),
]


@pytest.fixture(params=HEADS, ids=repr)
def head(request):
    return request.param


@pytest.fixture
def draw_params():
    """draw_params(head, batch): params that spread over and beyond the support, float64."""

    def draw(head, batch, *, scale=1.5, seed=0):
        generator = torch.Generator().manual_seed(seed)
        return scale * torch.randn(batch, head.num_params, generator=generator, dtype=torch.float64)

    return draw


@pytest.fixture
def uniforms():
    """The ends of [0, 1) and a grid between, (B,)."""
    return torch.cat([torch.linspace(0, 1, 62, dtype=torch.float64)[:-1], torch.tensor([1e-300, 1 - 2.0**-53])])
