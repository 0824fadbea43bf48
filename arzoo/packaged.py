"""Find what a plugin ships inside its own package: recipes, and the lock file of its weights."""

import json
from importlib.resources import files

from arzoo.entries import Checkpoint, File
from arzoo.errors import CheckpointError


def packaged_recipes(package: str) -> dict[str, str]:
    """Return the recipes of a package by name: every `recipes/*.toml`.

    Args:
        package: The package, `__name__` in a plugin's `__init__.py`.

    Returns:
        Recipe name to "package:recipes/<name>.toml".
    """
    folder = files(package) / "recipes"
    names = sorted(file.name for file in folder.iterdir() if file.name.endswith(".toml")) if folder.is_dir() else []
    return {name.removesuffix(".toml"): f"{package}:recipes/{name}" for name in names}


def locked_checkpoints(package: str) -> tuple[Checkpoint, ...]:
    """Return the checkpoints of a package as `weights/lock.json` pins them; none without that file.

    Args:
        package: The package, `__name__` in a plugin's `__init__.py`.

    Raises:
        CheckpointError: The lock file is not what `arzoo.checkpoints.write_lock` writes.
    """
    weights = files(package) / "weights"
    lock = weights / "lock.json"
    if not lock.is_file():
        return ()
    try:
        return tuple(
            _checkpoint(package, id, pins, (weights / id).is_dir()) for id, pins in json.loads(lock.read_text()).items()
        )
    except (ValueError, TypeError, AttributeError, KeyError) as error:
        raise CheckpointError(f"{lock} is not a lock file of weights: {error}.", file=lock) from error


def _checkpoint(package: str, id: str, pins: dict, bundled: bool) -> Checkpoint:
    return Checkpoint(
        id,
        repo_id=pins.get("repo_id"),
        revision=pins.get("revision"),
        files={name: File(**pin) for name, pin in pins["files"].items()},
        bundle=f"{package}:weights/{id}" if bundled else None,
        summary=pins.get("summary", ""),
    )
