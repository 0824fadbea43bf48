"""`audio:PATH`: the sounds of a folder, of one channel and one rate, as a data set."""

from pathlib import Path

from arzoo import audio
from arzoo.data.clips import Clips
from arzoo.data.dataset import Dataset
from arzoo.data.folders import files_of
from arzoo.data.specs import DataSpec
from arzoo.data.spectral import audio_contexts
from arzoo.data.waveforms import PCM, MuLaw, Waveform
from arzoo.errors import DataError


def load_sounds(
    path: str | Path, split: str, num_levels: int | None = None, spec: DataSpec | None = None, *, resample: bool = False
) -> Dataset:
    """Load a folder of sounds.

    PATH/train and PATH/test are the splits where they exist; files directly under PATH are one split, "all",
    whichever is asked for. Hidden files are left out, every other one must be a sound.

    Args:
        path: The folder.
        split: "train" or "test".
        num_levels: Where there is no `spec`: up to 256 are mu-law companding, more are even; 256 where not given.
        spec: The levels and the sample rate, such as a model's; the rate of the first file where not given.
        resample: Whether sounds of other rates are resampled.

    Returns:
        Clips ordered by file name; with the context `mel` where asked for.

    Raises:
        DataError: There are no sounds, or one cannot be read, or has another rate or several channels; or `spec` is
            not of sound.
        ConfigError: `num_levels` is outside its range.
    """
    files, name = files_of(Path(path), split, "audio", "sound")
    if spec is None:
        levels = 256 if num_levels is None else num_levels
        spec = (MuLaw if levels <= 256 else PCM)(levels, audio.rate_of(files[0]))
    if not isinstance(spec, Waveform):
        raise DataError(f"audio:{path} must be read by MuLaw or PCM levels, got {spec!r}. Use a model of sound.")
    clips = Clips.of([spec.encode(audio.read(file, spec.sample_rate, resample=resample)) for file in files])
    return Dataset(f"audio:{path}", name, clips, spec.num_levels, spec, derived=audio_contexts(spec))
