"""Where the files of a checkpoint lie, and whether they are the ones that were pinned."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path

from arzoo import hub, registry
from arzoo.checkpoints.config import CONFIG, WEIGHTS, CheckpointConfig, read
from arzoo.checkpoints.foreign import conversion
from arzoo.entries import Checkpoint, File
from arzoo.errors import CheckpointError, UnknownModelError
from arzoo.files import part_of
from arzoo.hub import HUB, ORGANISATION, Repository
from arzoo.pins import verify

LOCAL = "local-dir:"
_READ = f"A checkpoint must be named by its id, as {HUB}owner/repo or as {LOCAL}path"


@dataclass(frozen=True)
class Source:
    """A checkpoint in a folder, or on the Hub.

    Args:
        name: As it was asked for.
        folder: Where `config.json` and `model.safetensors` lie, or None.
        repository: Where they are fetched from, or None.
        pins: What each file must be; None where the config alone vouches for the weights.
    """

    name: str
    folder: Path | None = None
    repository: Repository | None = None
    pins: Mapping[str, File] | None = None

    def config(self) -> CheckpointConfig:
        """Return the config, verified.

        Raises:
            CheckpointError: It is not what was pinned, cannot be fetched, or is no config of a checkpoint.
        """
        return read(self._waiting_config() or self._file(CONFIG, self._pin(CONFIG)))

    def weights(self, config: CheckpointConfig) -> Path:
        """Return the path of the weights file, verified.

        Raises:
            CheckpointError: It is not what was pinned, or cannot be fetched.
        """
        return self._file(WEIGHTS, self._pin(WEIGHTS) or config.weights.pin)

    def fetch(self) -> Path:
        """Have every file of the checkpoint on this machine, verified, and return their folder.

        Raises:
            CheckpointError: One is not what was pinned, or cannot be fetched.
        """
        weights = self.weights(self.config())
        for name in self.pins or ():
            self._file(name, self._pin(name))
        return weights.parent

    def _file(self, name: str, pin: File | None) -> Path:
        if self.repository is not None:
            return hub.obtain(self.repository, name, pin)
        path = (self.folder or Path()) / name
        if pin is not None:
            verify(path, pin)
        return path

    def _waiting_config(self) -> Path | None:
        """Return the config of a save that was killed after the weights took their name, and before it took its own."""
        return None if self.pins is not None or self.folder is None else waiting_config(self.folder)

    def _pin(self, file: str) -> File | None:
        if self.pins is None:
            return None
        if file not in self.pins:
            message = f"{file} of {self.name} must be pinned by sha256 and size, got pins of {list(self.pins)}."
            raise CheckpointError(message, file=file, expected="a pin", found=None)
        return self.pins[file]


def locate(name: str) -> Source:
    """Find the files of a checkpoint: bundled with its plugin, else in the local cache, else on the Hub.

    Args:
        name: A checkpoint id, "hf-hub:owner/repo[@revision]" or "local-dir:path".

    Raises:
        UnknownModelError: It is none of them.
        CheckpointError: The path names a file, or the checkpoint lies nowhere.
    """
    if not isinstance(name, str):
        raise UnknownModelError(f"{_READ}, got {name!r}. A folder is read by arzoo.load({LOCAL + str(name)!r}).")
    if name.startswith(LOCAL):
        return _local(name, _home(Path(name.removeprefix(LOCAL))))
    if name.startswith(HUB):
        return _published(name)
    if ":" in name:
        raise UnknownModelError(f"{_READ}, got {name!r}. `arzoo list` shows the checkpoints.")
    if (kind := _kind(Path(name))) == "file":
        raise UnknownModelError(
            f"{_READ}, got the file {name!r}. {conversion(Path(name), list(registry.converters()))}"
        )
    if "/" in name or "\\" in name or kind == "folder":
        raise UnknownModelError(f"{_READ}, got {name!r}. {_spellings(name)}")
    return _registered(registry.checkpoint_entry(name))


def waiting_config(folder: Path) -> Path | None:
    """Return a config beside its place that vouches for the weights that are there, or None.

    Args:
        folder: Of a checkpoint that `save` was writing when it was killed, perhaps.
    """
    with suppress(OSError):  # a folder that cannot be; whoever reads from it says so
        for path in folder.glob(part_of(CONFIG)):
            with suppress(CheckpointError):
                verify(folder / WEIGHTS, read(path).weights.pin)
                return path
    return None


def bundled_folder(entry: Checkpoint) -> Path | None:
    """Return where a plugin bundles the files of a checkpoint, whether or not they are there, or None."""
    if entry.bundle is None:
        return None
    package, _, folder = entry.bundle.partition(":")
    return Path(str(files(package) / folder))


def _local(name: str, folder: Path) -> Source:
    if _kind(folder) == "file":
        rule = f"{LOCAL}path must name the folder of a checkpoint, got the file {folder}"
        raise CheckpointError(f"{rule}. {conversion(folder, list(registry.converters()))}", file=folder)
    return Source(name, folder)


def _home(path: Path) -> Path:
    """Return a path with ~ replaced by the folder that it stands for, where there is one."""
    try:
        return path.expanduser()
    except RuntimeError:
        return path


def _kind(path: Path) -> str:
    """Return "file", "folder", or "" where nothing stands or none could be of that name."""
    try:
        return "file" if path.is_file() else "folder" if path.is_dir() else ""
    except OSError:
        return ""


def _published(name: str) -> Source:
    """Return a repository at the commit that its revision stands for now, so that both files are of one commit."""
    repository = hub.repository_named(name)
    config = hub.obtain(repository, CONFIG)
    return Source(name, repository=replace(repository, revision=config.parent.name))


def _registered(entry: Checkpoint) -> Source:
    if entry.format is not None:
        rule = f"{entry.id} must be converted before it has a config, got the format {entry.format!r}"
        raise CheckpointError(f"{rule} of {entry.repo_id}. Use arzoo.load({entry.id!r}).", file=entry.id)
    folder, repository = bundled_folder(entry), hub.repository_of(entry)
    if folder is not None and (repository is None or all((folder / name).is_file() for name in entry.files)):
        return Source(entry.id, folder, pins=entry.files)
    if repository is None:
        rule = f"{entry.id} must be bundled with its plugin or published, got neither"
        repair = f"Set {ORGANISATION} to the organisation on the Hub that publishes it."
        raise CheckpointError(f"{rule}. {repair}", file=entry.id)
    return Source(entry.id, repository=repository, pins=entry.files)


def _spellings(name: str) -> str:
    """Return how a path is spelt, and where it could also be a repository, how that is."""
    local = f"arzoo.load({LOCAL + name!r})"
    try:
        hub.repository_named(HUB + name)
    except UnknownModelError:
        return f"A folder is read by {local}."
    return f"A repository of the Hub is read by arzoo.load({HUB + name!r}), a folder by {local}."
