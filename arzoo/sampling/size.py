"""How much memory the state of a sampler takes."""

from collections.abc import Collection, Iterable, Mapping
from types import FunctionType, MethodType, ModuleType
from typing import Any

from torch import Tensor, nn

ATOMS = (type, ModuleType, FunctionType, MethodType, str, bytes, int, float, complex, range)
"""What may stand in a state and holds no tensor of its own."""


def state_bytes(state: Any, beside: nn.Module | None = None) -> int:
    """Bytes of all tensors that a state holds: in lists, mappings and the attributes of objects, however deep.

    A storage counts once, whole, whatever looks at it. What a state packs of the weights does not grow with the batch,
    so that the activations of one event are `state_bytes` of two events less that of one.

    Args:
        state: From `init_state` of a backbone.
        beside: A module whose parameters and buffers take their memory anyway, and do not count; such as the model.

    Returns:
        Bytes.

    Example:
        >>> import torch
        >>> rows = torch.zeros(2, 3)
        >>> state_bytes({"rows": rows, "last": rows[-1], "more": [torch.zeros(5, dtype=torch.uint8)]})
        29
    """
    sizes: dict[Any, int] = {}
    _note([state], sizes, set())
    for own in [*beside.parameters(), *beside.buffers()] if beside else []:
        sizes.pop(_storage(own)[0], None)
    return sum(sizes.values())


def _note(things: Iterable[Any], sizes: dict[Any, int], seen: set[int]) -> None:
    """Collect the sizes of the storages by their identity."""
    for thing in things:
        if isinstance(thing, Tensor):
            key, size = _storage(thing)
            sizes[key] = size
        elif thing is not None and not isinstance(thing, ATOMS) and id(thing) not in seen:
            seen.add(id(thing))
            _note(_parts(thing), sizes, seen)


def _parts(thing: Any) -> list[Any]:
    if isinstance(thing, Mapping):
        return list(thing.values())
    if isinstance(thing, nn.Module):
        return [*thing.parameters(), *thing.buffers()]
    attributes = [*vars(thing).values()] if hasattr(thing, "__dict__") else []
    slots = [getattr(thing, name, None) for kind in type(thing).__mro__ for name in getattr(kind, "__slots__", ())]
    return [*attributes, *slots, *(thing if isinstance(thing, Collection) else ())]


def _storage(tensor: Tensor) -> tuple[Any, int]:
    """What identifies the memory of a tensor, and its bytes; tensors packed for oneDNN lie in no storage."""
    if tensor.is_mkldnn:
        return id(tensor), tensor.numel() * tensor.element_size()
    storage = tensor.untyped_storage()
    return storage._cdata, storage.nbytes()
