"""The weights file of a checkpoint: its header, its tensors."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn

from arzoo.checkpoints.foreign import conversion, formats_of, is_pickle
from arzoo.checkpoints.sizes import Header
from arzoo.errors import CheckpointError
from arzoo.pins import altered

_CODES = {
    torch.float64: "F64",
    torch.float32: "F32",
    torch.float16: "F16",
    torch.bfloat16: "BF16",
    torch.int64: "I64",
    torch.int32: "I32",
    torch.int16: "I16",
    torch.int8: "I8",
    torch.uint8: "U8",
    torch.bool: "BOOL",
}
_FLOATS = frozenset({"F64", "F32", "F16", "BF16"})


class OwnTensors(NamedTuple):
    """The tensors of a model that a weights file holds.

    Attributes:
        tensors: By name, a tied one once.
        ties: Every other name of a tied one, to that under which it is found.
    """

    tensors: Mapping[str, Tensor]
    ties: Mapping[str, str]


def own_tensors(model: nn.Module) -> OwnTensors:
    """Return the tensors that a weights file holds.

    A tensor that a model knows by two names, such as an embedding that is also the output layer, is stored
    once, and is one tensor again after loading.
    """
    names: dict[int, str] = {}
    tensors, ties = {}, {}
    for name, tensor in model.state_dict(keep_vars=True).items():
        first = names.setdefault(id(tensor), name)
        if first == name:
            tensors[name] = tensor
        else:
            ties[name] = first
    return OwnTensors(tensors, ties)


def read_header(path: Path, architecture: str | None) -> Header:
    """Return the name, shape and dtype of every tensor in a weights file.

    Args:
        path: The file; its offsets and sizes are checked against one another.
        architecture: That the weights are of, for the repair.

    Raises:
        CheckpointError: The file is no safetensors file.
    """
    try:
        with safe_open(path, "pt") as file:
            names = file.keys()
            slices = {name: file.get_slice(name) for name in names}
            return {name: (tuple(slice.get_shape()), slice.get_dtype()) for name, slice in slices.items()}
    except (SafetensorError, OSError) as error:
        if is_pickle(path):
            message = f"{path} must be a safetensors file, got a pickle, which could run any code and is never read."
            repair = conversion(path, formats_of(architecture))
        else:
            message = f"{path} must be a safetensors file, got something else ({error})."
            repair = "Save the model with arzoo.save(model, folder)."
        raise CheckpointError(f"{message} {repair}", file=path, expected="safetensors", found=str(error)) from error


def check_header(path: Path, found: Header, own: OwnTensors) -> None:
    """Compare the name, shape and dtype of every tensor in a file with what a model needs, and read none.

    Floating dtypes stand for one another: weights may be stored in half precision.

    Raises:
        CheckpointError: A tensor is missing, unexpected or different.
    """
    wanted = {name: (tuple(tensor.shape), _CODES.get(tensor.dtype)) for name, tensor in own.tensors.items()}
    if missing := [name for name in wanted if name not in found]:
        raise altered(path, "hold", f"the tensor {_listed(missing)}", "none of that name")
    if unexpected := [name for name in found if name not in wanted]:
        raise altered(path, "hold", f"{len(wanted)} tensors", f"also {_listed(unexpected)}")
    for name, (shape, code) in wanted.items():
        other_shape, other_code = found[name]
        if shape != other_shape or not (code == other_code or {code, other_code} <= _FLOATS):
            raise altered(path, f"hold {name!r} as", f"{code} {list(shape)}", f"{other_code} {list(other_shape)}")


def give_weights(
    model: nn.Module, own: OwnTensors, path: Path, device: torch.device, dtype: torch.dtype | None
) -> None:
    """Put the tensors of a checked file into a model, in place of its own.

    Args:
        model: Whose tensors are replaced, not written to.
        own: Those that it has.
        path: A safetensors file that passed `check_header`.
        device: Where the tensors go.
        dtype: Of the floating ones; None keeps what the model was built with.
    """
    with safe_open(path, "pt", device=str(device)) as file:
        stored = {name: file.get_tensor(name) for name in own.tensors}
    assign(
        model, own, {name: _cast(own.tensors[name], tensor, precision(name, dtype)) for name, tensor in stored.items()}
    )


def precision(name: str, dtype: torch.dtype | None) -> torch.dtype | None:
    """Return the dtype that a tensor is cast to: the data spec's keep theirs, for a colour is no weight."""
    return None if name.startswith("data.") else dtype


def assign(model: nn.Module, own: OwnTensors, tensors: Mapping[str, Tensor]) -> None:
    """Make tensors those of a model, in place of its own.

    Args:
        model: Whose tensors are replaced, not written to.
        own: Those that it has.
        tensors: For each of them another.
    """
    state = {name: _as(tensor, tensors[name]) for name, tensor in own.tensors.items()}
    tied = {name: state[first] for name, first in own.ties.items()}
    model.load_state_dict(state | tied, strict=True, assign=True)


def _cast(own: Tensor, stored: Tensor, dtype: torch.dtype | None) -> Tensor:
    return stored.to(dtype if dtype and own.is_floating_point() else own.dtype)


def _as(own: Tensor, tensor: Tensor) -> Tensor:
    """Return a parameter for a parameter, made once, so that those who share it share it still."""
    return nn.Parameter(tensor, own.requires_grad) if isinstance(own, nn.Parameter) else tensor


def _listed(names: list[str]) -> str:
    others = f" and {len(names) - 1} more" if len(names) > 1 else ""
    return f"{names[0]!r}{others}"
