"""Load a checkpoint: find its files, verify them, build its model, give it its weights."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import torch

from arzoo import registry
from arzoo.checkpoints.config import CONFIG, CheckpointConfig, parts
from arzoo.checkpoints.converting import converted
from arzoo.checkpoints.external import external_entry, fetch
from arzoo.checkpoints.sizes import Header, check_sizes, count, limited
from arzoo.checkpoints.skeleton import largest, outline, uninitialised
from arzoo.checkpoints.sources import locate
from arzoo.checkpoints.weights import check_header, give_weights, own_tensors, read_header
from arzoo.errors import CheckpointError, ConfigError, ContextError, did_you_mean
from arzoo.factory import build
from arzoo.model import AutoregressiveModel

_DTYPES = {"float64": torch.float64, "float32": torch.float32, "float16": torch.float16, "bfloat16": torch.bfloat16}

_SHOWN = 300  # characters of a part of a config


def load(
    name: str, device: torch.device | str | None = None, dtype: torch.dtype | str | None = None
) -> AutoregressiveModel:
    """Load a pretrained model, ready to sample from.

    Every file is verified by sha256 and size, and every tensor's name, shape and dtype is compared with the
    model's before memory is taken for one weight. Nothing is unpickled and the global random state is kept. Weights of
    others that the registry lists in a foreign format are fetched from the Hub, unpinned, and converted on the way.

    Args:
        name: A checkpoint id, which `arzoo.list_models(pretrained=True)` gives, "hf-hub:owner/repo[@revision]" or
            "local-dir:path". An id is looked up in the plugin, in the local cache and on the Hub, in this order.
        device: Where the model goes; the CPU by default.
        dtype: Of its floating tensors, "float32" or torch.float32; by default what it was built with.

    Returns:
        The model, in evaluation mode.

    Raises:
        UnknownModelError: No checkpoint is called so.
        CheckpointError: A file cannot be had, is altered, or does not fit the model.
        ConfigError: The device is not here, or the dtype is no floating one.
    """
    place, floating = device_of(device), dtype_of(dtype)
    outside = external_entry(name)
    if outside is not None:
        model = converted(str(outside.format), fetch(outside)).to(device=place, dtype=floating)
    else:
        source = locate(name)
        config = source.config()
        model = _rebuilt(config, source.weights(config), place, floating)
        model.trained_orderings = _trained_orderings(config)
    model.name = name
    return model


def config_of(name: str) -> CheckpointConfig:
    """Return the config of a checkpoint, its training provenance among it, without loading its weights.

    Args:
        name: As `load` takes it.

    Raises:
        UnknownModelError: No checkpoint is called so.
        CheckpointError: The config is missing or altered.
    """
    return locate(name).config()


def _trained_orderings(config: CheckpointConfig) -> int | None:
    """Return in how many orderings the weights were trained, as their recipe says; None where there is none."""
    recipe = (config.training or {}).get("recipe")
    training = recipe.get("training") if isinstance(recipe, dict) else None
    return training.get("orderings") if isinstance(training, dict) else None


def _rebuilt(
    config: CheckpointConfig, path: Path, device: torch.device, dtype: torch.dtype | None
) -> AutoregressiveModel:
    beside, header = path.with_name(CONFIG), read_header(path, config.architecture)
    check_sizes(config, beside, header)
    make, weights = partial(_build, config, beside, header), count(header)
    with _uncollected():
        sketch = outline(make, weights)
        if sketch is not None:
            check_header(path, header, sketch.own)
        if sketch is not None and sketch.whole:
            model, own = sketch.model, sketch.own
        else:
            model = uninitialised(make, largest(weights, fitting=sketch is not None))
            own = own_tensors(model)
        if sketch is None:
            check_header(path, header, own)
        give_weights(model, own, path, device, dtype)
        if dtype is not None or device != torch.get_default_device():  # of what the file does not hold
            model.to(device=device, dtype=dtype)
        return model.eval()


@contextmanager
def _uncollected() -> Iterator[None]:
    """Keep the garbage collector out: thousands of new objects call it, and it goes through all that torch imported."""
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _build(config: CheckpointConfig, path: Path, header: Header) -> AutoregressiveModel:
    entry = registry.model_entry(config.architecture)
    try:
        with limited(path, header):
            model = build(entry, {**config.arguments, "data": config.data})
    except (ConfigError, ContextError) as error:
        raise CheckpointError(f"{path} does not describe a model: {error}", file=path) from error
    _check_parts(config, model, path)
    return model


def _check_parts(config: CheckpointConfig, model: AutoregressiveModel, path: Path) -> None:
    """Refuse weights of another ordering or context, which would load and mean something else."""
    for name, built in parts(model).items():
        stated = getattr(config, name)
        if built != stated:
            rule = f"The {name} in {path} must be that of the model it builds"
            message = f"{rule}, {built!s:.{_SHOWN}}, got {stated!s:.{_SHOWN}}."
            raise CheckpointError(message, file=path, expected=built, found=stated)


def device_of(device: torch.device | str | None) -> torch.device:
    """Return the device of a name, the CPU for none.

    Raises:
        ConfigError: It is not here.
    """
    try:
        return torch.empty(0, device=device or "cpu").device  # proves that it is here, not only that it has a name
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        reason = str(error).splitlines()[0].rstrip(".")
        raise ConfigError(f"Device {str(device)!r} is not here: {reason}. Use device='cpu'.") from error


def dtype_of(dtype: torch.dtype | str | None) -> torch.dtype | None:
    """Return the dtype of a name.

    Raises:
        ConfigError: It is no floating one.
    """
    if dtype is None:
        return None
    name = str(dtype).removeprefix("torch.")
    if name not in _DTYPES:
        raise ConfigError(f"`dtype` must be one of {', '.join(_DTYPES)}, got {name!r}.{did_you_mean(name, _DTYPES)}")
    return _DTYPES[name]
