"""What a vocoder is told: the log-mel spectrogram of the sound that it is to make, computed from the sound itself."""

import torch
import torch.nn.functional as F
from torch import Tensor

from arzoo.context import Series
from arzoo.data.derived import Derived
from arzoo.data.waveforms import Waveform

CHANNELS = 20
FRAMES_A_SECOND = 100
WINDOW = 4  # hops under one window: neighbours overlap by three quarters
FLOOR = 1e-8  # power of the quietest that is told apart, 80 dB below a tone of full scale


def audio_contexts(spec: Waveform) -> dict[str, Derived]:
    """What can be computed of a sound: `mel`, 20 channels every 10 ms.

    Example:
        >>> from arzoo.data import MuLaw
        >>> audio_contexts(MuLaw(256, 8000))["mel"].spec
        Series(channels=20, hop=80)
    """

    def mel(levels: Tensor, num_levels: int, lengths: Tensor | None) -> Tensor:
        waveform = spec.decode(levels)
        if lengths is not None:  # padding is no sound
            waveform = waveform.where(torch.arange(levels.shape[1]) < lengths[:, None], 0.0)
        return log_mel(waveform, spec.sample_rate)

    return {"mel": Derived(Series(CHANNELS, hop_of(spec.sample_rate)), mel)}


def hop_of(sample_rate: int) -> int:
    """Samples from one frame to the next, at a rate in Hz."""
    return max(1, sample_rate // FRAMES_A_SECOND)


def log_mel(waveform: Tensor, sample_rate: int) -> Tensor:
    """Return the logarithm of the power in bands that are evenly spaced as the ear hears pitch.

    A frame is centred on the `hop` samples that it stands for, under a Hann window of four hops; beyond the ends there
    is silence. Powers are relative to a tone of full scale.

    Args:
        waveform: (B, T) in [-1, 1].
        sample_rate: In Hz.

    Returns:
        float32 (B, 20, ceil(T / hop)): -1 where a band is 80 dB below a tone of full scale or quieter, silence among
        it, and 1 at such a tone.

    Example:
        >>> log_mel(torch.zeros(2, 161), 8000).shape
        torch.Size([2, 20, 3])
    """
    hop = hop_of(sample_rate)
    size, frames = WINDOW * hop, -(-waveform.shape[1] // hop)
    before = (size - hop) // 2
    padded = F.pad(waveform, (before, (frames - 1) * hop + size - before - waveform.shape[1]))
    window = torch.hann_window(size)
    spectrum = torch.stft(padded, size, hop, size, window, center=False, return_complex=True)
    power = (spectrum.abs() * (2 / window.sum())).square()
    mel = mel_filters(CHANNELS, size // 2 + 1, sample_rate) @ power
    return mel.clamp(min=FLOOR).log10() / 4 + 1


def mel_filters(num_filters: int, num_bins: int, sample_rate: int) -> Tensor:
    """Return triangular bands that overlap by half, evenly spaced in mel from 0 Hz to half the rate.

    mel(f) = 2595 log10(1 + f / 700), the formula in use for O'Shaughnessy's scale.

    Args:
        num_filters: Bands, M.
        num_bins: Frequencies of a spectrum, K, from 0 Hz to half the rate.
        sample_rate: In Hz.

    Returns:
        float32 (M, K), at most 1.

    References:
        D. O'Shaughnessy, "Speech Communication: Human and Machine", 1987, p. 150.
    """
    nyquist = torch.tensor(sample_rate / 2, dtype=torch.float64)
    highest = 2595 * torch.log10(1 + nyquist / 700)
    edges = 700 * (10 ** (torch.linspace(0, 1, num_filters + 2, dtype=torch.float64) * highest / 2595) - 1)
    bins = torch.linspace(0, 1, num_bins, dtype=torch.float64) * nyquist
    low, centre, high = (edges[first : first + num_filters, None] for first in range(3))
    rising, falling = (bins - low) / (centre - low), (high - bins) / (high - centre)
    return rising.minimum(falling).clamp(min=0).float()
