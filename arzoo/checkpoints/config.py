"""The `config.json` of a checkpoint: everything but the weights that it takes to build the model again."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from arzoo.entries import File
from arzoo.errors import CheckpointError, ConfigError, did_you_mean
from arzoo.factory import to_json
from arzoo.model import AutoregressiveModel

FORMAT_VERSION = 1
CONFIG = "config.json"
WEIGHTS = "model.safetensors"
_LARGEST = 2**24  # bytes of a config, a codebook's labels and all
_DEEPEST = 50  # containers within containers


@dataclass(frozen=True)
class Weights:
    """The weights file that belongs to a config.

    Args:
        file: Its name, which is always `WEIGHTS`.
        sha256: Of its content, 64 hex digits.
        size: In bytes.
        dtype: That its floating tensors are stored in, such as "float16".
    """

    file: str
    sha256: str
    size: int
    dtype: str

    def __post_init__(self) -> None:
        if self.file != WEIGHTS:  # a name from a file must not lead out of its folder
            raise ConfigError(f"The weights file must be called {WEIGHTS!r}, got {self.file!r}.")
        File(self.sha256, self.size)

    @property
    def pin(self) -> File:
        """What the file must be."""
        return File(self.sha256, self.size)


@dataclass(frozen=True)
class CheckpointConfig:
    """What `config.json` holds.

    Args:
        format_version: Of the file; a later one than `FORMAT_VERSION` is refused.
        architecture: Id of the architecture.
        arguments: Of its builder.
        ordering: Of the model, as its `to_config` gives it.
        context: Name to what the spec's `to_config` gives.
        data: What the data spec's `to_config` gives, or None.
        weights: The file that belongs to it.
        training: Where the weights come from, such as recipe, data set, steps and commit.
    """

    format_version: int
    architecture: str
    arguments: dict[str, Any]
    ordering: dict[str, Any]
    context: dict[str, Any]
    data: dict[str, Any] | None
    weights: Weights
    training: dict[str, Any] | None = None

    def write(self, path: Path) -> None:
        """Write it as JSON, for people too."""
        path.write_text(json.dumps(asdict(self), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


_TYPES: Mapping[str, Any] = {
    "format_version": int,
    "architecture": str,
    "arguments": dict,
    "ordering": dict,
    "context": dict,
    "data": dict | None,
    "weights": dict,
    "training": dict | None,
}
_WEIGHTS_TYPES: Mapping[str, Any] = {"file": str, "sha256": str, "size": int, "dtype": str}


def describe(model: AutoregressiveModel, training: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return all of the config of a model but its weights.

    Raises:
        ConfigError: The model was not made by name, or JSON cannot hold `training`.
    """
    if model.architecture is None:
        repair = "Register its builder in a plugin and use arzoo.create(id, ...)."
        raise ConfigError(f"A model to be saved must be made by name, got one of no architecture. {repair}")
    about = {"format_version": FORMAT_VERSION, "architecture": model.architecture}
    return {**about, **parts(model), "training": to_json(training, "training")}


def parts(model: AutoregressiveModel) -> dict[str, Any]:
    """Return the JSON forms of all that a model was made of."""
    attributes = {name: getattr(model, name) for name in ("arguments", "ordering", "context", "data")}
    return {name: to_json(value, name) for name, value in attributes.items()}


def read(path: Path) -> CheckpointConfig:
    """Read and check a `config.json`.

    Raises:
        CheckpointError: It is missing, is no JSON, or a key is missing, unknown or of the wrong type.
    """
    content = _content(path)
    _check_version(path, content["format_version"])
    _check_keys(path, content, _TYPES)
    _check_keys(path, content["weights"], _WEIGHTS_TYPES)
    try:
        return CheckpointConfig(**content | {"weights": Weights(**content["weights"])})
    except ConfigError as error:
        raise CheckpointError(f"{path}: {error}", file=path) from error


def _content(path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > _LARGEST:
            raise ValueError(f"{path.stat().st_size} bytes, more than {_LARGEST}")
        content = json.loads(path.read_text(encoding="utf-8"))
        if _depth(content, _DEEPEST) == _DEEPEST:
            raise ValueError(f"containers within each other {_DEEPEST} times and more")
    except (OSError, ValueError, RecursionError) as error:
        raise CheckpointError(f"{path} must be the JSON of a checkpoint, got: {error}.", file=path) from error
    if not isinstance(content, dict) or "format_version" not in content:
        raise _refusal(path, 'an object with a "format_version"', content)
    return content


def _depth(value: Any, most: int) -> int:
    """Return how often containers lie within each other, counted up to a number."""
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    if items is None or not most:
        return 0
    return 1 + max((_depth(item, most - 1) for item in items), default=0)


def _check_version(path: Path, version: object) -> None:
    if type(version) is not int or version < 1:
        raise _refusal(path, "a format_version from 1 on", version)
    if version > FORMAT_VERSION:
        repair = "It was written by a later arzoo: `pip install -U arzoo`."
        raise _refusal(path, f"a format_version up to {FORMAT_VERSION}", version, repair)


def _check_keys(path: Path, content: Mapping[str, Any], types: Mapping[str, Any]) -> None:
    for name in content:
        if name not in types:
            raise _refusal(path, f"the keys {', '.join(types)}", name, did_you_mean(name, types).strip())
    for name, wanted in types.items():
        if name not in content:
            raise _refusal(path, f"the key {name!r}", list(content))
        if not isinstance(content[name], wanted):
            kind = getattr(wanted, "__name__", wanted)
            raise _refusal(path, f"{name!r} of type {kind}", content[name])


def _refusal(path: Path, expected: str, found: object, repair: str = "") -> CheckpointError:
    message = f"{path} must hold {expected}, got {found!r:.80}. {repair}".strip()
    return CheckpointError(message, file=path, expected=expected, found=found)
