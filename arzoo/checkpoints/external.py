"""Checkpoints of others on the Hub, in a foreign format: fetched as they are, unpinned, converted while loading."""

from dataclasses import replace
from pathlib import Path

from arzoo import hub, registry
from arzoo.checkpoints.foreign import conversion
from arzoo.entries import Checkpoint
from arzoo.errors import CheckpointError

BESIDE = ("config.json", "preprocessor_config.json")  # what a format may read beside the weights
SAFETENSORS, PICKLE = "model.safetensors", "pytorch_model.bin"


def external_entry(name: str) -> Checkpoint | None:
    """Return the entry of a checkpoint whose weights are in a foreign format, or None for any other name."""
    entry = registry.checkpoints().get(name) if isinstance(name, str) else None
    return entry if entry is not None and entry.format is not None else None


def fetch(entry: Checkpoint) -> Path:
    """Return the weights file of an external checkpoint, in the Hub's own cache, beside what its format reads.

    All files are of one commit, the one that the entry's revision stands for now.

    Args:
        entry: With a foreign format.

    Raises:
        CheckpointError: The files can be had neither from the cache nor from the Hub, or the weights are a pickle.
    """
    repository = hub.Repository(entry.id, str(entry.repo_id), entry.revision or "main")
    for name in BESIDE:
        if path := hub.obtain_if_there(repository, name):
            repository = replace(repository, revision=path.parent.name)
    if weights := hub.obtain_if_there(repository, SAFETENSORS):
        return weights
    if pickle := hub.obtain_if_there(repository, PICKLE):
        rule = f"{entry.id} must be loaded from safetensors, got a pickle from {repository}, which is never read"
        raise CheckpointError(f"{rule}. {conversion(pickle, [str(entry.format)])}", file=pickle)
    return _missing(entry, repository)


def _missing(entry: Checkpoint, repository: hub.Repository) -> Path:
    """Ask for the weights once more, and say beside why there are none how a copy from elsewhere is used."""
    try:
        return hub.obtain(repository, SAFETENSORS)
    except CheckpointError as error:
        way = f"Or convert a copy of {SAFETENSORS} and {BESIDE[0]}: `arzoo convert {entry.format} FILE OUT`."
        raise CheckpointError(f"{error} {way}", file=SAFETENSORS) from error
