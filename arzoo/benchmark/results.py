"""What was measured of a checkpoint on a machine: one file, part by part, each with the command that repeats it."""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Self

from arzoo.errors import CheckpointError, ConfigError
from arzoo.files import write_json

FORMAT = 1
"""Of the files; another number is another meaning of some field."""

KIND = "benchmark"
"""`<checkpoint>.<machine>.benchmark.json`."""

FAILED = "failed"
"""The key under which a part says why it could not be measured."""

LONGEST = 500
"""Characters of such a reason that are shown."""


@dataclass(frozen=True)
class Result:
    """What was measured of a checkpoint on a machine.

    Attributes:
        model: The checkpoint.
        weights_sha256: Of its weights file.
        weights_bytes: Size of that file.
        parameters: How many; None where the model could not be loaded.
        machine: In words, threads included.
        torch: Version.
        python: Version.
        allocator: Variables of the environment that change how memory is handed out.
        parts: What was measured, by name; each has a command and a commit, or says why it failed.
    """

    model: str
    weights_sha256: str
    weights_bytes: int
    parameters: int | None
    machine: str
    torch: str
    python: str
    allocator: Mapping[str, str]
    parts: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def filename(self) -> str:
        """The name of the file, after model and machine."""
        return f"{self.model}.{machine_slug(self.machine)}.{KIND}.json"

    @property
    def setting(self) -> tuple[Any, ...]:
        """What times hang on besides the program: only those of one setting may be compared."""
        return self.machine, self.torch, tuple(sorted(self.allocator.items()))

    def continues(self, other: "Result") -> bool:
        """Whether parts measured under another result may stand beside those of this one."""
        return (self.model, self.weights_sha256, self.setting) == (other.model, other.weights_sha256, other.setting)

    def part(self, name: str) -> Mapping[str, Any] | None:
        """Return a part that was measured; None where it was not, or failed."""
        found = self.parts.get(name)
        return None if found is None or FAILED in found else found

    def failures(self) -> dict[str, str]:
        """Return why parts failed, by name, on one line each: an error may go on for pages."""
        found = {name: " ".join(str(part[FAILED]).split()) for name, part in self.parts.items() if FAILED in part}
        return {name: text if len(text) <= LONGEST else f"{text[:LONGEST]}..." for name, text in found.items()}

    def write(self, folder: Path) -> Path:
        """Write the file into a folder, whole or not at all, and return its path."""
        path = folder / self.filename
        write_json(path, {"format": FORMAT, **asdict(self)})
        return path

    @classmethod
    def read(cls, path: Path) -> Self:
        """Return what a file holds.

        Raises:
            CheckpointError: It cannot be read, is truncated, or of another format.
        """
        found = read_record(path, FORMAT)
        names = {each.name for each in fields(cls)}
        if set(found) != names | {"format"} or not isinstance(found["parts"], dict):
            wrong = sorted(set(found) ^ (names | {"format"}))
            raise CheckpointError(
                f"{path} must have the keys of a benchmark record, got others in {', '.join(wrong) or 'parts'}. "
                "Measure it anew.",
                file=path,
            )
        return cls(**{name: found[name] for name in names})


def read_record(path: Path, format: int) -> dict[str, Any]:
    """Return the JSON object of a record.

    Args:
        path: Of the file.
        format: The version that it must be of; records from before there were versions are of the first.

    Raises:
        CheckpointError: The file is no whole JSON object, or of another version.
    """
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise CheckpointError(f"{path} must be whole JSON, got: {error}. Measure it anew.", file=path) from error
    if not isinstance(record, dict):
        raise CheckpointError(f"{path} must be a JSON object, got {type(record).__name__}. Measure it anew.", file=path)
    if record.get("format", 1) != format:
        raise CheckpointError(
            f"{path} must be a record of format {format}, got {record.get('format', 1)!r}. Measure it anew.", file=path
        )
    return record


def machine_slug(machine: str) -> str:
    """Return a machine in words as part of a file's name.

    Example:
        >>> machine_slug("2 threads of AMD EPYC on Linux")
        '2-threads-of-amd-epyc-on-linux'

    Raises:
        ConfigError: There is nothing to name it by.
    """
    slug = re.sub(r"[^a-z0-9]+", "-", machine.lower()).strip("-")
    if not slug:
        raise ConfigError(f"A machine must be named in letters or digits, got {machine!r}.")
    return slug
