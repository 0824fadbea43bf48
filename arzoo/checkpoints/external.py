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
    entry = registry.checkpoints().get(name) if isinstance(name, str) else None
    return entry if entry is not None and entry.format is not None else None


def fetch(entry: Checkpoint) -> Path:
    """Return the weights file of an external checkpoint, in the Hub's own cache, beside what its format reads.

    Args:
        entry: With a foreign format.

    Raises:
        CheckpointError: The files can be had neither from the cache nor from the Hub, or the weights are a pickle.
    """
    found = _files(entry)
    if isinstance(weights := found[SAFETENSORS], Path):
        return weights
    if isinstance(pickle := found[PICKLE], Path):
        rule = f"{entry.id} must be loaded from safetensors, got a pickle from {place(entry)}, which is never read"
        raise CheckpointError(f"{rule}. {conversion(pickle, [str(entry.format)])}", file=pickle)
    first = next(error for error in found.values() if isinstance(error, Exception))
    reason = f"{type(first).__name__}: {first}".splitlines()[0].split(". ")[0].rstrip(".")
    repair = f"Connect, or get {SAFETENSORS} and config.json elsewhere: `arzoo convert {entry.format} FILE OUT`"
    raise CheckpointError(f"{entry.id} must come from {place(entry)}, got {reason}. {repair}.", file=entry.id)


def place(entry: Checkpoint) -> str:
    """Return where an external checkpoint lies, as owner/name@revision."""
    return f"{entry.repo_id}@{entry.revision or 'main'}"


def _files(entry: Checkpoint) -> dict[str, Path | Exception]:
    """Return each file of the repository that is wanted, or why there is none; a pickle only in want of safetensors."""
    from huggingface_hub.errors import LocalEntryNotFoundError

    found: dict[str, Path | Exception] = {}
    for name in (*BESIDE, SAFETENSORS, PICKLE):
        if name == PICKLE and isinstance(found[SAFETENSORS], Path):
            break
        unreachable = any(
            isinstance(error, LocalEntryNotFoundError) for error in found.values()
        )  # asked once is enough
        found[name] = _file(entry, name, only_here=unreachable)
    return found


def _file(entry: Checkpoint, name: str, *, only_here: bool) -> Path | Exception:
    """Return a file from the cache, else from the Hub, or why it is in neither."""
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import EntryNotFoundError, HfHubHTTPError

    for local in (True,) if only_here else (True, False):
        try:
            return Path(hf_hub_download(str(entry.repo_id), name, revision=entry.revision, local_files_only=local))
        except (EntryNotFoundError, HfHubHTTPError, OSError) as error:
            reason: Exception = error
    return reason
