"""Data specs by their kind."""

from collections.abc import Callable, Mapping
from typing import Any

from arzoo.data.alphabet import Alphabet
from arzoo.data.palette import Palette
from arzoo.data.specs import DataSpec, Pixels
from arzoo.data.vqvae import VQVAE
from arzoo.data.waveforms import PCM, MuLaw
from arzoo.errors import ConfigError, did_you_mean

_KINDS: dict[str, Callable[..., DataSpec]] = {
    spec.kind: spec for spec in (Pixels, Palette, VQVAE, MuLaw, PCM, Alphabet)
}


def spec_from_config(config: Mapping[str, Any]) -> DataSpec:
    """Rebuild a data spec from what its `to_config` returned.

    Args:
        config: `kind` and the arguments of that class.

    Returns:
        The spec.

    Raises:
        ConfigError: No spec has that `kind`, or it does not take these arguments.

    Example:
        >>> spec_from_config({"kind": "pixels", "num_levels": 2})
        Pixels(2)
    """
    arguments = dict(config)
    kind = arguments.pop("kind", None)
    if kind not in _KINDS:
        known, hint = ", ".join(map(repr, _KINDS)), did_you_mean(str(kind), _KINDS)
        raise ConfigError(f"`kind` of a data spec must be one of {known}, got {kind!r:.100}.{hint}")
    try:
        return _KINDS[kind](**arguments)
    except TypeError as error:
        raise ConfigError(f"The data spec {kind!r} cannot be built from {arguments}: {error}.") from error
