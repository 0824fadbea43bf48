"""Files of sound: what is read is what was written, and what is no such sound is refused in a sentence."""

import io
import math
import sys

import numpy as np
import pytest
import soundfile
import torch

from arzoo import audio
from arzoo.errors import DataError, ShapeError

EVERY_INTEGER = np.arange(-32768, 32768, dtype=np.int16)


@pytest.fixture
def sound(tmp_path):
    """Function that writes samples to a file and returns its path."""

    def write(samples, rate=8000, name="a.wav", **options):
        soundfile.write(tmp_path / name, np.asarray(samples), rate, **options)
        return tmp_path / name

    return write


def test_16_bit_samples_are_read_exactly_from_a_path_and_from_bytes(sound):
    path = sound(EVERY_INTEGER)
    expected = torch.from_numpy(EVERY_INTEGER.astype(np.float32)) / 32768
    assert torch.equal(audio.read(path, 8000), expected)
    assert torch.equal(audio.read(path.read_bytes(), 8000), expected)


def test_what_is_written_is_read_again(tmp_path):
    waveform = torch.from_numpy(EVERY_INTEGER.astype(np.float32)) / 32768
    audio.write(tmp_path / "b.wav", waveform, 11025)
    assert torch.equal(audio.read(tmp_path / "b.wav", 11025), waveform)
    assert soundfile.info(tmp_path / "b.wav").subtype == "PCM_16"
    assert [file.name for file in tmp_path.iterdir()] == ["b.wav"]


def test_what_is_too_loud_is_clipped(sound, tmp_path):
    assert audio.read(sound([2.0, -3.0, 0.25], subtype="FLOAT"), 8000).tolist() == [1, -1, 0.25]
    audio.write(tmp_path / "b.wav", torch.tensor([2.0, -3.0]), 8000)
    assert audio.read(tmp_path / "b.wav", 8000).tolist() == [32767 / 32768, -1]


def test_a_tone_keeps_its_pitch_and_length_when_it_is_resampled(sound):
    def tone(rate):
        return 0.5 * np.sin(2 * math.pi * 440 * np.arange(rate) / rate)

    path = sound(tone(44100), 44100)
    found = audio.read(path, 8000, resample=True).numpy()
    assert (audio.rate_of(path), len(found)) == (44100, 8000)
    assert np.abs(found - tone(8000))[100:-100].max() < 1e-3


def test_another_rate_is_refused_where_nobody_asked_for_resampling(sound):
    with pytest.raises(DataError, match=r"must have 8000 samples a second, and .*a.wav has 16000. Use resample=True"):
        audio.read(sound([0.0, 0.1], 16000), 8000)


def test_stereo_is_refused(sound):
    with pytest.raises(DataError, match=r"must have one channel, and .*a.wav has 2. Make it one first: ffmpeg"):
        audio.read(sound(np.zeros((5, 2))), 8000)


def test_an_empty_clip_is_refused(sound):
    with pytest.raises(DataError, match=r"at least one sample, and .*a.wav has 0 at 8000 Hz"):
        audio.read(sound([]), 8000)


def test_a_clip_that_resampling_leaves_empty_is_refused(sound):
    with pytest.raises(DataError, match=r"at least one sample, and .*a.wav has 1 at 48000 Hz"):
        audio.read(sound([0.5], 48000), 10, resample=True)


def test_samples_that_are_no_numbers_are_refused(sound):
    with pytest.raises(DataError, match=r"must be numbers, and .*a.wav has nan"):
        audio.read(sound([0.1, math.nan], subtype="FLOAT"), 8000)


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"must be a file that can be read, and .*none.wav is not: No such file"):
        audio.read(tmp_path / "none.wav", 8000)


def test_a_file_that_is_no_audio_is_refused(tmp_path):
    (tmp_path / "note.wav").write_text("not a sound")
    with pytest.raises(
        DataError, match=r"WAV, FLAC, OGG or MP3 file, and .*note.wav is none: Format not recognised\.$"
    ):
        audio.read(tmp_path / "note.wav", 8000)


def test_bytes_are_named_as_the_caller_says():
    with pytest.raises(DataError, match="and Clip 3 of fsdd is none"):
        audio.read(b"RIFF", 8000, name="Clip 3 of fsdd")
    with pytest.raises(DataError, match="and the sound is none"):
        audio.rate_of(b"")


@pytest.mark.parametrize("module", ["soundfile", "soxr"])
def test_without_the_extra_the_command_that_installs_it_is_given(sound, monkeypatch, module):
    path = sound([0.0, 0.1], 16000)
    monkeypatch.setitem(sys.modules, module, None)  # as if it were not installed
    with pytest.raises(DataError, match=r'needs the extra "audio". Run: pip install "arzoo\[audio\]"'):
        audio.read(path, 8000, resample=True)


def test_writing_needs_no_extra(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "soundfile", None)
    audio.write(tmp_path / "b.wav", torch.zeros(3), 8000)
    assert (tmp_path / "b.wav").stat().st_size == 44 + 6


@pytest.mark.parametrize(
    ("waveform", "came"),
    [(torch.zeros(1, 5), r"torch.float32 of shape \(1, 5\)"), (torch.arange(5), r"torch.int64 of shape \(5,\)")],
)
def test_what_is_no_waveform_is_not_written(tmp_path, waveform, came):
    with pytest.raises(ShapeError, match=rf"must be floats of shape \(T,\), got {came}. Use model.data.decode"):
        audio.write(tmp_path / "b.wav", waveform, 8000)
    assert not list(tmp_path.iterdir())


def test_other_formats_are_read_as_well(sound):
    samples = np.random.default_rng(0).integers(-9999, 9999, 500, dtype=np.int16)
    stream = io.BytesIO(sound(samples, name="a.flac").read_bytes())
    assert torch.equal(audio.read(stream.getvalue(), 8000), torch.from_numpy(samples.astype(np.float32)) / 32768)
