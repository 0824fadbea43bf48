"""Checkpoints of others on the Hub, in a foreign format: fetched as they are, unpinned, converted while loading."""

from pathlib import Path

from arzoo import registry
from arzoo.checkpoints.foreign import conversion
from arzoo.entries import Checkpoint
from arzoo.errors import CheckpointError

BESIDE = ("config.json", "preprocessor_config.json")  # what a format may read beside the weights
SAFETENSORS, PICKLE = "model.safetensors", "pytorch_model.bin"


def external_entry(name: str) -> Checkpoint | None:
    """Return the entry of a checkpoint whose weights are in a foreign format, or None for any other name."""
    entry = registry.checkpoints().get(name)
    return entry if entry is not None and entry.format is not None else None


def fetch(entry: Checkpoint) -> Path:
    """Return the weights file of an external checkpoint, in the Hub's own cache, beside what its format reads.

    Args:
        entry: With a foreign format.

    Raises:
        CheckpointError: The files can be had neither from the cache nor from the Hub, or the weights are a pickle.
    """
    for name in BESIDE:
        _download(entry, name)
    weights = _download(entry, SAFETENSORS)
    if isinstance(weights, Path):
        return weights
    pickle = _download(entry, PICKLE)
    if isinstance(pickle, Path):
        rule = f"{entry.id} must be loaded from safetensors, got a pickle from {place(entry)}, which is never read"
        raise CheckpointError(f"{rule}. {conversion(pickle, [str(entry.format)])}", file=pickle)
    reason = f"{type(weights).__name__}: {weights}".splitlines()[0][:200].rstrip(".")
    repair = f"Connect, or get {SAFETENSORS} and config.json elsewhere: `arzoo convert {entry.format} FILE OUT`"
    raise CheckpointError(f"{entry.id} must come from {place(entry)}, got {reason}. {repair}.", file=entry.id)


def place(entry: Checkpoint) -> str:
    """Return where an external checkpoint lies, as owner/name@revision."""
    return f"{entry.repo_id}@{entry.revision or 'main'}"


def _download(entry: Checkpoint, name: str) -> Path | Exception:
    """Return a file of the repository, from the cache where it is there, or why there is none."""
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import EntryNotFoundError, HfHubHTTPError

    try:
        return Path(hf_hub_download(str(entry.repo_id), name, revision=entry.revision))
    except (EntryNotFoundError, HfHubHTTPError, OSError) as error:
        return error
