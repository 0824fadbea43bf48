"""Checkpoints: weights on disk, verified, as models; and models as weights on disk."""

from arzoo.checkpoints.config import CheckpointConfig, Weights
from arzoo.checkpoints.loading import config_of, load
from arzoo.checkpoints.saving import save, write_lock
from arzoo.checkpoints.sources import Source, locate

__all__ = ["CheckpointConfig", "Source", "Weights", "config_of", "load", "locate", "save", "write_lock"]
