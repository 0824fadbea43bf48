import math

import pytest
import torch

from arzoo.codec.coders import Reader, Writer
from arzoo.codec.digits import coded
from arzoo.heads import Bernoulli, Categorical, DiscretizedGaussianMixture, DiscretizedLogisticMixture

HEADS = [
    Bernoulli(),
    Categorical(17),
    Categorical(256),
    DiscretizedLogisticMixture(2, num_mixtures=3),
    DiscretizedLogisticMixture(17, num_mixtures=3),
    DiscretizedLogisticMixture(200, num_mixtures=3),
    DiscretizedLogisticMixture(256, num_mixtures=10, num_channels=3),
    DiscretizedLogisticMixture(65536, num_mixtures=3),
    DiscretizedGaussianMixture(256, num_mixtures=3, num_channels=3),
    DiscretizedGaussianMixture(1000, num_mixtures=3, num_channels=2),
]


def drawn(head, n=64, positions=20):
    generator = torch.Generator().manual_seed(0)
    params = 2 * torch.randn(positions, n, head.num_params, generator=generator)
    uniforms = torch.rand(positions, n, head.num_symbols, generator=generator, dtype=torch.float64)
    return params, torch.stack([head.sample(p, u) for p, u in zip(params, uniforms, strict=True)])


def written(head, params, levels):
    writer = Writer()
    for at, here in zip(params, levels, strict=True):
        assert torch.equal(coded(head, at, writer, here), here)
    return writer.words()


@pytest.mark.parametrize("head", HEADS, ids=repr)
def test_levels_take_the_bits_of_their_pmf_and_come_back(head):
    params, levels = drawn(head)
    words = written(head, params, levels)
    reader = Reader(words)
    assert all(torch.equal(coded(head, at, reader, None), here) for at, here in zip(params, levels, strict=True))
    bits = -sum(head.log_prob(p.double(), x).sum().item() for p, x in zip(params, levels, strict=True)) / math.log(2)
    assert bits - 64 <= 8 * len(words) <= 1.001 * bits + 64


@pytest.mark.parametrize("head", HEADS, ids=repr)
def test_every_level_can_be_written_however_improbable(head):
    levels = torch.tensor([0, 1, head.num_levels // 2, head.num_levels - 2, head.num_levels - 1])[:, None]
    levels = levels.expand(-1, head.num_symbols)
    for scale in (0.0, 30.0, -30.0):
        params = torch.full((5, head.num_params), scale)
        words = written(head, [params], [levels])
        assert torch.equal(coded(head, params, Reader(words), None), levels)
        assert 8 * len(words) <= levels.numel() * 4 * 25 + 64  # at most 24 bits a digit, and rounding


@pytest.mark.parametrize("head", HEADS, ids=repr)
def test_words_that_nobody_wrote_are_levels_too(head):
    params, _ = drawn(head, positions=1)
    levels = coded(head, params[0], Reader(bytes(range(1, 251)) * 20), None)
    assert levels.min() >= 0
    assert levels.max() < head.num_levels
