"""What the arithmetic of a model depends on besides its weights: recorded, set where it can be, compared."""

import contextlib
import copy
import hashlib
import json
import platform
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import metadata
from typing import TYPE_CHECKING, Any

import torch

from arzoo.checkpoints.config import parts
from arzoo.checkpoints.loading import dtype_of
from arzoo.provenance import machine

if TYPE_CHECKING:
    from arzoo.model import AutoregressiveModel


def surroundings(model: "AutoregressiveModel") -> dict[str, Any]:
    """Return what decides how sums are rounded when this model runs, in this process."""
    return {
        "threads": torch.get_num_threads(),
        "dtype": _dtype(model),
        "torch": torch.__version__,
        "arzoo": _version("arzoo"),
        "constriction": _version("constriction"),
        "capability": torch.backends.cpu.get_cpu_capability(),
        "machine": f"{machine(model.device)}, {platform.machine()}",
    }


def differences(recorded: Mapping[str, Any], here: Mapping[str, Any]) -> str:
    """Say in what two surroundings differ.

    Example:
        >>> differences({"threads": 2, "torch": "2.6.0"}, {"threads": 2, "torch": "2.13.0"})
        'torch is 2.13.0 here and was 2.6.0'
    """
    differ = [name for name, value in recorded.items() if here.get(name) != value]
    return ", ".join(f"{name} is {here.get(name)} here and was {recorded[name]}" for name in differ)


@contextlib.contextmanager
def set_as(recorded: Mapping[str, Any]) -> Iterator[None]:
    """Compute with as many threads as were recorded, for the time being."""
    threads = torch.get_num_threads()
    torch.set_num_threads(recorded["threads"])
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def in_dtype(model: "AutoregressiveModel", name: str) -> "AutoregressiveModel":
    """Return the model where it is of that dtype, else a copy that is."""
    return model if _dtype(model) == name else copy.deepcopy(model).to(dtype=dtype_of(name))


def weights_sha256(model: "AutoregressiveModel") -> str:
    """Return what tells a model from every other: a digest of its tensors as they are, and of what it is built from.

    Not that of a file: a model that was trained on after it was loaded, or never saved, is another one too.
    """
    digest = hashlib.sha256(json.dumps([model.head.to_config(), parts(model)], sort_keys=True).encode())
    for name, tensor in sorted(model.state_dict().items()):
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
        digest.update(tensor.cpu().contiguous().flatten().view(torch.uint8).numpy())
    return digest.hexdigest()


_version = cache(metadata.version)  # which reads files


def _dtype(model: "AutoregressiveModel") -> str:
    return str(next(model.parameters()).dtype).removeprefix("torch.")
