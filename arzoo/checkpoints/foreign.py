"""Weights files that arzoo did not write: read without running anything in them, judged before memory is taken.

A safetensors file, and a pickle as `torch.save` writes it, are mapped: a tensor takes memory when it is used, so that
names, shapes and dtypes can be compared first. A pickle from before torch 1.6 has to be read whole.
"""

import re
import shlex
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from arzoo import registry
from arzoo.errors import CheckpointError

PICKLES = (b"PK\x03\x04", b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05")  # torch.save, new and old
WRAPPERS = ("state_dict", "model")  # under which trainers save a state dict, beside an epoch and the like
PARALLEL = "module."  # what nn.DataParallel puts before every name
FAULTS_SHOWN = 10
NAME_SHOWN = 100  # characters: a name comes from the file and may be as long as that
OVERLAP = 2  # tensors may share memory, as tied ones do, but not so often that a small file fills a large machine


@dataclass(frozen=True)
class ForeignWeights:
    """The tensors of a foreign file, not yet in memory.

    Attributes:
        path: The file; what a format keeps beside it is found from here.
        format: The foreign format, for messages.
        tensors: Name to tensor; without the "module." that nn.DataParallel puts before every name.
    """

    path: Path
    format: str
    tensors: Mapping[str, Tensor]

    def check(self, expected: Mapping[str, Sequence[int]]) -> None:
        """Compare names and shapes with those that a format prescribes; dtypes must be floating.

        Args:
            expected: Name to shape.

        Raises:
            CheckpointError: A tensor is missing, unexpected or different; all are counted and the first ten named.
        """
        missing = [f"missing {_shown(name)}" for name in expected if name not in self.tensors]
        unexpected = [f"unexpected {_shown(name)}" for name in self.tensors if name not in expected]
        shared = [name for name in expected if name in self.tensors]
        different = [fault for name in shared if (fault := _fault(name, self.tensors[name], expected[name]))]
        faults = [*missing, *different, *unexpected]
        if faults:
            more = f" and {len(faults) - FAULTS_SHOWN} more" if len(faults) > FAULTS_SHOWN else ""
            rule = f"{self.path} must hold the {len(expected)} tensors of {self.format}"
            counts = f"{len(missing)} missing, {len(different)} different, {len(unexpected)} unexpected"
            raise self.refusal(f"{rule}, got {counts}: {', '.join(faults[:FAULTS_SHOWN])}{more}.")

    def refusal(self, message: str) -> CheckpointError:
        """Return the error for a file that a converter cannot use."""
        return CheckpointError(message, file=self.path)


def read_foreign(path: Path, format: str) -> ForeignWeights:
    """Read the state dict in a safetensors file or in a pickle that needs nothing but tensors.

    Args:
        path: Which of the two it is, its first bytes tell.
        format: The foreign format, for messages.

    Raises:
        CheckpointError: The file is missing or damaged, needs more than tensors, holds no state dict, or describes
            tensors larger than itself.
    """
    if not path.is_file():  # a pipe would never end
        found = "something else" if path.exists() else "nothing"
        raise CheckpointError(f"The weights to convert must be a file, got {found} at {str(path)!r}.", file=path)
    content = _unpickled(path) if is_pickle(path) else _mapped(path)
    tensors = _state_dict(path, content)
    _check_sizes(path, tensors)
    if all(name.startswith(PARALLEL) for name in tensors):
        tensors = {name.removeprefix(PARALLEL): tensor for name, tensor in tensors.items()}
    return ForeignWeights(path, format, tensors)


def is_pickle(path: Path) -> bool:
    """Whether a file begins as `torch.save` begins.

    Raises:
        CheckpointError: The file cannot be read.
    """
    try:
        with path.open("rb") as file:
            return file.read(4).startswith(PICKLES)
    except OSError as error:
        raise CheckpointError(f"A weights file must be readable, got {path}: {error.strerror}.", file=path) from error


def conversion(path: Path, formats: Sequence[str]) -> str:
    """Return the sentence that tells how a foreign file becomes a checkpoint.

    Args:
        path: The file.
        formats: Those that it may have.

    Example:
        >>> conversion(Path("weights.pt"), ["pixelcnnpp-torch"])
        'Convert it with `arzoo convert pixelcnnpp-torch weights.pt OUT`.'
    """
    file = shlex.quote(str(path))
    if len(formats) == 1:
        return f"Convert it with `arzoo convert {formats[0]} {file} OUT`."
    return f"Convert it with `arzoo convert FORMAT {file} OUT`; `arzoo convert --help` lists the formats."


def formats_of(architecture: str | None) -> list[str]:
    """Return the formats that can be converted into an architecture."""
    return [name for name, entry in registry.converters().items() if entry.id == architecture]


def _mapped(path: Path) -> dict[str, Tensor]:
    try:
        return load_file(path)
    except Exception as error:  # safetensors raises its own, torch others where they disagree about a dtype
        reason = f"must be a safetensors file or a pickle of torch.save, got something else ({_first_line(error)})"
        raise CheckpointError(f"{path} {reason}. Copy it again.", file=path) from error


def _unpickled(path: Path) -> Any:
    try:
        return torch.load(path, map_location="cpu", weights_only=True, mmap=_is_zip(path))
    except Exception as error:  # the unpickler lets through whatever breaks inside it
        if alien := re.search(r"GLOBAL ([\w.]+)", str(error)):
            rule = f"The pickle {path} must need nothing but tensors, got one that needs {alien[1]:.{NAME_SHOWN}}"
            repair = "Save its state dict alone: torch.save(model.state_dict(), 'weights.pt')."
            raise CheckpointError(f"{rule}, which could run any code. {repair}", file=path) from error
        reason = f"must be a pickle as torch.save writes it, got another ({_first_line(error)})"
        raise CheckpointError(f"{path} {reason}. Save model.state_dict(), or copy it again.", file=path) from error


def _is_zip(path: Path) -> bool:
    """Whether a pickle is of the newer kind, which can be mapped.

    Raises:
        ValueError: Something in it is compressed, which torch never does: it could unfold to any size.
    """
    if not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as archive:
        packed = [entry.filename for entry in archive.infolist() if entry.compress_type != zipfile.ZIP_STORED]
    if packed:
        raise ValueError(f"{_shown(packed[0])} is compressed")
    return True


def _state_dict(path: Path, content: Any) -> dict[str, Tensor]:
    """Return name to tensor, taken out of its wrapper, if it has one."""
    if isinstance(content, Mapping):
        content = next((content[key] for key in WRAPPERS if isinstance(content.get(key), Mapping)), content)
    if not isinstance(content, Mapping):
        rule = f"{path} must hold a state dict, name to tensor"
        raise CheckpointError(f"{rule}, got a {type(content).__name__}. Save model.state_dict().", file=path)
    for name, tensor in content.items():
        if not isinstance(name, str) or not _is_plain(tensor):
            rule = f"{path} must hold a state dict of plain tensors alone"
            message = f"{rule}, got {_shown(name)} of type {type(tensor).__name__}. Save model.state_dict()."
            raise CheckpointError(message, file=path)
    return {name: tensor.detach() for name, tensor in content.items()}


def _is_plain(value: object) -> bool:
    """Whether it is a tensor whose values lie in the file, and neither sparse, quantized nor without any."""
    return type(value) in (Tensor, nn.Parameter) and value.layout is torch.strided and value.device.type == "cpu"  # type: ignore[attr-defined]


def _check_sizes(path: Path, tensors: Mapping[str, Tensor]) -> None:
    """Refuse tensors that repeat their values by a stride of 0 or overlap: few bytes that stand for many."""
    wanted, size = sum(tensor.numel() * tensor.element_size() for tensor in tensors.values()), path.stat().st_size
    if wanted > OVERLAP * size:
        rule = f"{path} must describe tensors of about its own {size} bytes"
        raise CheckpointError(f"{rule}, got tensors of {wanted} bytes. It was altered: copy it again.", file=path)


def _fault(name: str, tensor: Tensor, expected: Sequence[int]) -> str | None:
    if list(tensor.shape) != list(expected):
        return f"{_shown(name)} has shape {list(tensor.shape)} instead of {list(expected)}"
    if not tensor.is_floating_point():
        return f"{_shown(name)} is {str(tensor.dtype).removeprefix('torch.')} instead of floating"
    return None


def _shown(name: object) -> str:
    return f"{name!r:.{NAME_SHOWN}}"


def _first_line(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".splitlines()[0][:200].rstrip(".")
