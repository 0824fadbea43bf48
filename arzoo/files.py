"""Files that appear whole or not at all."""

import errno
import json
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


@contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Lend a temporary path beside `path`, which takes its name when the block ends well and is removed otherwise.

    It lies in the same folder because a rename is atomic within one file system only. The file gets the permissions
    that the user's umask gives to new files, whoever writes it: safetensors would leave 0600.

    Args:
        path: the file to write; what stood there before stays until the last moment.

    Raises:
        OSError: The file cannot be made, or something that is no file, such as /dev/null, stands there.

    Example:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> with replacing(folder / "note.txt") as temporary:
        ...     _ = temporary.write_text("whole")
        >>> [file.name for file in folder.iterdir()]
        ['note.txt']
    """
    target = Path(path)
    temporary = target.with_name(part_of(target.name, os.getpid()))
    mode = _begin(temporary, target)
    try:
        yield temporary
        if _mode(temporary) != mode:
            temporary.chmod(mode)
        temporary.replace(target)
    except OSError as error:
        if error.errno and str(error.filename or temporary) == str(temporary):
            error.filename = str(target)  # the name that the caller knows
        raise
    finally:
        temporary.unlink(missing_ok=True)


def write_json(path: Path, value: Any) -> None:
    """Write JSON for people too, whole or not at all.

    Raises:
        OSError: As in `replacing`.
    """
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")


def part_of(name: str, process: int | str = "*") -> str:
    """Return what a file is called while a process writes it, or a pattern for that of any process.

    Example:
        >>> part_of("note.txt", 7), part_of("note.txt")
        ('.note.txt.7.part', '.note.txt.*.part')
    """
    return f".{name}.{process}.part"


def _begin(temporary: Path, target: Path) -> int:
    """Make the empty file and return its permissions; an error names the file that was asked for."""
    if target.exists() and not target.is_file():
        raise FileExistsError(errno.EEXIST, "There is something that is no file", str(target))
    try:
        temporary.touch()
    except OSError as error:
        raise type(error)(error.errno, error.strerror, str(target)) from None
    return _mode(temporary)


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)
