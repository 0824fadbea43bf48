"""Where the files of a checkpoint lie, and whether they are the ones that were pinned."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from arzoo import registry
from arzoo.checkpoints import weights
from arzoo.checkpoints.config import CONFIG, WEIGHTS, CheckpointConfig, read
from arzoo.checkpoints.foreign import conversion
from arzoo.entries import Checkpoint, File
from arzoo.errors import CheckpointError, UnknownModelError

LOCAL = "local-dir:"
_READ = f"This version of arzoo reads the checkpoints that plugins bundle, by id, and {LOCAL}path"


@dataclass(frozen=True)
class Source:
    """The folder of a checkpoint.

    Args:
        name: As it was asked for.
        folder: Where `config.json` and `model.safetensors` lie.
        pins: What each file must be; None where the config alone vouches for the weights.
    """

    name: str
    folder: Path
    pins: Mapping[str, File] | None = None

    def config(self) -> CheckpointConfig:
        """Return the config, verified.

        Raises:
            CheckpointError: It is not what was pinned, or no config of a checkpoint.
        """
        if self.pins is not None:
            weights.verify(self.folder / CONFIG, self._pin(CONFIG))
        return read(self.folder / CONFIG)

    def weights(self, config: CheckpointConfig) -> Path:
        """Return the path of the weights file, verified.

        Raises:
            CheckpointError: It is not what was pinned.
        """
        path = self.folder / WEIGHTS
        weights.verify(path, config.weights.pin if self.pins is None else self._pin(WEIGHTS))
        return path

    def _pin(self, file: str) -> File:
        pins = self.pins or {}
        if file not in pins:
            message = f"{file} of {self.name} must be pinned by sha256 and size, got pins of {list(pins)}."
            raise CheckpointError(message, file=self.folder / file, expected="a pin", found=None)
        return pins[file]


def locate(name: str) -> Source:
    """Find the files of a checkpoint.

    Args:
        name: A checkpoint id, or "local-dir:path".

    Raises:
        UnknownModelError: It is neither.
        CheckpointError: The path names a file, or the checkpoint has no files on this machine.
    """
    if name.startswith(LOCAL):
        return _local(name, Path(name.removeprefix(LOCAL)).expanduser())
    if ":" in name:
        raise UnknownModelError(f"{_READ}, got {name!r}. `arzoo list` shows the checkpoints.")
    if Path(name).is_file():
        raise UnknownModelError(
            f"{_READ}, got the file {name!r}. {conversion(Path(name), list(registry.converters()))}"
        )
    if "/" in name or "\\" in name or Path(name).is_dir():
        raise UnknownModelError(f"{_READ}, got {name!r}. A folder is read by arzoo.load({LOCAL + name!r}).")
    return _bundled(registry.checkpoint_entry(name))


def _local(name: str, folder: Path) -> Source:
    if folder.is_file():
        rule = f"{LOCAL}path must name the folder of a checkpoint, got the file {folder}"
        raise CheckpointError(f"{rule}. {conversion(folder, list(registry.converters()))}", file=folder)
    return Source(name, folder)


def _bundled(entry: Checkpoint) -> Source:
    if entry.format is not None:
        rule = f"{entry.id} must be converted before it has a config, got the format {entry.format!r}"
        raise CheckpointError(f"{rule} of {entry.repo_id}. Use arzoo.load({entry.id!r}).", file=entry.id)
    if entry.bundle is None:
        raise CheckpointError(f"{_READ}, and the package of {entry.id} bundles no weights.", file=entry.id)
    package, _, folder = entry.bundle.partition(":")
    return Source(entry.id, Path(str(files(package) / folder)), entry.files)
