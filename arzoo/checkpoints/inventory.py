"""What is on this machine: bundled checkpoints and cached ones, how large, when verified, and whether still whole."""

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from arzoo import hub, plugins, registry
from arzoo.checkpoints.config import CONFIG, WEIGHTS, read
from arzoo.checkpoints.sources import bundled_folder
from arzoo.entries import Checkpoint, File
from arzoo.errors import CheckpointError
from arzoo.pins import verify

BUNDLED, CACHED = "bundled", "cached"


@dataclass(frozen=True)
class Held:
    """A checkpoint that is here, or begins to be.

    Attributes:
        name: As `arzoo.load` takes it.
        place: "bundled" or "cached".
        folder: Where its files lie.
        pins: What each must be.
        repair: What to do where a file is missing or damaged.
    """

    name: str
    place: str
    folder: Path
    pins: Mapping[str, File]
    repair: str

    @property
    def size(self) -> int:
        """Bytes of those of its files that are here."""
        return sum(path.stat().st_size for path in self._paths() if path.is_file())

    @property
    def missing(self) -> list[str]:
        """Those of its files that are not here."""
        return [path.name for path in self._paths() if not path.is_file()]

    @property
    def verified(self) -> float | None:
        """When the last of its files was found to be what it must be, in seconds since 1970, or None."""
        times = [hub.verified_at(path) for path in self._paths()]
        return min((time for time in times if time is not None), default=None) if None not in times else None

    def damage(self) -> list[CheckpointError]:
        """Hash every file that is here and return what is wrong with each that is not what it must be."""
        return [fault for path in self._paths() if path.is_file() and (fault := self._fault(path))]

    def _paths(self) -> list[Path]:
        return [self.folder / name for name in self.pins]

    def _fault(self, path: Path) -> CheckpointError | None:
        try:
            verify(path, self.pins[path.name])
        except CheckpointError as error:
            return error
        if self.place == CACHED:
            hub.note_verified(path)
        return None


def held() -> list[Held]:
    """Return what is here: the checkpoints of the zoo by id, then others of arzoo's in the Hub's cache."""
    known = [found for entry in registry.checkpoints().values() for found in _of(entry)]
    folders = {found.folder for found in known}
    return known + [found for found in _others() if found.folder not in folders]


def _of(entry: Checkpoint) -> Iterator[Held]:
    folder, repository = bundled_folder(entry), hub.repository_of(entry)
    if folder is not None and entry.files:
        yield Held(entry.id, BUNDLED, folder, entry.files, f"`{_reinstall(entry)}`")
    if repository is not None and entry.files:
        paths = [path for name in entry.files if (path := hub.cached(repository, name))]
        if paths:
            yield Held(entry.id, CACHED, paths[0].parent, entry.files, f"`arzoo pull {entry.id}`")


def _reinstall(entry: Checkpoint) -> str:
    owner = plugins.zoo().owner(registry.model_entry(entry.architecture).build)
    return f"pip install --force-reinstall --no-deps {owner.distribution if owner else entry.architecture}"


def _others() -> Iterator[Held]:
    """Find the configs of arzoo's among everything that the Hub's cache holds of other libraries."""
    for path in sorted(hub.cache_folder().glob(f"models--*/snapshots/*/{CONFIG}")):
        if _is_ours(path):
            name = f"{hub.HUB}{path.parents[2].name.removeprefix('models--').replace('--', '/', 1)}@{path.parent.name}"
            yield Held(name, CACHED, path.parent, _pins(path), f"`arzoo pull {name}`")


def _is_ours(path: Path) -> bool:
    with suppress(OSError, ValueError, RecursionError):
        content = json.loads(path.read_text(encoding="utf-8"))
        return isinstance(content, dict) and {"format_version", "architecture", "weights"} <= content.keys()
    return False


def _pins(path: Path) -> dict[str, File]:
    """Return what a config says that its weights must be; of a config that says nothing sound, nothing."""
    try:
        return {WEIGHTS: read(path).weights.pin}
    except CheckpointError:
        return {}
