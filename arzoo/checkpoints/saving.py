"""Save a model as a checkpoint, and pin the checkpoints that a plugin bundles."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import save_file
from torch import Tensor

from arzoo.checkpoints.config import CONFIG, WEIGHTS, CheckpointConfig, Weights, describe
from arzoo.checkpoints.weights import own_tensors, precision
from arzoo.errors import CheckpointError
from arzoo.files import replacing
from arzoo.model import AutoregressiveModel
from arzoo.pins import digest

LOCK = "lock.json"
_UNPUBLISHED = {"repo_id": None, "revision": None, "summary": ""}


def save(
    model: AutoregressiveModel,
    folder: Path | str,
    *,
    training: Mapping[str, Any] | None = None,
    dtype: torch.dtype | None = None,
) -> Path:
    """Save a model as `model.safetensors` and `config.json`, which `arzoo.load("local-dir:...")` reads.

    Both files are written in full beside their places before either takes its name, so a failure leaves what
    stood there. Where the process is killed between the two renames, `load` finds the config that waits for its name.

    Args:
        model: Made by `arzoo.create` or `arzoo.load`, so that it can be built again by name.
        folder: Made where it does not exist.
        training: Where the weights come from; whatever JSON can hold.
        dtype: To store the floating tensors in, such as torch.float16; by default their own.

    Returns:
        The folder.

    Raises:
        ConfigError: The model was not made by name, or JSON cannot hold `training`.
        CheckpointError: The folder cannot be written.
    """
    folder = Path(folder)
    about = describe(model, training)
    tensors = {name: _stored(tensor, precision(name, dtype)) for name, tensor in own_tensors(model).tensors.items()}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with replacing(folder / CONFIG) as config, replacing(folder / WEIGHTS) as weights:
            save_file(tensors, weights, metadata={"format": "pt"})
            CheckpointConfig(weights=_pinned(weights, tensors), **about).write(config)
    except (OSError, SafetensorError) as error:
        raise CheckpointError(f"A checkpoint cannot be written to {folder}: {error}.", file=folder) from error
    return folder


def write_lock(weights: Path | str, summaries: Mapping[str, str] | None = None) -> Path:
    """Pin every checkpoint in the `weights` folder of a plugin, for `arzoo.locked_checkpoints`.

    What the lock file says of repository, revision and summary is kept.

    Args:
        weights: Holds one folder a checkpoint, named by its id, as `save` writes it.
        summaries: By id, one sentence for tables and cards; the others keep theirs.

    Returns:
        The lock file.
    """
    lock = Path(weights) / LOCK
    known = json.loads(lock.read_text(encoding="utf-8")) if lock.is_file() else {}
    ids = sorted(known.keys() | {config.parent.name for config in Path(weights).glob(f"*/{CONFIG}")})
    said = {id: {"summary": text} for id, text in (summaries or {}).items()}
    pins = {id: {**_UNPUBLISHED, **known.get(id, {}), **said.get(id, {}), **_pins(Path(weights) / id)} for id in ids}
    with replacing(lock) as temporary:
        temporary.write_text(json.dumps(pins, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return lock


def _pins(folder: Path) -> dict[str, Any]:
    """Return the pins of the files that are here; those of a checkpoint that is not bundled stay as they are."""
    if not folder.is_dir():
        return {}
    return {"files": {name: asdict(digest(folder / name)) for name in (CONFIG, WEIGHTS)}}


def _stored(tensor: Tensor, dtype: torch.dtype | None) -> Tensor:
    """Return a copy that shares memory with no other, which is what safetensors takes."""
    kept = dtype if tensor.is_floating_point() else None
    return tensor.detach().to("cpu", kept or tensor.dtype, copy=True, memory_format=torch.contiguous_format)


def _pinned(path: Path, tensors: Mapping[str, Tensor]) -> Weights:
    dtypes = {str(tensor.dtype).removeprefix("torch.") for tensor in tensors.values() if tensor.is_floating_point()}
    return Weights(WEIGHTS, **asdict(digest(path)), dtype=", ".join(sorted(dtypes)))
