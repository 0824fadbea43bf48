"""Completion: the unknown symbols of events, drawn in an ordering that lets the known ones bear on them."""

import warnings
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from arzoo.errors import ConfigError
from arzoo.events import check_levels
from arzoo.orderings import Explicit, Ordering
from arzoo.sampling.request import broadcast_mask, fixed_ordering

if TYPE_CHECKING:
    from arzoo.model import AutoregressiveModel


def complete(
    model: "AutoregressiveModel",
    x: Tensor,
    known_mask: Tensor,
    context: Mapping[str, Any] | None = None,
    *,
    reorder: bool | None = None,
    indices: Sequence[int] | None = None,
    **options: Any,
) -> Tensor:
    """Draw what is not known; see `AutoregressiveModel.complete`, which this serves."""
    mask = broadcast_mask(known_mask, check_levels(x, model.event_shape, model.num_levels, model.title))
    _check_in_part(mask)
    late = known_too_late(fixed_ordering(model.ordering, None, x), mask)
    if late.any() and (may_reorder(model) if reorder is None else reorder):
        return _reordered(model, x, mask, context, indices or range(len(x)), options)
    _warn_of_ignored(model, late)
    return model.sample(len(x), context, known=x, known_mask=mask, indices=indices, **options)


def known_first(ordering: Ordering, known_mask: Tensor) -> Explicit:
    """Return the ordering that visits the places that are known first, and then the others as they came.

    A place of which some colours are known comes in between: its colours keep their order.

    Args:
        ordering: Of fixed length.
        known_mask: Booleans (*event_shape).

    Example:
        >>> from arzoo.orderings import Raster
        >>> known_first(Raster((1, 2, 2)), torch.tensor([[[False, True], [False, True]]])).places
        (1, 3, 0, 2)
    """
    channels = ordering.event_shape[0] or 1 if len(ordering.event_shape) == 3 else 1
    path = ordering.symbols.flatten()[::channels]  # of the first colour of each place
    known = known_mask.cpu().reshape(channels, -1).sum(0)[path]
    places = path[known.argsort(descending=True, stable=True)].tolist()
    return Explicit(ordering.event_shape, channels_as_positions=ordering.channels_as_positions, places=places)


def known_too_late(ordering: Ordering, known_mask: Tensor) -> Tensor:
    """Return how many known symbols come after an unknown one, which is drawn without regard to them.

    Args:
        ordering: Of fixed length.
        known_mask: Booleans (B, *event_shape).

    Returns:
        Counts (B,), int64.

    Example:
        >>> from arzoo.orderings import Raster
        >>> known_too_late(Raster((1, 2, 2)), torch.tensor([[[[True, False], [True, True]]]]))
        tensor([2])
    """
    in_order = known_mask.cpu().flatten(1)[:, ordering.symbols.flatten()]
    return (in_order & ~in_order.cumprod(1).bool()).sum(1)


def may_reorder(model: "AutoregressiveModel") -> bool:
    """Return whether a model may choose its ordering: its backbone can follow any, and its weights know several.

    Weights that nobody says anything of are taken at the word of their backbone.
    """
    if model.trained_orderings == 1:
        return False
    try:
        model.with_ordering(model.ordering)
    except ConfigError:
        return False
    return True


def _reordered(
    model: "AutoregressiveModel",
    x: Tensor,
    mask: Tensor,
    context: Mapping[str, Any] | None,
    indices: Sequence[int],
    options: Mapping[str, Any],
) -> Tensor:
    """Draw the events of each mask in the ordering that suits it; sample k of a seed is keyed by k all the same."""
    told = model.check_context(context, len(x), x.shape[-1]) or {}
    drawn, late = torch.empty(x.shape, dtype=torch.int64), torch.zeros(len(x), dtype=torch.int64)
    masks, group_of = mask.cpu().flatten(1).unique(dim=0, return_inverse=True)
    for group, known in enumerate(masks.view(-1, *x.shape[1:])):
        rows = (group_of == group).nonzero().flatten()
        suited = model.with_ordering(known_first(model.ordering, known))
        values = {name: value[rows.to(value.device)] for name, value in told.items()} or None
        own = [indices[row] for row in rows.tolist()]
        given = x[rows.to(x.device)]
        drawn[rows] = suited.sample(len(rows), values, known=given, known_mask=known, indices=own, **options)
        late[rows] = known_too_late(suited.ordering, known[None])
    _warn_of_ignored(model, late)
    return drawn


def _check_in_part(mask: Tensor) -> None:
    """Refuse to complete what is whole, or what is nothing; single events of a batch may be either."""
    if mask.numel() and (mask.all() or not mask.any()):
        came = "all known. There is nothing to draw" if mask.all() else "none known. Use model.sample(n)"
        raise ConfigError(f"`known_mask` must leave some symbols known and some not, got {came}.")


def _warn_of_ignored(model: "AutoregressiveModel", late: Tensor) -> None:
    if not late.any():
        return
    most = int(late.max())
    count = f"{most:,}" if bool((late == most).all()) else f"up to {most:,}"
    follows = model.trained_orderings == 1 and hasattr(model.backbone, "with_ordering")
    repair = "A model that follows any ordering puts them first"
    if follows:
        repair = "reorder=True puts them first, for which these weights were not trained"
    warnings.warn(
        f"{count} known symbols of each event come after unknown ones in the {model.ordering.name} ordering of "
        f"{model.title}, and were ignored for those. {repair}.",
        stacklevel=4,
    )
