"""Spoken digits as two tasks whose numbers never share a column: `fsdd` (256 levels) and `fsdd-16bit` (65,536)."""

from pathlib import Path

import torch
from torch import Tensor

from arzoo import audio
from arzoo.context import Labels
from arzoo.data.clips import Clips
from arzoo.data.dataset import Dataset
from arzoo.data.digits import NAMES
from arzoo.data.sources import HubTable
from arzoo.data.spectral import audio_contexts
from arzoo.data.waveforms import PCM, MuLaw, Waveform
from arzoo.errors import DataError

FSDD = HubTable("Jakobovski/free-spoken-digit-dataset", "default", "audio", ("label", "speaker"), folder="data")
SPEAKERS = ("george", "jackson", "lucas", "nicolas", "theo", "yweweler")
SAMPLE_RATE = 8000
CONTEXT = {"label": Labels(len(NAMES), NAMES), "speaker": Labels(len(SPEAKERS), SPEAKERS)}


def load_fsdd(split: str, root: str | Path | None = None) -> Dataset:
    """Load a split of spoken digits in mu-law companding, the 256 levels that WaveNet models.

    Args:
        split: "train" (2,700 recordings) or "test" (300: takes 0 to 4 of each digit and speaker).
        root: A data root instead of the Hub.

    Returns:
        Clips of levels 0 to 255 at 8 kHz, with the contexts `label` and `speaker`, and `mel` where asked for.

    Raises:
        DataError: There is no such split, or it cannot be found or read.

    References:
        Z. Jackson et al., "Jakobovski/free-spoken-digit-dataset: v1.0.8", 2018, doi:10.5281/zenodo.1342401.
    """
    return _load("fsdd", MuLaw(256, SAMPLE_RATE), split, root)


def load_fsdd_16bit(split: str, root: str | Path | None = None) -> Dataset:
    """Load a split of spoken digits as recorded, in 65,536 even levels.

    Args:
        split: "train" (2,700 recordings) or "test" (300).
        root: A data root instead of the Hub.

    Returns:
        Clips of levels 0 to 65,535 at 8 kHz, with the contexts `label` and `speaker`, and `mel` where asked for.

    Raises:
        DataError: There is no such split, or it cannot be found or read.
    """
    return _load("fsdd-16bit", PCM(65536, SAMPLE_RATE), split, root)


def _load(id: str, spec: Waveform, split: str, root: str | Path | None) -> Dataset:
    files, columns = FSDD.read(split, root)
    sounds = (audio.read(file, SAMPLE_RATE, name=f"clip {index} of {id}") for index, file in enumerate(files))
    clips = Clips.of([spec.encode(sound) for sound in sounds])
    values = {"label": torch.tensor(columns["label"], dtype=torch.int64), "speaker": _speakers(columns["speaker"])}
    return Dataset(id, split, clips, spec.num_levels, spec, CONTEXT, values, audio_contexts(spec))


def _speakers(names: list[str]) -> Tensor:
    unknown = sorted(set(names) - set(SPEAKERS))
    if unknown:
        raise DataError(f"A speaker of {FSDD.repo} must be one of {', '.join(SPEAKERS)}, got {unknown[0]!r}.")
    return torch.tensor([SPEAKERS.index(name) for name in names], dtype=torch.int64)
