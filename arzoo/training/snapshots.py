"""Snapshots: all that a killed run needs to go on as if nothing had happened.

One file, written under another name, flushed to the disk and renamed: at any moment the last one is whole. It is a
matter of one run on one machine, for nobody else to load; what is shared is the checkpoint.
"""

import io
import os
from pathlib import Path
from typing import Any

import torch

from arzoo.checkpoints.config import CONFIG
from arzoo.checkpoints.sources import waiting_config
from arzoo.errors import CheckpointError, ConfigError
from arzoo.files import part_of, replacing
from arzoo.training.recipes import Recipe, recipe_from_config
from arzoo.training.tables import differences

FILE = "snapshot.pt"
FORMAT = 1


def write_snapshot(folder: Path, content: dict[str, Any]) -> None:
    """Replace the folder's snapshot, or leave the old one whole.

    Args:
        folder: The run's folder.
        content: Tensors and plain values, nested in dicts and lists.

    Raises:
        OSError: If the disk is full or cannot be written.
    """
    buffer = io.BytesIO()  # torch.save into a file turns a full disk into an error without its reason
    torch.save({"format": FORMAT, **content}, buffer)
    with replacing(folder / FILE) as temporary, temporary.open("wb") as file:
        file.write(buffer.getbuffer())
        file.flush()
        os.fsync(file.fileno())
    _sync_folder(folder)


def read_snapshot(folder: Path) -> dict[str, Any] | None:
    """Return the folder's snapshot on the CPU, or None where there is none.

    Raises:
        CheckpointError: If the file is no snapshot of this version.
    """
    path = folder / FILE
    if not path.exists():
        return None
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # whatever a damaged archive makes the reader raise
        raise CheckpointError(
            f"The snapshot {path} cannot be read: {error}. Remove it to start anew.", file=path
        ) from error
    found = content.get("format") if isinstance(content, dict) else None
    if found != FORMAT:
        raise CheckpointError(
            f"The snapshot {path} must have format {FORMAT}, got {found!r}. Resume with the arzoo that wrote it.",
            file=path,
            expected=FORMAT,
            found=found,
        )
    return content


def snapshot_to_resume(
    folder: Path, recipe: Recipe, *, resume: bool, init_from: str | None = None, processes: int = 1
) -> dict[str, Any] | None:
    """Return the snapshot that a run goes on from, or None where it starts.

    Args:
        folder: The run's folder.
        recipe: What is to be trained.
        resume: Whether a run that stands there is continued.
        init_from: The checkpoint that was asked for as a start; None takes the run's own.
        processes: How many train together.

    Raises:
        ConfigError: If a run stands there and `resume` is false, or it is a run of another recipe, start or
            number of processes.
        CheckpointError: If the snapshot cannot be read.
    """
    content = read_snapshot(folder)
    if content is None:
        return None
    if not resume:
        raise ConfigError(
            f"{folder} holds a run at step {content['state']['step']}. Go on with --resume, or name another --out."
        )
    here = {**recipe.to_config(), "init_from": init_from or content["init_from"], "processes": processes}
    there = {
        **recipe_from_config(content["recipe"]).to_config(),
        "init_from": content["init_from"],
        "processes": content["processes"],
    }
    differing = [key for key in differences(here, there) if key != "name"]
    if differing:
        key = differing[0]
        raise ConfigError(
            f"The run in {folder} can only be resumed with its own recipe; `{key}` was {_at(there, key)!r} there "
            f"and is {_at(here, key)!r} now. Set it back, or name another --out."
        )
    return content


def remove_leftovers(folder: Path) -> None:
    """Remove the half-written files that a killed run left; a config that its weights wait for takes its place."""
    waiting = waiting_config(folder)
    if waiting is not None:
        waiting.replace(folder / CONFIG)
    for file in [*folder.glob(part_of("*")), *folder.glob(f"samples/{part_of('*')}")]:
        file.unlink(missing_ok=True)


def _at(table: Any, path: str) -> Any:
    for name in path.split("."):
        table = table.get(name) if isinstance(table, dict) else None
    return table


def _sync_folder(folder: Path) -> None:
    """Flush the folder itself: a rename that is not on the disk is undone by a power failure."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
