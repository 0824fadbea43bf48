import numpy as np
import pytest
import torch

from arzoo import ShapeError, spectrograms
from arzoo.pictures import BACKGROUND
from arzoo.spectrograms import BELOW, COLOURS, GAP, HEIGHT, LEFT, RANGE, WIDTH, sheet, spectrogram


def tone(hertz, seconds=0.5, rate=8000):
    return torch.sin(2 * torch.pi * hertz * torch.arange(int(seconds * rate)) / rate)


def lightness(colour):
    """CIE L* of an sRGB colour, after IEC 61966-2-1 and CIE 15."""
    linear = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in np.asarray(colour) / 255]
    luminance = float(np.dot(linear, (0.2126, 0.7152, 0.0722)))
    return 116 * luminance ** (1 / 3) - 16 if luminance > 0.008856 else 903.3 * luminance


def plot(picture, column=0, columns=1, top=GAP):
    """The pixels of a spectrogram in the first row."""
    width = (WIDTH - LEFT - GAP * columns) // columns
    x = LEFT + column * (width + GAP)
    return np.asarray(picture.crop((x, top, x + width, top + HEIGHT))).astype(int)


@pytest.mark.parametrize("rate", [8000, 16000, 44100])
@pytest.mark.parametrize("part", [0.1, 0.5, 0.9])
def test_a_tone_is_loudest_at_its_frequency(rate, part):
    loudness = spectrogram(tone(part * rate / 2, rate=rate), rate)
    middle = loudness[:, loudness.shape[1] // 2]
    assert middle.argmax().item() == pytest.approx(part * (len(loudness) - 1), abs=1)
    assert middle.max().item() == pytest.approx(0, abs=0.5)


def test_loudness_agrees_with_a_plain_fourier_sum():
    waveform = torch.randn(1000, generator=torch.Generator().manual_seed(0))
    loudness = spectrogram(waveform, 8000, hop=50)
    window, centre, frequency = 256, 10 * 50, 17
    n = torch.arange(window, dtype=torch.float64)
    hann = torch.sin(torch.pi * n / window) ** 2
    part = waveform[centre - window // 2 : centre + window // 2].double() * hann
    turning = torch.exp(-2j * torch.pi * frequency * n / window)
    whole = torch.stft(waveform.double(), window, 50, window=hann, pad_mode="constant", return_complex=True).abs().max()
    assert loudness[frequency, 10].item() == pytest.approx(
        (20 * ((part * turning).sum().abs() / whole).log10()).item(), abs=1e-3
    )


def test_a_tenth_of_the_amplitude_is_20_decibels_less():
    waveform = torch.cat([tone(1000), 0.1 * tone(1000)])
    peaks = spectrogram(waveform, 8000, hop=100).max(0).values
    assert peaks[15].item() - peaks[-15].item() == pytest.approx(20, abs=0.1)


def test_a_clip_is_drawn_from_its_own_loudest_down_and_silence_is_dark():
    assert torch.allclose(spectrogram(tone(500), 8000, 80), spectrogram(0.01 * tone(500), 8000, 80), atol=1e-3)
    assert (spectrogram(torch.zeros(500), 8000) == -RANGE).all()
    assert spectrogram(torch.ones(1), 8000).shape == (129, 2)


def test_long_steps_pass_over_nothing():
    click = torch.zeros(100_000)
    click[51_234] = 1.0
    assert spectrogram(click, 8000, hop=5000).max().item() == 0


def test_equal_steps_of_loudness_are_equal_steps_of_lightness():
    lights = [lightness(colour) for colour in spectrograms.colours(np.linspace(0, 1, 51))]
    steps = np.diff(lights)
    assert (steps > 0).all()
    assert np.allclose(np.diff([lightness(colour) for colour in COLOURS]), 18.2, atol=0.6)
    assert steps.max() < 1.8 * steps.mean()


def test_time_goes_right_and_frequency_up():
    waveform = torch.cat([tone(500), tone(3500)])
    light = plot(sheet([waveform], 8000)).sum(-1)
    half, upper = light.shape[1] // 2, HEIGHT // 2
    assert light[upper:, :half].mean() > 1.3 * light[:upper, :half].mean()
    assert light[:upper, half:].mean() > 1.3 * light[upper:, half:].mean()
    assert light[:, : half - 20].sum(1).argmax() == pytest.approx(HEIGHT * (1 - 500 / 4000), abs=2)


def test_all_clips_have_one_scale_of_time_and_a_short_one_ends_earlier():
    picture = sheet([tone(500, 1.0), tone(500, 0.25)], 8000)
    long, short = plot(picture, 0, 2), plot(picture, 1, 2)
    assert not (long == BACKGROUND).all(-1).any()
    filled = ~(short == BACKGROUND).all(-1).all(0)
    assert filled.sum() == pytest.approx(long.shape[1] / 4, abs=1)
    assert filled[: filled.sum()].all()


@pytest.mark.parametrize(
    ("count", "columns", "captions", "rows"),
    [(1, None, 0, 1), (3, None, 0, 2), (5, 5, 5, 1), (2, 9, 0, 1), (4, 1, 4, 4)],
)
def test_a_sheet_is_as_wide_as_a_page_and_as_high_as_its_rows(count, columns, captions, rows):
    picture = sheet([tone(440, 0.1)] * count, 8000, columns, captions=["clip"] * captions)
    pitch = HEIGHT + (spectrograms.TEXT + 6 if captions else GAP)
    assert picture.size == (WIDTH, rows * pitch + BELOW)


@pytest.mark.parametrize(
    ("end", "pixels", "apart", "values"),
    [
        (4.0, 128, 28, [0, 1, 2, 3, 4]),
        (11.025, 128, 28, [0, 5, 10]),
        (0.43, 370, 60, [0, 0.1, 0.2, 0.3, 0.4]),
        (60.0, 700, 60, [0, 10, 20, 30, 40, 50, 60]),
    ],
)
def test_ticks_are_round_numbers_that_do_not_crowd(end, pixels, apart, values):
    ticks = list(spectrograms._ticks(end, pixels, apart))
    assert [value for value, _ in ticks] == values
    places = [place for _, place in ticks]
    assert min(np.diff(places)) >= apart - 1
    assert max(places) < pixels


def test_axes_and_captions_are_written():
    plain, captioned = sheet([tone(440)], 8000), sheet([tone(440)], 8000, captions=["theo"])
    assert len(plain.crop((0, 0, LEFT, plain.height)).getcolors()) > 1
    assert len(plain.crop((LEFT, plain.height - BELOW + 6, WIDTH, plain.height)).getcolors()) > 1
    assert np.array_equal(plot(plain), plot(captioned, top=spectrograms.TEXT + 6))
    assert len(captioned.crop((LEFT, 0, WIDTH, spectrograms.TEXT)).getcolors()) > 1


@pytest.mark.parametrize(
    ("waveform", "came"),
    [
        (torch.zeros(2, 5), r"torch.float32 of shape \(2, 5\)"),
        (torch.zeros(0), r"torch.float32 of shape \(0,\)"),
        (torch.zeros(5, dtype=torch.int64), r"torch.int64 of shape \(5,\)"),
    ],
)
def test_what_is_no_waveform_is_refused(waveform, came):
    with pytest.raises(ShapeError, match=rf"must be floating of shape \(T,\), got {came}\. Use model\.data\.decode"):
        sheet([torch.ones(3), waveform], 8000)


def test_a_sheet_of_nothing_is_refused():
    with pytest.raises(ShapeError, match=r"at least one waveform, got none\. Use"):
        sheet([], 8000)
