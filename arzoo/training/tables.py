"""Strict reading of TOML tables into frozen dataclasses: every key known, every value of its type and within its range.

A misspelt key that is silently ignored costs a training; so each fault is one sentence with the key, the value and the
repair.
"""

import dataclasses
import json
import math
import tomllib
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

from arzoo.errors import ConfigError, did_you_mean

T = TypeVar("T")


def key(
    default: Any = dataclasses.MISSING,
    *,
    says: str,
    at_least: float | None = None,
    above: float | None = None,
    below: float | None = None,
) -> Any:
    """Declare one key of a table.

    Args:
        default: Value where the table does not say; without one the key is required.
        says: What the key means, with its unit.
        at_least: Smallest value allowed.
        above: The value must be larger than this.
        below: The value must be smaller than this.

    Returns:
        A dataclass field that carries the bounds as metadata.
    """
    metadata = {"says": says, ">=": at_least, ">": above, "<": below}
    return dataclasses.field(default=default, metadata=metadata)


def read_table(kind: type[T], table: object, *, source: str, path: str = "") -> T:
    """Read a parsed TOML table into the dataclass `kind`, its nested dataclasses included.

    Args:
        kind: A frozen dataclass whose fields were declared by `key`.
        table: What the TOML parser gave.
        source: Where it came from, named in every error.
        path: Dotted path of this table inside the file, "" for the whole.

    Returns:
        An instance of `kind`.

    Raises:
        ConfigError: On an unknown or missing key, a wrong type, or a value out of range.
    """
    if not isinstance(table, Mapping):
        raise ConfigError(f"{source}: `{path}` must be a table, got {table!r}. Write a section [{path}].")
    hints = get_type_hints(kind)
    fields = {field.name: field for field in dataclasses.fields(kind)}  # type: ignore[arg-type]
    for name in table:
        if name not in fields:
            raise ConfigError(_unknown(name, fields, source, path))
    for name, field in fields.items():
        if name not in table and field.default is field.default_factory is dataclasses.MISSING:
            raise ConfigError(_missing(field, source, _join(path, name)))
    values = {
        name: _read_value(hints[name], value, fields[name], source, _join(path, name)) for name, value in table.items()
    }
    return kind(**values)


def override(table: dict[str, Any], assignments: Iterable[str]) -> dict[str, Any]:
    """Return the table with values from the command line put over its own.

    Args:
        table: A parsed TOML file.
        assignments: Texts `section.key=value`; the value is read as TOML, and as a plain string where it is none.

    Returns:
        A new table; the one given is left alone.

    Raises:
        ConfigError: On a text without "=", or a path through something that is no table.

    Example:
        >>> override({"training": {"steps": 10}}, ["training.steps=20", "data.dataset=mnist"])
        {'training': {'steps': 20}, 'data': {'dataset': 'mnist'}}
    """
    for assignment in assignments:
        path, equals, text = assignment.partition("=")
        if not equals or not path.strip():
            raise ConfigError(
                f"An override must read section.key=value, got {assignment!r}. Write training.steps=1000."
            )
        table = _assign(table, path.strip().split("."), _toml_value(text.strip()), assignment)
    return table


def differences(one: Any, other: Any, path: str = "") -> list[str]:
    """Name the dotted keys at which two tables differ.

    Example:
        >>> differences({"a": {"b": 1, "c": 2}}, {"a": {"b": 1, "c": 3}})
        ['a.c']
    """
    if not (isinstance(one, Mapping) and isinstance(other, Mapping)):
        return [] if one == other else [path]
    keys = sorted({*one, *other})
    return [found for name in keys for found in differences(one.get(name), other.get(name), _join(path, name))]


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _unknown(name: str, known: Iterable[str], source: str, path: str) -> str:
    where = f"[{path}]" if path else "a recipe"
    hint = did_you_mean(name, known) or f" {where} knows {', '.join(known)}."
    return f"{source}: unknown key `{_join(path, name)}`.{hint}"


def _missing(field: dataclasses.Field, source: str, path: str) -> str:
    says = f" ({field.metadata['says']})" if field.metadata else ""
    return f"{source}: the key `{path}`{says} must be given, and is not there."


def _assign(table: Mapping[str, Any], path: list[str], value: Any, assignment: str) -> dict[str, Any]:
    name, *rest = path
    if not rest:
        return {**table, name: value}
    inner = table.get(name, {})
    if not isinstance(inner, Mapping):
        raise ConfigError(f"The override {assignment!r} goes through `{name}`, which is {inner!r} and no table.")
    return {**table, name: _assign(inner, rest, value, assignment)}


def _toml_value(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text  # an unquoted string, as a shell leaves it


def _read_value(hint: Any, value: Any, field: dataclasses.Field, source: str, path: str) -> Any:
    if dataclasses.is_dataclass(hint):
        return read_table(hint, value, source=source, path=path)  # type: ignore[arg-type]
    if get_origin(hint) is Literal:
        return _read_choice(get_args(hint), value, source, path)
    words, is_one, convert = _TYPES[hint]
    if not is_one(value):
        raise ConfigError(f"{source}: `{path}` must be {words}, got {value!r}.{_repair(field, value, path)}")
    converted = convert(value)
    for each in converted if isinstance(converted, tuple) else (converted,):
        _check_range(each, field, source, path)
    return converted


def _repair(field: dataclasses.Field, value: Any, path: str) -> str:
    """Return a line to copy: the default, or the value in the brackets that a list of one needs."""
    example = [value] if field.default == () and isinstance(value, str) else field.default
    if example in (dataclasses.MISSING, (), ""):
        return ""
    return f" Write {path.rpartition('.')[2]} = {json.dumps(example)}."


def _read_choice(choices: tuple[str, ...], value: Any, source: str, path: str) -> str:
    if value in choices:
        return value
    names = ", ".join(map(repr, choices))
    raise ConfigError(f"{source}: `{path}` must be one of {names}, got {value!r}.{did_you_mean(str(value), choices)}")


_HOLDS: dict[str, Callable[[Any, Any], bool]] = {
    ">=": lambda value, bound: value >= bound,
    ">": lambda value, bound: value > bound,
    "<": lambda value, bound: value < bound,
}


def _check_range(value: Any, field: dataclasses.Field, source: str, path: str) -> None:
    for sign, holds in _HOLDS.items():
        bound = field.metadata.get(sign)
        if bound is not None and not holds(value, bound):
            raise ConfigError(f"{source}: `{path}` must be {sign} {bound}, got {value!r}.")


def _is_int(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)  # Python's True is an int; TOML's is not


def _is_number(value: Any) -> bool:
    return (_is_int(value) or isinstance(value, float)) and math.isfinite(value)


def _is_list(value: Any, is_one: Callable[[Any], bool]) -> bool:
    return isinstance(value, list | tuple) and all(map(is_one, value))


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


_TYPES: dict[Any, tuple[str, Callable[[Any], bool], Callable[[Any], Any]]] = {
    bool: ("true or false", lambda value: isinstance(value, bool), bool),
    int: ("an integer", _is_int, int),
    float: ("a finite number", _is_number, float),
    str: ("a string", _is_text, str),
    tuple[str, ...]: ("a list of strings", lambda value: _is_list(value, _is_text), tuple),
    tuple[float, float]: (
        "a list of two numbers",
        lambda value: _is_list(value, _is_number) and len(value) == 2,
        lambda value: (float(value[0]), float(value[1])),
    ),
    dict[str, Any]: ("a table", lambda value: isinstance(value, dict), dict),
}
