"""Build a model from the name of its architecture and arguments that JSON could hold."""

import inspect
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from arzoo import registry
from arzoo.context import context_from_config
from arzoo.data import DataSpec, spec_from_config
from arzoo.entries import ModelEntry
from arzoo.errors import ArzooError, ConfigError, did_you_mean
from arzoo.heads import head_from_config
from arzoo.model import AutoregressiveModel
from arzoo.orderings import ordering_from_config

_OBJECTS: Mapping[str, Callable[[Any], Any]] = {
    "context": context_from_config,
    "head": head_from_config,
    "ordering": ordering_from_config,
}

_SHOWN = 100  # characters of a value: an alphabet in full would hide what is said of it


def create(architecture: str, config: str | None = None, **overrides: Any) -> AutoregressiveModel:
    """Build a model with fresh weights.

    Args:
        architecture: An id that `arzoo.list_models()` gives.
        config: Name of one of its configs; left out, "small", or the first where none is called so.
        **overrides: Arguments of its builder that replace those of the config, as objects or in their JSON form;
            `data` sets the data spec of the model.

    Returns:
        The model, in training mode, on the default device.

    Raises:
        UnknownModelError: There is no such architecture.
        ConfigError: There is no such config or argument, or the builder cannot build from the values.
    """
    entry = registry.model_entry(architecture)
    return build(entry, {**_config(entry, config), **overrides})


def build(entry: ModelEntry, arguments: Mapping[str, Any]) -> AutoregressiveModel:
    """Build the model of an entry, and record on it what it was built from.

    The builder is handed the same objects whether they came as objects or as JSON, with tuples for lists,
    so that a model built again from its record is the same model.

    Args:
        entry: The architecture.
        arguments: Of its builder; `data` sets the data spec.

    Raises:
        ConfigError: The builder takes no such argument, or cannot build from the values.
        PluginError: The builder cannot be imported, or makes no model.
    """
    data = arguments.get("data")
    record = {name: to_json(value, name) for name, value in arguments.items() if name != "data"}
    function = registry.resolve(entry.build)
    _check_arguments(entry.id, inspect.signature(function).parameters, record)
    with _explaining(entry, record):
        model = _model(entry, function(**{name: _argument(name, value) for name, value in record.items()}))
        if data is not None:
            model.data = data if isinstance(data, DataSpec) else spec_from_config(data)
    _check_data(entry.id, model)
    model.architecture, model.arguments = entry.id, record
    return model


def to_json(value: Any, name: str) -> Any:
    """Return a value as JSON would give it back: tuples as lists, orderings and specs by their `to_config`.

    Raises:
        ConfigError: JSON cannot hold it.
    """
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, list | tuple):
        return [to_json(item, name) for item in value]
    if isinstance(value, Mapping):
        return {str(key): to_json(item, f"{name}.{key}") for key, item in value.items()}
    if hasattr(value, "to_config"):
        return to_json(value.to_config(), name)
    raise ConfigError(f"`{name}` must be a value that JSON can hold, got a {type(value).__name__}: {value!r}.")


def _config(entry: ModelEntry, name: str | None) -> Mapping[str, Any]:
    if name is None:
        return entry.configs.get("small", next(iter(entry.configs.values())))
    if name not in entry.configs:
        known = f"Its configs are {', '.join(entry.configs)}."
        raise ConfigError(f"{entry.id} has no config {name!r}.{did_you_mean(name, entry.configs)} {known}")
    return entry.configs[name]


def _check_arguments(id: str, parameters: Mapping[str, inspect.Parameter], record: Mapping[str, Any]) -> None:
    takes_any = any(parameter.kind is inspect.Parameter.VAR_KEYWORD for parameter in parameters.values())
    for name, value in record.items():
        if name in parameters:
            _check_type(id, name, value, parameters[name].default)
        elif not takes_any:
            known = f"It takes {', '.join(parameters)}."
            raise ConfigError(f"{id} has no argument {name!r}.{did_you_mean(name, parameters)} {known}")


def _check_type(id: str, name: str, value: Any, default: Any) -> None:
    """Compare with the default, which a builder has more often than a type; None may stand for anything."""
    if default is None or default is inspect.Parameter.empty:
        return
    wanted = type(to_json(default, name))
    allowed = (int, float) if wanted is float else wanted
    if not isinstance(value, allowed) or (isinstance(value, bool) and wanted is not bool):
        raise ConfigError(f"`{name}` of {id} must be of the type of {default!r:.{_SHOWN}}, got {value!r:.{_SHOWN}}.")


@contextmanager
def _explaining(entry: ModelEntry, record: Mapping[str, Any]) -> Iterator[None]:
    """Say which values a builder could not build from; the error of torch is kept as the cause."""
    try:
        yield
    except ArzooError:
        raise
    except ImportError as error:  # heavy imports wait until a model is built
        raise registry.plugin_error(entry.build, f"cannot be used: {error}") from error
    except Exception as error:
        values = ", ".join(f"{name}={value!r:.{_SHOWN}}" for name, value in record.items())
        reason = f"{type(error).__name__}: {error}".partition("\n")[0]
        raise ConfigError(f"{entry.id} cannot be built with {values}: {reason}") from error


def _argument(name: str, value: Any) -> Any:
    if isinstance(value, Mapping) and name in _OBJECTS:
        return _OBJECTS[name](value)
    return _tuples(value)


def _tuples(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(_tuples(item) for item in value)
    if isinstance(value, dict):
        return {key: _tuples(item) for key, item in value.items()}
    return value


def _check_data(id: str, model: AutoregressiveModel) -> None:
    if model.data is not None and model.data.num_levels != model.num_levels:
        raise ConfigError(
            f"`data` of {id} must have the levels of the model, {model.num_levels}, got {model.data!r}. "
            f"Use num_levels={model.data.num_levels}."
        )


def _model(entry: ModelEntry, made: object) -> AutoregressiveModel:
    if not isinstance(made, AutoregressiveModel):
        fault = f"must return an AutoregressiveModel, got a {type(made).__name__}"
        raise registry.plugin_error(entry.build, fault)
    return made
