"""Orderings by their id in the registry."""

from collections.abc import Mapping
from typing import Any

from arzoo import registry
from arzoo.orderings.base import Ordering
from arzoo.parts import build_part


def ordering_from_config(config: Mapping[str, Any]) -> Ordering:
    """Rebuild an ordering from what its `to_config` returned.

    Args:
        config: "name", the id of a registered ordering, and the arguments of its builder.

    Raises:
        ConfigError: No such ordering is registered, or it takes no such argument.

    Example:
        >>> ordering_from_config({"name": "raster", "event_shape": [1, 28, 28]})
        Raster(event_shape=(1, 28, 28), channels_as_positions=True)
    """
    ordering: Ordering = build_part("ordering", registry.orderings(), config)
    return ordering
