"""What is asked of the sampling loop, checked before anything is drawn."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from arzoo.errors import ConfigError, ShapeError, check_count
from arzoo.events import check_levels, written
from arzoo.heads.drawing import check_adjustment
from arzoo.orderings import Ordering
from arzoo.randomness import check_seed

if TYPE_CHECKING:
    from arzoo.model import AutoregressiveModel


@dataclass(frozen=True)
class Request:
    """What is to be drawn, and how; the arguments of `AutoregressiveModel.sample`, which documents them.

    Raises:
        ConfigError: If a number is out of its range.
    """

    n: int
    context: Mapping[str, Any] | None = None
    seed: int = 0
    length: int | None = None
    known: Tensor | None = None
    known_mask: Tensor | None = None
    temperature: float = 1.0
    top_k: int | None = None
    top_p: float | None = None
    cached: bool = True
    indices: Sequence[int] | None = None
    compile: bool = False

    def __post_init__(self) -> None:
        check_count("n", self.n, least=0)
        _check_indices(self.n, self.indices)
        check_seed("seed", self.seed)
        check_adjustment(self.temperature, self.top_k, self.top_p)

    def numbers(self, rows: slice) -> Sequence[int]:
        """Which samples of the seed some rows are."""
        return (range(self.n) if self.indices is None else self.indices)[rows]

    def adjustments(self) -> dict[str, Any]:
        """How the distribution of a symbol is adjusted, as `Head.sample` takes it."""
        return {"temperature": self.temperature, "top_k": self.top_k, "top_p": self.top_p}


def _check_indices(n: int, indices: Sequence[int] | None) -> None:
    if indices is not None and len(indices) != n:
        raise ConfigError(f"`indices` must be one number a sample, {n}, got {len(indices)}. Use n={len(indices)}.")
    if indices is not None and min(indices, default=0) < 0:
        raise ConfigError(f"`indices` must be whole numbers of at least 0, got {min(indices)}. Use range({n}).")


def fixed_ordering(ordering: Ordering, length: int | None, known: Tensor | None) -> Ordering:
    """The ordering with its length settled: from `length`, else from `known`.

    Raises:
        ConfigError: If a length is needed and missing, or given to a model that has one.
    """
    if None not in ordering.event_shape:
        if length is not None:
            raise ConfigError(
                f"`length` is for models of free length, got {length} for events of {ordering.event_shape}. "
                "Leave it out."
            )
        return ordering
    if length is None and known is None:
        raise ConfigError("A model of free length needs `length` to sample, got None. Use length=1000.")
    return ordering.with_length(check_count("length", known.shape[-1] if length is None else length))  # type: ignore[union-attr]


def check_known(
    model: "AutoregressiveModel", request: Request, ordering: Ordering
) -> tuple[Tensor | None, Tensor | None]:
    """Known levels and their mask, both (n, *event_shape), or (None, None).

    Raises:
        ShapeError: If one is missing, or shape or dtype is wrong.
    """
    known, known_mask = request.known, request.known_mask
    if known is None and known_mask is None:
        return None, None
    if known is None or known_mask is None:
        raise ShapeError("`known` and `known_mask` belong together, got one of them. Use both.")
    known = check_levels(known, ordering.event_shape, model.num_levels, model.title, "known")
    if len(known) != request.n:
        raise ShapeError(f"`known` must hold one event a sample, {request.n}, got {len(known)}. Use n={len(known)}.")
    return known, broadcast_mask(known_mask, known)


def broadcast_mask(known_mask: Tensor, x: Tensor) -> Tensor:
    """A boolean mask at the shape of `x`.

    Raises:
        ShapeError: If the mask is not boolean or does not broadcast.
    """
    if known_mask.dtype != torch.bool:
        raise ShapeError(f"`known_mask` must be boolean, got {known_mask.dtype}. Use known_mask.bool().")
    try:
        return known_mask.expand(x.shape)
    except RuntimeError:
        rule = f"`known_mask` must broadcast to {written(tuple(x.shape[1:]))}, got {tuple(known_mask.shape)}."
        raise ShapeError(
            f"{rule} Use torch.zeros({tuple(x.shape[1:])}, dtype=torch.bool) and set what is known."
        ) from None
