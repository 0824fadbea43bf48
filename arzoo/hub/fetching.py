"""Files from the Hub: fetched by its own client, held against what they must be, and not kept where they are not.

The client honours HF_HUB_OFFLINE, HF_HOME, HF_ENDPOINT and HF_TOKEN. What it does not do is look again at what it has
cached: here a file is hashed whenever it is used, and a bad one is removed, fetched anew once, and then refused.
"""

import hashlib
import time
from contextlib import suppress
from pathlib import Path

from arzoo.entries import File
from arzoo.errors import CheckpointError
from arzoo.hub.faults import altered_on_the_hub, explained, may_pass
from arzoo.hub.repositories import Repository
from arzoo.pins import altered, verify

_PAUSES = (1.0, 3.0)  # seconds before a second and a third try, where the fault may pass
_STAMPS = ".arzoo"  # beside the snapshots of a repository in the cache; holds when which file was verified


def obtain(repository: Repository, file: str, pin: File | None = None) -> Path:
    """Return a verified file: the cached one where it is pinned and there, else from the Hub.

    Args:
        repository: Where it lies.
        file: Its name there.
        pin: What it must be; None where the Hub's own digest alone vouches for it. A branch that is not pinned is
            looked up again, as far as the Hub can be reached.

    Raises:
        CheckpointError: It cannot be had, or is not what it must be.
    """
    path, fault = cached(repository, file) if pin else None, None
    for _ in range(2):
        path = path or _downloaded(repository, file, damaged=fault is not None)
        fault = _fault(path, pin)
        if fault is None:
            note_verified(path)
            return path
        _discard(path)
        path = None
    raise altered_on_the_hub(repository, file, fault) from fault


def obtain_if_there(repository: Repository, file: str) -> Path | None:
    """Return a file that nobody pinned, or None where the repository has none of that name, or nobody can be asked.

    Args:
        repository: Where it may lie.
        file: Its name there.

    Raises:
        CheckpointError: It is there and cannot be had.
    """
    from huggingface_hub.errors import EntryNotFoundError

    try:
        return obtain(repository, file)
    except CheckpointError as error:
        if isinstance(error.__cause__, EntryNotFoundError):
            return None
        raise


def cached(repository: Repository, file: str) -> Path | None:
    """Return the path of a file in the cache, unverified, or None where it is not there; the Hub is not asked."""
    from huggingface_hub import try_to_load_from_cache

    found = try_to_load_from_cache(repository.repo_id, file, revision=repository.revision)
    return Path(found) if isinstance(found, str) else None


def cache_folder() -> Path:
    """Return the folder in which the Hub's client keeps what it fetched."""
    from huggingface_hub import constants

    return Path(constants.HF_HUB_CACHE)


def verified_at(path: Path) -> float | None:
    """Return when a file in the cache was last found to be what it must be, in seconds since 1970, or None."""
    try:
        return _stamp(path).stat().st_mtime
    except OSError:
        return None


def _downloaded(repository: Repository, file: str, *, damaged: bool) -> Path:
    """Return the path of a file in the cache, where the Hub's client has put it whole or not at all."""
    from huggingface_hub import hf_hub_download

    pauses = iter(_PAUSES)
    while True:
        try:
            return Path(hf_hub_download(repository.repo_id, file, revision=repository.revision))
        except Exception as error:  # what a client raises for its transport changes from release to release
            pause = next(pauses, None) if may_pass(error) else None
            if pause is None:
                raise explained(repository, file, error, damaged=damaged) from error
        time.sleep(pause)


def _fault(path: Path, pin: File | None) -> CheckpointError | None:
    try:
        verify(path, pin) if pin else _verify_by_name(path)
    except CheckpointError as error:
        return error
    return None


def _verify_by_name(path: Path) -> None:
    """Compare a file with the name of its blob: its sha256, or for a small file what git calls it."""
    blob = path.readlink().name if path.is_symlink() else ""  # without links the cache keeps no such name
    if len(blob) == 64:
        verify(path, File(blob, path.stat().st_size))
    if len(blob) == 40:
        content = path.read_bytes()
        found = hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()
        if found != blob:
            raise altered(path, "have git's sha1", blob, found)


def _discard(path: Path) -> None:
    """Remove a file from the cache, with all that its link leads to."""
    chain = [path]
    while chain[-1].is_symlink():
        chain.append(chain[-1].parent / chain[-1].readlink())
    for link in (*chain, _stamp(path)):
        with suppress(OSError):  # where it cannot be removed, it is refused again the next time
            link.unlink()


def note_verified(path: Path) -> None:
    """Write down that a file in the cache was just found to be what it must be."""
    with suppress(OSError):  # a cache that may not be written can still be read
        _stamp(path).parent.mkdir(exist_ok=True)
        _stamp(path).touch()


def _stamp(path: Path) -> Path:
    snapshot = path.parent
    return snapshot.parent.parent / _STAMPS / f"{snapshot.name}.{path.name}"
