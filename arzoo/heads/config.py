"""Heads by their id in the registry."""

from collections.abc import Mapping
from typing import Any

from arzoo import registry
from arzoo.heads.base import Head
from arzoo.parts import build_part


def head_from_config(config: Mapping[str, Any]) -> Head:
    """Rebuild a head from what its `to_config` returned.

    Args:
        config: "name", the id of a registered head, and the arguments of its builder.

    Raises:
        ConfigError: No such head is registered, or it takes no such argument.

    Example:
        >>> head_from_config({"name": "categorical", "num_levels": 17})
        Categorical(num_levels=17)
    """
    head: Head = build_part("head", registry.heads(), config)
    return head
