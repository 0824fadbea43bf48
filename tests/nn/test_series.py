"""Conditions of sequences against sums written out in float64, and what cannot be one."""

import pytest
import torch

from arzoo.context import Labels, Latent, Series
from arzoo.errors import ConfigError
from arzoo.nn import Condition, ConditionBias, ConditionSize, SequenceEncoder

DOUBLE = torch.float64
SPECS = {"fast": Series(2, 3), "digit": Labels(3), "slow": Series(1, 4), "style": Latent((2,))}


@pytest.fixture
def context():
    torch.manual_seed(0)
    series = {"fast": torch.randn(2, 2, 4, dtype=DOUBLE), "slow": torch.randn(2, 1, 4, dtype=DOUBLE)}
    return {**series, "digit": torch.tensor([2, 0]), "style": torch.randn(2, 2, dtype=DOUBLE)}


def by_hand(m, x):
    """Transposed convolutions as sums: every frame places its kernel, and what falls outside is cut off."""
    for layer in m:
        if isinstance(layer, torch.nn.ELU):
            x = torch.where(x > 0, x, x.exp() - 1)
            continue
        (stride,), frames = layer.stride, x.shape[2]
        out = torch.zeros(len(x), layer.out_channels, stride * frames + 2, dtype=DOUBLE)
        for frame in range(frames):
            start = stride * frame
            out[:, :, start : start + stride + 2] += torch.einsum("bc,cok->bok", x[:, :, frame], layer.weight)
        x = out[:, :, 1:-1] + layer.bias[:, None]
    return x


def test_labels_and_vectors_are_laid_end_to_end_in_the_order_declared(context):
    condition = SequenceEncoder(SPECS, 5).double()(context, DOUBLE)
    one_hot = torch.tensor([[0, 0, 1], [1, 0, 0]], dtype=DOUBLE)
    assert torch.equal(condition.vector, torch.cat([one_hot, context["style"]], 1))


def test_every_series_has_its_network_and_the_shortest_sets_the_length(context):
    encoder = SequenceEncoder(SPECS, 5).double()
    assert encoder.size == ConditionSize(vector=5, map=10)
    expected = [
        by_hand(m, context[name])[:, :, :12] for m, name in zip(encoder.networks, ("fast", "slow"), strict=True)
    ]
    found = encoder(context, DOUBLE).map
    torch.testing.assert_close(found, torch.cat(expected, 1).permute(2, 0, 1), rtol=0, atol=1e-12)


@pytest.mark.parametrize("hop", [1, 3, 80])
def test_repeated_frames_last_as_long_as_their_hop(hop):
    encoder, frames = SequenceEncoder({"local": Series(2, hop)}, upsampling="repeat"), torch.randn(1, 2, 5)
    series = encoder({"local": frames}, torch.float32).map
    assert [*encoder.parameters()] == []
    assert series.shape == (5 * hop, 1, 2)
    assert all(torch.equal(series[t, 0], frames[0, :, t // hop]) for t in range(5 * hop))


@pytest.mark.parametrize(("hop", "strides"), [(80, [5, 2, 2, 2, 2]), (1, [1]), (7, [7])])
def test_strides_are_the_prime_factors_of_the_hop(hop, strides):
    (network,) = SequenceEncoder({"local": Series(2, hop)}, 3).networks
    assert [layer.stride[0] for layer in network if hasattr(layer, "stride")] == strides
    assert network(torch.zeros(1, 2, 4)).shape == (1, 3, 4 * hop)


def test_the_bias_along_a_sequence_is_what_vector_and_series_say():
    torch.manual_seed(1)
    bias = ConditionBias(ConditionSize(3, 2), 4).double()
    h, series = torch.randn(2, 3, dtype=DOUBLE), torch.randn(5, 2, 2, dtype=DOUBLE)
    found = bias.along(Condition(h, series))
    for t in range(5):
        expected = h @ bias.weight.T + series[t] @ bias.map_weight[:, :, 0, 0].T
        torch.testing.assert_close(found[t], expected, rtol=0, atol=1e-12)
    assert ConditionBias(ConditionSize(), 4).along(Condition()) is None


def test_a_part_of_a_condition_is_its_vector_and_the_series_there():
    h, series = torch.ones(1, 2), torch.arange(5.0)[:, None, None]
    part = Condition(h, series).between(1, 3)
    assert part.vector is h
    assert part.map.flatten().tolist() == [1, 2]
    assert Condition(h).between(1, 3).map is None


def test_without_a_context_there_is_nothing_to_say():
    encoder = SequenceEncoder({})
    assert encoder.size == ConditionSize()
    assert encoder(None, torch.float32) == Condition()


@pytest.mark.parametrize("spec", [Latent((2, 2)), Latent((1, 2, 3))])
def test_other_contexts_are_refused(spec):
    rule = r"must be labels, a latent of shape \(D,\), or a series, got Latent\(shape=\([12], 2.*for 'local'"
    with pytest.raises(ConfigError, match=rule):
        SequenceEncoder({"local": spec})


def test_another_way_up_is_refused():
    with pytest.raises(ConfigError, match=r"`upsampling` must be one of transposed, repeat, got 'linear'"):
        SequenceEncoder({}, upsampling="linear")
