"""What an event is: integer levels of one shape, checked before a model sees them."""

from typing import Any

import torch
from torch import Tensor

from arzoo.errors import ShapeError

Shape = tuple[int | None, ...]


def check_levels(x: Any, event_shape: Shape, num_levels: int, title: str, name: str = "x") -> Tensor:
    """Levels, unchanged, or an error that names the rule, what came, and the repair.

    Args:
        x: What should be integers (B, *event_shape), 0 ... num_levels - 1.
        event_shape: Shape of one event; None where a length is free.
        num_levels: Number of levels of a symbol.
        title: Name of the model, for the message.
        name: Name of the argument, for the message.

    Returns:
        `x`, on its device.

    Raises:
        ShapeError: If type, dtype, shape or range is wrong.
    """
    if not isinstance(x, Tensor):
        raise ShapeError(
            f"`{name}` must be a torch.Tensor of levels, got {type(x).__name__}. Use torch.as_tensor({name})."
        )
    _check_shape(x, event_shape, title, name)
    _check_dtype(x, num_levels, title, name)
    _check_range(x, num_levels, title, name)
    return x


def written(shape: Shape) -> str:
    """A batch of events as it is written in messages, (B, 3, 32, 32); a free length is T."""
    return f"(B, {', '.join('T' if size is None else str(size) for size in shape)})"


def _fits(shape: tuple[int, ...], wanted: Shape) -> bool:
    return len(shape) == len(wanted) and all(w in (None, s) for s, w in zip(shape, wanted, strict=True))


def _check_shape(x: Tensor, event_shape: Shape, title: str, name: str) -> None:
    came = tuple(x.shape)
    if x.dim() and _fits(came[1:], event_shape):
        return
    repair = _shape_repair(came, event_shape, name)
    raise ShapeError(f"`{name}` must have shape {written(event_shape)} for {title}, got {came}. {repair}")


def _shape_repair(came: tuple[int, ...], wanted: Shape, name: str) -> str:
    if _fits(came, wanted):
        return f"Use {name}[None] for a batch of one."
    if len(wanted) == 3 and len(came) == 4 and _fits((came[3], came[1], came[2]), wanted):
        return f"Use {name}.permute(0, 3, 1, 2)."
    if len(wanted) == 3 and wanted[0] == 1 and _fits(came[1:], wanted[1:]):
        return f"Use {name}[:, None]."
    if len(wanted) == 3 and len(came) == 4 and _fits((came[1], came[3], came[2]), wanted):
        return f"Use {name}.transpose(2, 3)."
    if _fits(tuple(reversed(came[:-1])), tuple(reversed(wanted))) and len(came) == len(wanted) + 1:
        return f"Use {name}.movedim(-1, 0)."
    return (
        "Use a model of your size: arzoo.create(..., event_shape=...)."
        if wanted != (None,)
        else f"Use {name}.reshape(B, T)."
    )


def _check_dtype(x: Tensor, num_levels: int, title: str, name: str) -> None:
    if x.is_floating_point() or x.is_complex() or (x.dtype == torch.bool and num_levels != 2):
        raise ShapeError(
            f"`{name}` must hold integer levels 0 ... {num_levels - 1} for {title}, got {x.dtype}. "
            f"Use {name}.long(), or model.data.encode(images) for 8-bit images."
        )


def _check_range(x: Tensor, num_levels: int, title: str, name: str) -> None:
    if not x.numel() or x.dtype == torch.bool:
        return
    low, high = (int(v) for v in torch.aminmax(x))
    if low < 0 or high >= num_levels:
        raise ShapeError(
            f"`{name}` must lie in 0 ... {num_levels - 1} for {title}, got values from {low} to {high}. "
            "Use model.data.encode(images) for 8-bit images."
        )
