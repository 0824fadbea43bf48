"""The lock file of a plugin's weights, in which publishing writes where they lie on the Hub."""

import json
import os
from pathlib import Path

from arzoo.checkpoints.saving import LOCK
from arzoo.checkpoints.sources import bundled_folder
from arzoo.entries import Checkpoint
from arzoo.errors import PublishError
from arzoo.files import replacing


def publishable_folder(entry: Checkpoint) -> Path:
    """Return the folder in which a plugin bundles the files of a checkpoint.

    Raises:
        PublishError: It bundles none, or the weights are of others.
    """
    if entry.format is not None:
        raise PublishError(f"{entry.id} is published already, by {str(entry.repo_id).partition('/')[0]}: leave it out.")
    if (folder := bundled_folder(entry)) is None:
        message = f"{entry.id} must be bundled with its plugin to be published, got a plugin without its weights."
        raise PublishError(f"{message} Use a source checkout of the plugin.")
    return folder


def writable_lock(id: str, folder: Path) -> Path:
    """Return the lock file that pins a bundled checkpoint, if publishing may write it.

    Args:
        id: Of the checkpoint.
        folder: Of its files; the lock file lies beside it.

    Raises:
        PublishError: The plugin is no source checkout, or the file may not be written.
    """
    lock = folder.parent / LOCK
    source = any((parent / "pyproject.toml").is_file() for parent in list(lock.parents)[1:4])
    if not source:
        rule = f"{id} must be published from a source checkout of its plugin, whose lock file says where it lies"
        raise PublishError(f"{rule}, got {lock}. Use pip install -e on the plugin's source.")
    if not (os.access(lock, os.W_OK) and os.access(lock.parent, os.W_OK)):
        raise PublishError(f"The lock file of {id} must be one that you may write, got {lock}. Use chmod u+w on it.")
    return lock


def write_place(lock: Path, id: str, repo_id: str, revision: str) -> None:
    """Write repository and revision of a checkpoint into its lock file, whole or not at all; the rest stays.

    Args:
        lock: The file.
        id: Of the checkpoint.
        repo_id: "owner/name".
        revision: The commit, 40 hex digits.

    Raises:
        PublishError: It cannot be written.
    """
    pins = json.loads(lock.read_text(encoding="utf-8"))
    if (pins[id].get("repo_id"), pins[id].get("revision")) == (repo_id, revision):
        return
    pins[id] |= {"repo_id": repo_id, "revision": revision}
    try:
        with replacing(lock) as temporary:
            temporary.write_text(json.dumps(pins, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    except OSError as error:
        message = f"{id} lies at {repo_id}@{revision}, but {lock} cannot be written ({error.strerror})."
        raise PublishError(f"{message} Publish it again: nothing will be uploaded twice.") from error
