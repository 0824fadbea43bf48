import math

import pytest
import torch

from arzoo import ArchiveError
from arzoo.codec.coders import Reader, Writer
from arzoo.codec.symbols import symbol_coder
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
    write = symbol_coder(head, writer)
    for at, here in zip(params, levels, strict=True):
        assert torch.equal(write(at, here), here)
    return writer.words()


@pytest.mark.parametrize("head", HEADS, ids=repr)
def test_levels_take_the_bits_of_their_pmf_and_come_back(head):
    params, levels = drawn(head)
    words = written(head, params, levels)
    read = symbol_coder(head, Reader(words))
    assert all(torch.equal(read(at, None), here) for at, here in zip(params, levels, strict=True))
    bits = -sum(head.log_prob(p.double(), x).sum().item() for p, x in zip(params, levels, strict=True)) / math.log(2)
    assert bits - 64 <= 8 * len(words) <= 1.001 * bits + 64


@pytest.mark.parametrize("head", HEADS, ids=repr)
def test_every_level_can_be_written_however_improbable(head):
    levels = torch.tensor([0, 1, head.num_levels // 2, head.num_levels - 2, head.num_levels - 1])[:, None]
    levels = levels.expand(-1, head.num_symbols)
    for scale in (0.0, 30.0, -30.0):
        params = torch.full((5, head.num_params), scale)
        words = written(head, [params], [levels])
        assert torch.equal(symbol_coder(head, Reader(words))(params, None), levels)
        assert 8 * len(words) <= levels.numel() * 4 * 25 + 64  # at most 24 bits a digit, and rounding


@pytest.mark.parametrize("head", HEADS, ids=repr)
def test_words_that_nobody_wrote_are_levels_too(head):
    params, _ = drawn(head, positions=1)
    levels = symbol_coder(head, Reader(bytes(range(1, 251)) * 20))(params[0], None)
    assert levels.min() >= 0
    assert levels.max() < head.num_levels


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float32, torch.float64])
def test_two_levels_take_their_bits_in_any_dtype_of_the_params(dtype):
    logits = torch.linspace(-12, 12, 4000)[:, None].to(dtype)
    levels = torch.bernoulli(torch.sigmoid(logits.double()), generator=torch.Generator().manual_seed(0)).long()
    words = written(Bernoulli(), [logits], [levels])
    assert torch.equal(symbol_coder(Bernoulli(), Reader(words))(logits, None), levels)
    bits = -Bernoulli().log_prob(logits.double(), levels).sum().item() / math.log(2)
    assert bits - 64 <= 8 * len(words) <= 1.001 * bits + 64


@pytest.mark.parametrize("head", [Bernoulli(), Categorical(17)], ids=repr)
def test_params_that_are_no_numbers_are_refused(head):
    params = torch.zeros(3, head.num_params)
    params[1] = torch.nan
    for code, levels in ((Writer(), torch.zeros(3, 1, dtype=torch.int64)), (Reader(b"\0" * 8), None)):
        with pytest.raises(ArchiveError, match=r"Every probability of a code must be a number, got \d+ of \d+ that"):
            symbol_coder(head, code)(params, levels)
