"""What a builder allocates: watched while it builds, left without values, or kept off the memory altogether."""

import weakref
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from math import ceil, isfinite, prod
from typing import Any

import torch
from torch import Tensor, nn
from torch.multiprocessing.reductions import StorageWeakRef
from torch.overrides import TorchFunctionMode

_FILLS = frozenset(
    {
        *("uniform_", "normal_", "trunc_normal_", "constant_", "kaiming_uniform_", "bernoulli_", "exponential_"),
        *("zero_", "fill_", "copy_", "erfinv_", "mul_", "add_", "clamp_"),
    }
)


def _lengths(v: Tensor, power: int = 2, dim: int = 0) -> Tensor:
    """Return what `torch.norm_except_dim` would, without values."""
    return v.new_empty([size if axis == dim else 1 for axis, size in enumerate(v.shape)] if dim >= 0 else [])


def _like(tensor: Tensor, other: object) -> Tensor:
    """Return what a sum or a product with a number would, without values."""
    return tensor.new_empty(tensor.shape)


_SHAPES: Mapping[Callable[..., Any], Callable[..., Tensor]] = {
    torch.norm_except_dim: _lengths,
    torch._weight_norm: lambda v, g, dim=0: v.new_empty(v.shape),
}
"""Weight normalisation on the meta device, which torch works out in Python, and imports a hundred megabytes for."""

_SCALED = frozenset(
    {"mul", "__mul__", "__rmul__", "div", "__truediv__", "add", "__add__", "__radd__", "sub", "__sub__"}
)
"""So are weights times a number."""

_DRAWN = frozenset({torch.empty, torch.rand, torch.randn})
"""What weights are made of; all else that makes a tensor makes a mask or a table, as long as it is small."""

_GIVEN = frozenset({torch.tensor, torch.as_tensor, torch.asarray})
"""What takes values that are there already."""

_ASKED = ("shape", "dtype", "requires_grad", "grad_fn", "is_meta")
_PASSED = frozenset(
    {
        *(getattr(Tensor, name).__get__ for name in _ASKED),
        *(Tensor.dim, Tensor.size, Tensor.numel, Tensor.requires_grad_, torch._C._set_grad_enabled),
    }
)
"""What is called thousands of times, and neither makes a tensor nor tells a value."""

_LONGEST = 2**12  # side of one: two may be set against each other, and then it is squared
_PLACE = Tensor.device.__get__  # how a property is seen from below


class TooLargeError(MemoryError):
    """A builder is about to make a tensor far larger than the weights let expect."""


class Unfilled(TorchFunctionMode):
    """Leave parameters as they were allocated; whatever else is filled, such as a buffer, is filled.

    Args:
        most: Values that one tensor may hold; None for any number.

    Attributes:
        told: Whether something of tensors on the meta device was taken for true: where they lie, or their values.
    """

    def __init__(self, most: int | None) -> None:
        super().__init__()
        self.most = most
        self.told = False

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        """Skip a call that fills a parameter, and pass every other on."""
        if func in _PASSED:
            return func(*args, **(kwargs or {}))
        options, name = kwargs or {}, getattr(func, "__name__", "")
        target = args[0] if args else options.get("tensor")  # `nn.init` hands its tensor over by name
        if name in _FILLS and isinstance(target, nn.Parameter):
            return target
        if isinstance(target, Tensor) and target.is_meta:
            self.told |= func == _PLACE
            scaled = name in _SCALED and len(args) == 2 and isinstance(args[1], int | float) and not options
            func = _like if scaled and target.is_floating_point() else _SHAPES.get(func, func)
        return self.call(func, args, options)

    def call(self, func: Callable[..., Any], args: Sequence[Any], options: Mapping[str, Any]) -> Any:
        """Return what a function gives.

        Raises:
            TooLargeError: It would be too large.
        """
        if self.most is not None:
            values = _against_each_other(func, args, options) or _of_nothing(func, args, options, self.most)
            if values > self.most:
                raise TooLargeError(f"a tensor of {values} values is no part of a model of these weights")
        return func(*args, **options)


class OnMeta(Unfilled):
    """Make weights on the meta device, and remember which tensors lie there.

    Args:
        room: Values that other tensors may hold together before they are made there too.
        most: Values that one of them may hold that comes of others.
    """

    def __init__(self, room: int, most: int) -> None:
        super().__init__(most)
        self.most: int = most
        self.room = room
        self.tensors: dict[int, weakref.ref[Tensor]] = {}
        self.storages: dict[int, StorageWeakRef] = {}

    def call(self, func: Callable[..., Any], args: Sequence[Any], options: Mapping[str, Any]) -> Any:
        """Return what a function gives, on the meta device where it makes a tensor of none, or a far larger one."""
        if _against_each_other(func, args, options) > self.most:
            args = [value.to("meta") if isinstance(value, Tensor) else value for value in args]
            self.told = True
        if (args and isinstance(args[0], Tensor)) or self._has_room(func, args, options):
            found = func(*args, **options)
        else:
            with torch.device("meta"):
                found = (torch.empty if func in _DRAWN else func)(*args, **options)
        for tensor in found if isinstance(found, tuple | list) else (found,):
            if isinstance(tensor, Tensor):
                self._remember(tensor) if tensor.is_meta else self._count(tensor, args, options)
        return found

    def left_nothing_beside(self, tensors: Collection[Tensor]) -> bool:
        """Whether nothing that came of the meta device lives on but some tensors.

        A parameter is made without a call that could be seen, so it is known by the memory that it has not.
        """
        kept, storages = {id(tensor) for tensor in tensors}, {_storage(tensor).cdata for tensor in tensors}
        lives = any(id(tensor) not in kept for ref in self.tensors.values() if (tensor := ref()) is not None)
        hides = any(key not in storages for key, storage in self.storages.items() if not storage.expired())
        return not (lives or hides or self.told)

    def _has_room(self, func: Callable[..., Any], args: Sequence[Any], options: Mapping[str, Any]) -> bool:
        """Whether a new tensor is no weight, and small by every number that it is made of."""
        if func in _GIVEN:
            return True
        if func in _DRAWN and options.get("generator") is None:
            return False
        numbers = list(_numbers((*args, *options.values()), fractions=func is torch.arange))
        return max(numbers, default=1) <= _LONGEST and prod(numbers) <= self.room

    def _remember(self, tensor: Tensor) -> None:
        if isinstance(tensor, nn.Parameter):  # its memory is known already
            return
        storage = _storage(tensor)
        self.storages[storage.cdata] = storage
        self.tensors[id(tensor)] = weakref.ref(tensor)

    def _count(self, tensor: Tensor, args: Sequence[Any], options: Mapping[str, Any]) -> None:
        """Trust no values that were computed from some that are not there, which not every kernel refuses."""
        self.told |= any(other.is_meta for other in _tensors((*args, *options.values())))
        self.room -= tensor.numel()
        if self.room < 0 <= self.room + tensor.numel():
            raise MemoryError("masks and tables are larger than the weights let expect")


def _numbers(values: Any, *, fractions: bool) -> Iterator[int]:
    """Yield the sizes among arguments; of a fraction, how often it goes into one."""
    for value in values:
        if isinstance(value, list | tuple):
            yield from _numbers(value, fractions=fractions)
        elif isinstance(value, int):
            yield max(1, abs(value))
        elif isinstance(value, float) and fractions:
            yield ceil(max(abs(value), 1 / abs(value))) if value and isfinite(value) else 1


def _against_each_other(func: Callable[..., Any], args: Sequence[Any], options: Mapping[str, Any]) -> int:
    """Return how many values come of tensors that are stretched to one shape, 0 where they are not."""
    if func is Tensor.__setitem__:  # what is written fits a part of what is there
        return 0
    shapes = [value.shape for value in (*args, *options.values()) if isinstance(value, Tensor) and not value.is_meta]
    try:
        return torch.broadcast_shapes(*shapes).numel() if len(shapes) > 1 else 0
    except RuntimeError:
        return 0


def _of_nothing(func: Callable[..., Any], args: Sequence[Any], options: Mapping[str, Any], most: int) -> int:
    """Return how many values a function makes of none, by making them without any where its numbers are large."""
    if func in _GIVEN or next(_tensors((*args, *options.values())), None) is not None:
        return 0
    if prod(_numbers((*args, *options.values()), fractions=func is torch.arange)) <= most:
        return 0
    with torch.device("meta"):
        found = func(*args, **options)
    return found.numel() if isinstance(found, Tensor) else 0


def _tensors(values: Any) -> Iterator[Tensor]:
    for value in values:
        if isinstance(value, Tensor):
            yield value
        elif isinstance(value, list | tuple):
            yield from _tensors(value)


def _storage(tensor: Tensor) -> StorageWeakRef:
    return StorageWeakRef(tensor.untyped_storage())
