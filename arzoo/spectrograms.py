"""Sheets of spectrograms: what a clip sounds like, as PNG that a person can look at."""

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

from arzoo.errors import ShapeError
from arzoo.pictures import BACKGROUND, INK, TEXT

WIDTH = 800  # of a sheet: what a page of text shows without shrinking it
HEIGHT = 128  # of one spectrogram
WINDOW = 0.032  # seconds: two periods of a low voice, so that its harmonics stand apart
RANGE = 60.0  # decibels from the loudest to what is drawn darkest
LEFT, BELOW, GAP = 42, 22, 10  # margins for the ticks; between two spectrograms
TICK = 4
COLOURS = ((12, 10, 40), (62, 29, 132), (162, 46, 139), (241, 90, 90), (251, 174, 61), (251, 241, 197))
"""From quiet to loud, in even steps of lightness (CIE L*), so that equal steps of loudness look equal, also in grey."""


def sheet(
    waveforms: Sequence[Tensor], sample_rate: int, columns: int | None = None, *, captions: Sequence[str] = ()
) -> Image.Image:
    """Lay spectrograms out in rows: time to the right, the same scale for all; frequency up; colour for loudness.

    Each is drawn from its own loudest moment down, since a speaker far from the microphone says the same.

    Args:
        waveforms: Each (T,), floating, at least one sample.
        sample_rate: Of all of them, in Hz.
        columns: In a row; without it, two.
        captions: A text above each.

    Returns:
        An RGB picture of 800 pixels' width.

    Raises:
        ShapeError: There is no waveform, or one that is no sequence of floating numbers.

    Example:
        >>> sheet([torch.randn(4000), torch.randn(2000)], 8000, captions=["real", "drawn"]).size
        (800, 168)
    """
    _check(waveforms)
    columns = min(columns or 2, len(waveforms))
    width = (WIDTH - LEFT - GAP * columns) // columns
    longest, top = max(map(len, waveforms)), TEXT + 6 if captions else GAP
    pitch = HEIGHT + top
    picture = Image.new("RGB", (WIDTH, -(-len(waveforms) // columns) * pitch + BELOW), BACKGROUND)
    draw, font = ImageDraw.Draw(picture), ImageFont.load_default(size=TEXT)
    for index, waveform in enumerate(waveforms):
        row, column = divmod(index, columns)
        x, y = LEFT + column * (width + GAP), top + row * pitch
        size = (max(1, round(width * len(waveform) / longest)), HEIGHT)
        picture.paste(_coloured(spectrogram(waveform, sample_rate, longest / width), size), (x, y))
        draw.text((x, y - TEXT // 2 - 4), captions[index] if captions else "", INK, font, anchor="lm")
        if column == 0:
            _mark_frequencies(draw, font, (x, y), sample_rate / 2)
        if index + columns >= len(waveforms):
            _mark_seconds(draw, font, (x, y + HEIGHT), width, longest / sample_rate)
    return picture


def spectrogram(waveform: Tensor, sample_rate: int, hop: float = 1.0) -> Tensor:
    """Return the loudness of each frequency at each moment: log magnitudes of a short-time Fourier transform.

    Args:
        waveform: (T,), floating.
        sample_rate: In Hz.
        hop: Samples between two moments, at most; more than half a window would pass over some of them.

    Returns:
        Decibels below the loudest, -60 to 0: (frequencies from 0 to half the rate, moments), float32.

    Example:
        >>> tone = torch.sin(torch.arange(8000) * 2 * torch.pi * 1000 / 8000)
        >>> loudness = spectrogram(tone, 8000, hop=100)
        >>> loudness.shape, loudness[:, 40].argmax().item() * 8000 / 256
        (torch.Size([129, 81]), 1000.0)
    """
    window = 2 ** math.ceil(math.log2(WINDOW * sample_rate))
    step = max(1, min(int(hop), window // 2))
    hann = torch.hann_window(window)
    spectrum = torch.stft(
        waveform.detach().float().cpu(), window, step, window=hann, pad_mode="constant", return_complex=True
    )
    magnitude = spectrum.abs()
    loudest = magnitude.max().clamp(min=1e-6)  # of silence too something
    return 20 * (magnitude / loudest).clamp(min=10 ** (-RANGE / 20)).log10()


def colours(loudness: np.ndarray) -> np.ndarray:
    """Return the RGB (..., 3) uint8 of loudness from 0 to 1."""
    places = np.linspace(0, 1, len(COLOURS))
    channels = [np.interp(loudness, places, channel) for channel in zip(*COLOURS, strict=True)]
    return np.stack(channels, axis=-1).round().astype(np.uint8)


def _check(waveforms: Sequence[Tensor]) -> None:
    for waveform in waveforms:
        if waveform.ndim != 1 or not len(waveform) or not waveform.is_floating_point():
            came = f"{waveform.dtype} of shape {tuple(waveform.shape)}"
            raise ShapeError(f"A waveform must be floating of shape (T,), got {came}. Use model.data.decode(levels).")
    if not waveforms:
        raise ShapeError("A sheet must show at least one waveform, got none. Use model.data.decode(model.sample(1)).")


def _coloured(loudness: Tensor, size: tuple[int, int]) -> Image.Image:
    """Return a picture of that size, the low frequencies at its foot."""
    light = Image.fromarray((1 + loudness.flip(0) / RANGE).numpy()).resize(size, Image.Resampling.BILINEAR)
    return Image.fromarray(colours(np.asarray(light)))


def _mark_frequencies(draw: ImageDraw.ImageDraw, font: Any, at: tuple[int, int], highest: float) -> None:
    """Write kilohertz to the left of a spectrogram whose upper left corner is `at`."""
    (x, y), unit = at, " kHz"
    for value, place in reversed(list(_ticks(highest / 1000, HEIGHT, 28))):
        height = y + HEIGHT - 1 - place
        draw.line((x - TICK, height, x - 1, height), INK)
        draw.text((x - TICK - 2, height), f"{value:g}{unit}", INK, font, anchor="rm")
        unit = ""  # said once, at the top


def _mark_seconds(draw: ImageDraw.ImageDraw, font: Any, at: tuple[int, int], width: int, seconds: float) -> None:
    """Write seconds below a spectrogram whose lower left corner is `at`."""
    x, y = at
    for value, place in _ticks(seconds, width, 60):
        draw.line((x + place, y, x + place, y + TICK - 1), INK)
        anchor = "lt" if place == 0 else "rt" if place > width - 2 * TEXT else "mt"  # within the spectrogram's width
        draw.text((x + place, y + TICK + 2), f"{value:g} s", INK, font, anchor=anchor)


def _ticks(end: float, pixels: int, apart: int) -> Iterator[tuple[float, int]]:
    """Yield round values from 0 to `end` with their places, at least so many pixels apart: steps of 1, 2 or 5."""
    least = end * apart / pixels
    power = 10.0 ** math.floor(math.log10(least))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= least)
    for count in range(int(end / step + 1e-9) + 1):
        yield round(count * step, 10), round(count * step / end * (pixels - 1))
