import math

import pytest
import torch

from arzoo.data import PCM, MuLaw, Waveform, spec_from_config
from arzoo.errors import ConfigError, ShapeError


@pytest.mark.parametrize("num_levels", [2, 3, 17, 255, 256, 1024, 65536])
@pytest.mark.parametrize("kind", [MuLaw, PCM])
def test_encode_undoes_decode_at_every_level(kind, num_levels):
    levels = torch.arange(num_levels)
    assert torch.equal(kind(num_levels).encode(kind(num_levels).decode(levels)).long(), levels)


@pytest.mark.parametrize("num_levels", [16, 17, 256])
def test_mu_law_takes_the_nearest_level_as_companding_measures(num_levels):
    mu = num_levels - 1
    for x in torch.linspace(-1, 1, 401, dtype=torch.float64).tolist():
        companded = math.copysign(math.log(1 + mu * abs(x)) / math.log(1 + mu), x)
        distances = [abs(companded - (2 * k / mu - 1)) for k in range(num_levels)]
        level = MuLaw(num_levels).encode(torch.tensor([x], dtype=torch.float64)).item()
        assert distances[level] == pytest.approx(min(distances), abs=1e-12)


def test_mu_law_decodes_to_the_inverse_of_the_formula():
    expected = [math.copysign((256 ** abs(2 * k / 255 - 1) - 1) / 255, k - 127.5) for k in range(256)]
    torch.testing.assert_close(MuLaw().decode(torch.arange(256)), torch.tensor(expected))


def test_mu_law_is_symmetric_and_has_its_edges_at_the_ends():
    x = torch.linspace(1e-4, 1, 999)
    assert torch.equal(MuLaw().encode(-x).int(), 255 - MuLaw().encode(x).int())
    assert MuLaw().encode(torch.tensor([-1.0, 1.0])).tolist() == [0, 255]
    assert MuLaw().decode(torch.tensor([0, 255])).tolist() == [-1, 1]


def test_silence_is_the_upper_middle_level_or_the_middle_one():
    assert MuLaw(256).encode(torch.zeros(1)).item() == 128
    assert MuLaw(257).encode(torch.zeros(1)).item() == 128
    assert MuLaw(257).decode(torch.tensor([128])).item() == 0


def test_pcm_is_the_integers_of_a_16_bit_file():
    integers = torch.arange(-32768, 32768)
    assert torch.equal(PCM().encode(integers.float() / 32768), (integers + 32768).int())
    assert torch.equal(PCM().decode(integers + 32768) * 32768, integers.float())


@pytest.mark.parametrize(
    ("spec", "dtype"), [(MuLaw(256), torch.uint8), (MuLaw(257), torch.int32), (PCM(), torch.int32)]
)
def test_levels_are_small_integers_of_the_same_shape(spec, dtype):
    levels = spec.encode(torch.rand(2, 3, 5))
    assert (levels.dtype, levels.shape) == (dtype, (2, 3, 5))
    assert spec.decode(levels).dtype == torch.float32


@pytest.mark.parametrize("spec", [MuLaw(16, 22050), PCM(256, 16000)])
def test_spec_survives_its_config(spec):
    again = spec_from_config(spec.to_config())
    assert isinstance(again, Waveform)
    assert (repr(again), again.sample_rate, again.medium) == (repr(spec), spec.sample_rate, "audio")


@pytest.mark.parametrize(("num_levels", "repair"), [(1, "MuLaw(2)"), (70000, "MuLaw(65536)")])
def test_too_few_or_many_levels_are_refused(num_levels, repair):
    with pytest.raises(ConfigError, match=r"`num_levels` of MuLaw must be 2 to 65536, got") as caught:
        MuLaw(num_levels)
    assert f"got {num_levels}. Use {repair}." in str(caught.value)


def test_a_rate_of_nothing_is_refused():
    with pytest.raises(ConfigError, match="`sample_rate` must be a whole number of at least 1, got 0"):
        PCM(sample_rate=0)


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (torch.tensor([0, 5]), r"floats in \[-1, 1\], got torch.int64. Use raw / 32768"),
        (torch.tensor([0.5, 1.25]), r"floats in \[-1, 1\], got 1.25. Use raw.clamp"),
        (torch.tensor([float("nan")]), r"floats in \[-1, 1\], got nan"),
    ],
)
@pytest.mark.parametrize("spec", [MuLaw(), PCM()])
def test_encode_refuses_what_is_no_waveform(spec, raw, message):
    with pytest.raises(ShapeError, match=message):
        spec.encode(raw)


@pytest.mark.parametrize("spec", [MuLaw(16), PCM(16)])
def test_decode_refuses_what_are_no_levels(spec):
    with pytest.raises(ShapeError, match="integers from 0 to 15, got 3 to 16"):
        spec.decode(torch.tensor([3, 16]))
