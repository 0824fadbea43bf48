"""What a vocoder is told: where a tone is found, what silence is, and that padding is no sound."""

import math

import pytest
import torch

from arzoo.context import Series
from arzoo.data import PCM, Clips, Dataset, MuLaw
from arzoo.data.spectral import audio_contexts, log_mel, mel_filters

RATE = 8000


def tone(frequency, length=800):
    return torch.sin(2 * math.pi * frequency * torch.arange(length, dtype=torch.float64) / RATE)[None].float()


def dataset(spec, clips):
    items = Clips.of([spec.encode(clip) for clip in clips])
    data = Dataset("tones", "all", items, spec.num_levels, spec, derived=audio_contexts(spec))
    return data.with_context(["mel"])


@pytest.mark.parametrize(("length", "frames"), [(1, 1), (80, 1), (81, 2), (4000, 50), (4001, 51)])
def test_there_is_a_frame_for_every_hop_that_began(length, frames):
    series = log_mel(torch.rand(2, length), RATE)
    assert Series(20, 80).check(series, 2, length=length).shape == (2, 20, frames)


def test_silence_is_the_lowest_value_and_a_full_tone_the_highest():
    assert torch.equal(log_mel(torch.zeros(1, 400), RATE), torch.full((1, 20, 5), -1.0))
    assert log_mel(tone(1000), RATE)[0, :, 2:-2].max().item() == pytest.approx(1, abs=0.1)


@pytest.mark.parametrize("frequency", [200, 700, 1500, 3000])
def test_a_tone_is_loudest_in_the_band_around_it(frequency):
    mel = 2595 * math.log10(1 + frequency / 700)
    band = mel / (2595 * math.log10(1 + 4000 / 700)) * 21 - 1
    assert abs(log_mel(tone(frequency), RATE)[0, :, 5].argmax().item() - band) <= 0.6


def test_ten_times_quieter_is_twenty_decibels_less():
    loud, quiet = (log_mel(scale * tone(1000), RATE)[0, :, 5].max() for scale in (1, 0.1))
    assert (loud - quiet).item() == pytest.approx(20 / 40, abs=1e-4)


def test_a_spectrum_is_the_sum_over_the_samples_of_its_definition():
    x = torch.rand(1, 240, dtype=torch.float64) - 0.5
    padded = torch.cat([torch.zeros(120), x[0], torch.zeros(120)]).double()
    window = 0.5 - 0.5 * torch.cos(2 * math.pi * torch.arange(320, dtype=torch.float64) / 320)
    turns = torch.outer(torch.arange(161, dtype=torch.float64), torch.arange(320, dtype=torch.float64)) / 320
    parts = [f(2 * math.pi * turns) @ (window * padded[80:400]) for f in (torch.cos, torch.sin)]
    power = (parts[0].square() + parts[1].square()) * (2 / window.sum()) ** 2
    expected = (mel_filters(20, 161, RATE).double() @ power).clamp(min=1e-8).log10() / 4 + 1
    torch.testing.assert_close(log_mel(x.float(), RATE)[0, :, 1].double(), expected, atol=1e-5, rtol=0)


def test_bands_overlap_so_that_between_their_centres_they_add_up_to_one():
    total = mel_filters(20, 4001, RATE).sum(0)
    first, last = (700 * (10 ** (k / 21 * math.log10(1 + 4000 / 700)) - 1) for k in (1, 20))
    inside = total[math.ceil(first) : math.floor(last)]
    torch.testing.assert_close(inside, torch.ones_like(inside))
    assert total.max() <= 1 + 1e-6


@pytest.mark.parametrize("spec", [MuLaw(256, RATE), PCM(65536, RATE)])
def test_a_clip_is_told_the_same_whatever_it_is_padded_to(spec):
    data = dataset(spec, [0.5 * tone(500, 333)[0], tone(900, 2000)[0]])
    alone, padded = data.batch([0]), data.batch([0, 1])
    frames = alone.context["mel"].shape[-1]
    assert padded.context["mel"].shape == (2, 20, 25)
    torch.testing.assert_close(padded.context["mel"][:1, :, :frames], alone.context["mel"])
    assert (padded.context["mel"][0, :, frames + 2 :] == -1).all()


def test_a_crop_is_told_of_itself_alone():
    data = dataset(MuLaw(256, RATE), [tone(500, 4000)[0]]).cropped(400)
    x, context, *_ = data.batch([1, 2], seed=3)
    assert torch.equal(context["mel"], log_mel(MuLaw().decode(x), RATE))


def test_a_frame_is_ten_milliseconds_at_any_rate():
    assert audio_contexts(MuLaw(256, 16000))["mel"].spec == Series(20, 160)
    assert audio_contexts(MuLaw(256, 50))["mel"].spec == Series(20, 1)
    assert log_mel(torch.rand(1, 7), 50).isfinite().all()
