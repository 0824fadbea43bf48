"""Data sets as integer levels, and data specs: what those levels stand for."""

from arzoo.data.alphabet import Alphabet
from arzoo.data.clips import Clips
from arzoo.data.dataset import Batch, Dataset, split_digest
from arzoo.data.derived import Derived, image_contexts
from arzoo.data.encoding import encoded
from arzoo.data.kinds import spec_from_config
from arzoo.data.loading import load_dataset
from arzoo.data.palette import Palette
from arzoo.data.specs import DataSpec, Pixels
from arzoo.data.storing import load_spec, save_spec
from arzoo.data.vqvae import VQVAE
from arzoo.data.waveforms import PCM, MuLaw, Waveform
from arzoo.randomness import item_uniforms, shuffled

__all__ = [
    "PCM",
    "VQVAE",
    "Alphabet",
    "Batch",
    "Clips",
    "DataSpec",
    "Dataset",
    "Derived",
    "MuLaw",
    "Palette",
    "Pixels",
    "Waveform",
    "encoded",
    "image_contexts",
    "item_uniforms",
    "load_dataset",
    "load_spec",
    "save_spec",
    "shuffled",
    "spec_from_config",
    "split_digest",
]
