"""Files of sound: one channel in [-1, 1], read by libsndfile, written as 16-bit WAV.

`soundfile` and `soxr`, the extra "audio", are imported where a file is read; writing needs neither.
"""

import io
import os
import wave
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from arzoo.errors import DataError, ShapeError
from arzoo.files import replacing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import Tensor

Source = str | os.PathLike[str] | bytes
"""The path of a file, or the bytes of one."""

_MISSING = 'Reading sound needs the extra "audio". Run: pip install "arzoo[audio]"'


def read(source: Source, sample_rate: int, *, resample: bool = False, name: str | None = None) -> "Tensor":
    """Read a sound of one channel; the rate is changed only where that is asked for.

    Args:
        source: A WAV, FLAC, OGG or MP3 file, its path or its bytes.
        sample_rate: That the sound must have, in Hz.
        resample: Whether a sound of another rate, which `rate_of` tells, is brought to this one (soxr, very high
            quality).
        name: What an error calls it; the path where not given.

    Returns:
        float32 (T,) in [-1, 1], at least one sample; what is louder is clipped, as it would be when played. 16-bit
        samples are n / 32768 exactly.

    Raises:
        DataError: The file is missing or no sound, has another rate, several channels, no samples, or a sample that
            is no number; or the extra "audio" is not installed.
    """
    name = _name(source, name)
    with _opened(source, name) as file:
        _check_header(file, sample_rate, resample, name)
        samples, rate = file.read(dtype="float32"), file.samplerate
    waveform = torch.from_numpy(samples if rate == sample_rate else _resampled(samples, rate, sample_rate))
    if not len(waveform):
        raise DataError(f"A sound must have at least one sample, and {name} has {len(samples)} at {rate} Hz.")
    if not waveform.isfinite().all():
        bad = waveform[~waveform.isfinite()][0].item()
        raise DataError(f"The samples of a sound must be numbers, and {name} has {bad}. Record or convert it anew.")
    return waveform.clamp(-1, 1)


def rate_of(source: Source, *, name: str | None = None) -> int:
    """Return the sample rate of a file of sound in Hz, so that a caller can say that it was resampled.

    Args:
        source: The file, its path or its bytes.
        name: What an error calls it; the path where not given.

    Raises:
        DataError: The file is missing or no sound, or the extra "audio" is not installed.
    """
    with _opened(source, _name(source, name)) as file:
        return file.samplerate


def write(path: str | os.PathLike[str], waveform: "Tensor", sample_rate: int) -> None:
    """Write a sound as 16-bit WAV, whole or not at all.

    Args:
        path: The file; one that stands there is replaced.
        waveform: Floats (T,); rounded to n / 32768, and clipped outside [-1, 1].
        sample_rate: Samples a second, in Hz.

    Raises:
        ShapeError: `waveform` is something else.
        OSError: The file cannot be written.
    """
    if waveform.ndim != 1 or not waveform.is_floating_point():
        came = f"{waveform.dtype} of shape {tuple(waveform.shape)}"
        raise ShapeError(f"`waveform` must be floats of shape (T,), got {came}. Use model.data.decode(levels)[0].")
    integers = (waveform.detach().cpu().double() * 32768).round().clamp(-32768, 32767)
    with replacing(path) as temporary, wave.open(str(temporary), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(sample_rate)
        file.writeframes(integers.numpy().astype("<i2").tobytes())


@contextmanager
def _opened(source: Source, name: str) -> "Iterator[Any]":
    """Lend the `soundfile.SoundFile` of a source."""
    try:
        import soundfile
    except (ImportError, OSError) as error:  # OSError: the package without the library it wraps
        raise DataError(_MISSING) from error
    try:
        data = source if isinstance(source, bytes) else Path(source).read_bytes()
    except OSError as error:
        raise DataError(f"A sound must be a file that can be read, and {name} is not: {error.strerror}.") from error
    try:
        with soundfile.SoundFile(io.BytesIO(data)) as file:
            yield file
    except soundfile.LibsndfileError as error:
        reason = error.error_string.rstrip(".")
        raise DataError(f"A sound must be a WAV, FLAC, OGG or MP3 file, and {name} is none: {reason}.") from error


def _check_header(file: Any, sample_rate: int, resample: bool, name: str) -> None:
    if file.channels != 1:
        repair = "Make it one first: ffmpeg -i IN.wav -ac 1 OUT.wav"
        raise DataError(f"A sound must have one channel, and {name} has {file.channels}. {repair}")
    if file.samplerate != sample_rate and not resample:
        rule, repair = f"A sound must have {sample_rate} samples a second", "Use resample=True, or --resample."
        raise DataError(f"{rule}, and {name} has {file.samplerate}. {repair}")


def _resampled(samples: Any, rate: int, sample_rate: int) -> Any:
    try:
        import soxr
    except ImportError as error:
        raise DataError(_MISSING) from error
    return soxr.resample(samples, rate, sample_rate, quality="VHQ")


def _name(source: Source, name: str | None) -> str:
    return name or ("the sound" if isinstance(source, bytes) else os.fspath(source))
