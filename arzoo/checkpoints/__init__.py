"""Checkpoints: weights on disk, verified, as models; and models as weights on disk."""

from arzoo.checkpoints.config import CheckpointConfig, Weights
from arzoo.checkpoints.converting import Converted, convert, converted
from arzoo.checkpoints.foreign import ForeignWeights, read_foreign
from arzoo.checkpoints.inventory import Held, held
from arzoo.checkpoints.loading import config_of, load
from arzoo.checkpoints.saving import save, write_lock
from arzoo.checkpoints.sources import Source, locate

__all__ = [
    "CheckpointConfig",
    "Converted",
    "ForeignWeights",
    "Held",
    "Source",
    "Weights",
    "config_of",
    "convert",
    "converted",
    "held",
    "load",
    "locate",
    "read_foreign",
    "save",
    "write_lock",
]
