"""What a step reads and multiplies, counted from the operations that torch is asked for.

The count knows no architecture. A *weight* is whatever operations read that none of them writes or makes within the
span of steps that is looked at: the parameters, and what was packed of them when the state was made.
"""

import math
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.flop_counter import flop_registry

LOOKUPS = {"aten::embedding", "aten::gather", "aten::index", "aten::index_select"}
"""Operations that read as much as they give, and not all that they could."""


class Work(NamedTuple):
    """What a step takes on average.

    Attributes:
        operations: Multiplications and additions in products of matrices, convolutions and attention; two for each
            pair. What is done to each number by itself is not counted.
        weight_bytes: Bytes of weights that operations read; as often as they are read, so that what one product does
            for a whole row counts once a row.
        working_set: Bytes of the different weights that are read in the span.
    """

    operations: float
    weight_bytes: float
    working_set: int


def count_work(step: Callable[[int], object], positions: Sequence[int]) -> Work:
    """Count the work of steps.

    Args:
        step: Does the step at a position.
        positions: The steps to count, as many as make up a row or a period of strides.

    Returns:
        Their work on average.

    Example:
        >>> layer = torch.nn.Linear(8, 4, bias=False)
        >>> with torch.inference_mode():
        ...     count_work(lambda _: layer(torch.ones(3, 8)), range(5))
        Work(operations=192.0, weight_bytes=128.0, working_set=128)
    """
    with _Counter() as counter:
        for position in positions:
            step(position)
    weights = counter.weights()
    read = sum(times * size for times, size in weights)
    return Work(counter.operations / len(positions), read / len(positions), sum(size for _, size in weights))


class _Counter(TorchDispatchMode):
    """Notes of each operation what it multiplies, what it reads, and what it writes or makes."""

    def __init__(self) -> None:
        super().__init__()
        self.operations = 0
        self.read: dict[tuple[Any, int, int], list[int]] = {}
        self.changing: set[Any] = set()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if _has_parts(func):
            with self:
                result = func.decompose(*args, **kwargs)
            if result is not NotImplemented:
                return result
        result = func(*args, **kwargs)
        count = _FORMULAS.get(func._overloadpacket)
        self.operations += count(*args, **kwargs, out_val=result) if count else 0
        self._note(func, _tensors((args, kwargs)), _tensors(result))
        return result

    def _note(self, func: Any, taken: list[Tensor], given: list[Tensor]) -> None:
        before, after = {_memory(tensor) for tensor in taken}, {_memory(tensor) for tensor in given}
        self.changing |= after if func._schema.is_mutable else after - before
        if after and after <= before and not func._schema.is_mutable:
            return  # a view, which reads nothing
        most = sum(map(_bytes, given)) if func._schema.name in LOOKUPS else math.inf
        for tensor in taken:
            seen = self.read.setdefault((_memory(tensor), *_part(tensor)), [0, 0])
            seen[0], seen[1] = seen[0] + 1, int(max(seen[1], min(most, _bytes(tensor))))

    def weights(self) -> list[list[int]]:
        """How often each weight, or part of one, was read, and its bytes."""
        return [seen for (memory, *_), seen in self.read.items() if memory not in self.changing]


@cache
def _has_parts(func: Any) -> bool:
    """Whether torch has an operation made of others, which are then counted instead; views need not be taken apart."""
    made = torch._C._dispatch_has_kernel_for_dispatch_key(func.name(), "CompositeImplicitAutograd")
    return made and not any(returned.alias_info for returned in func._schema.returns)


def _tensors(tree: Any) -> list[Tensor]:
    return [leaf for leaf in tree_leaves(tree) if isinstance(leaf, Tensor)]


def _memory(tensor: Tensor) -> Any:
    """Return what tells memory apart; tensors packed for oneDNN lie in no storage."""
    return id(tensor) if tensor.is_mkldnn else tensor.untyped_storage()._cdata


def _part(tensor: Tensor) -> tuple[int, int]:
    """Return where in its memory a tensor begins, and how many numbers it shows."""
    return 0 if tensor.is_mkldnn else int(tensor.storage_offset()), tensor.numel()


def _bytes(tensor: Tensor) -> int:
    """Return the bytes that a tensor shows, each once however often an expanded axis repeats it."""
    strides = (1,) * tensor.dim() if tensor.is_mkldnn else tensor.stride()
    return math.prod(size for size, step in zip(tensor.shape, strides, strict=True) if step) * tensor.element_size()


def _mv(matrix: Tensor, *_: Any, **__: Any) -> int:
    return 2 * matrix.numel()


def _addmv(_: Tensor, matrix: Tensor, *__: Any, **___: Any) -> int:
    return 2 * matrix.numel()


def _attention(query: Tensor, key: Tensor, value: Tensor, *_: Any, **__: Any) -> int:
    return 2 * query[..., 0].numel() * key.shape[-2] * (query.shape[-1] + value.shape[-1])


def _attention_backward(_: Tensor, query: Tensor, key: Tensor, value: Tensor, *__: Any, **___: Any) -> int:
    """Five products to the two of attention: the weights anew, and gradients of weights, queries, keys and values."""
    to_keys = query[..., 0].numel() * key.shape[-2]
    return 2 * to_keys * (3 * query.shape[-1] + 2 * value.shape[-1])


def _recurrent(x: Tensor, from_input: Tensor, from_hidden: Tensor, *_: Any, **__: Any) -> int:
    """A layer of an LSTM or GRU over a whole sequence (T, B, in)."""
    return 2 * x[..., 0].numel() * (from_input.numel() + from_hidden.numel())


def _recurrent_backward(x: Tensor, from_input: Tensor, from_hidden: Tensor, *_: Any, **__: Any) -> int:
    return 2 * _recurrent(x, from_input, from_hidden)


def _linear(x: Tensor, weight: Tensor, *_: Any, **__: Any) -> int:
    return 2 * x.numel() * weight.shape[0]


def _packed() -> dict[Any, Callable[..., int]]:
    """Products with packed weights, where torch was built with oneDNN."""
    if not torch.backends.mkldnn.is_available():
        return {}
    return {torch.ops.mkldnn._linear_pointwise: _linear, torch.ops.aten.mkldnn_linear: _linear}


_FORMULAS: dict[Any, Callable[..., int]] = {
    **flop_registry,
    # Products with a vector, and attention and LSTMs as processors do them, are not in torch's own table.
    torch.ops.aten.mv: _mv,
    torch.ops.aten.addmv: _addmv,
    torch.ops.aten._scaled_dot_product_flash_attention_for_cpu: _attention,
    torch.ops.aten._scaled_dot_product_flash_attention_for_cpu_backward: _attention_backward,
    torch.ops.aten.mkldnn_rnn_layer: _recurrent,
    torch.ops.aten.mkldnn_rnn_layer_backward: _recurrent_backward,
    **_packed(),
}
