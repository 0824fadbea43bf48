"""Whether a file is the one that was pinned, by its size and its sha256."""

import hashlib
from pathlib import Path

from arzoo.entries import File
from arzoo.errors import CheckpointError


def digest(path: Path) -> File:
    """Return the sha256 and the size in bytes of a file."""
    with path.open("rb") as file:
        return File(hashlib.file_digest(file, "sha256").hexdigest(), path.stat().st_size)


def verify(path: Path, pin: File) -> None:
    """Check that a file is the one that was pinned.

    Raises:
        CheckpointError: It is missing, or its size or its sha256 is another.
    """
    if not path.is_file():
        raise CheckpointError(f"{path} is missing. Copy the whole checkpoint again.", file=path, expected=pin)
    size = path.stat().st_size
    if size != pin.size:  # cheaper than to hash it, and says more
        raise altered(path, "hold", f"{pin.size} bytes", f"{size}")
    found = digest(path).sha256
    if found != pin.sha256:
        raise altered(path, "have sha256", pin.sha256, found)


def altered(path: Path, verb: str, expected: str, found: str) -> CheckpointError:
    """Return the error for a file that is not what it must be."""
    repair = "It was cut short, altered or made for another model: copy it again."
    message = f"{path} must {verb} {expected}, got {found}. {repair}"
    return CheckpointError(message, file=path, expected=expected, found=found)
