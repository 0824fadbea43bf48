"""Where a command writes, looked at before the work: an hour of sampling must not end in a missing folder."""

import os
import shlex
from collections.abc import Sequence
from pathlib import Path

from arzoo.errors import ConfigError

PNG = ".png"


def output_path(out: Path | None, name: str, endings: Sequence[str], suffix: str = "", option: str = "--out") -> Path:
    """Return the file to write.

    Args:
        out: As the option gives it, or None.
        name: Of the model, which the file is named after where `out` is None.
        endings: What the file may end in; the first is that of a file named after the model.
        suffix: Put behind that name.
        option: What gives `out`.

    Raises:
        ConfigError: `out` ends in something else, or cannot be written.
    """
    path = out or Path(f"{Path(name.rpartition(':')[2]).name}{suffix}{endings[0]}")
    if path.suffix.lower() not in endings:
        repair = path.with_suffix(endings[0]) if path.name else f"{Path(name).name}{endings[0]}"
        rule = f"`{option}` must end in {' or '.join(endings)}"
        raise ConfigError(f"{rule}, got {str(path)!r}. Use {option} {shlex.quote(str(repair))}.")
    return writable(path)


def writable(path: Path) -> Path:
    """Return the path of a file that can be written, as far as can be told before.

    Raises:
        ConfigError: It is a folder or a device, or its own folder is missing or may not be written.
    """
    folder = path.parent
    if path.exists() and not path.is_file():
        what = "folder" if path.is_dir() else "device"
        raise ConfigError(f"The output must be a file, got the {what} {str(path)!r}. Give a name that is not taken.")
    if not folder.is_dir():
        repair = f"mkdir -p {shlex.quote(str(folder))}"
        raise ConfigError(f"The output {str(path)!r} needs a folder {str(folder)!r}. Make it with {repair}.")
    if not os.access(folder, os.W_OK):
        raise ConfigError(f"The output {str(path)!r} must be in a folder that you may write, {str(folder)!r} is none.")
    return path
