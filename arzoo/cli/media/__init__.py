"""What the verbs that draw do with images, audio and text: one module a medium, with one function a verb.

An option that only some media have belongs to the function that takes an argument of its name, which holds its default
too; whatever a function does not take is refused.
"""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import typer

from arzoo.errors import ConfigError

if TYPE_CHECKING:
    from arzoo.model import AutoregressiveModel


class Medium(NamedTuple):
    """Words for a medium.

    Attributes:
        models: What its models are models of.
        symbol: What one dimension of an event is.
    """

    models: str
    symbol: str


MEDIA: Mapping[str, Medium] = {
    "image": Medium("images", "dim"),
    "audio": Medium("audio", "sample"),
    "text": Medium("text", "character"),
}
"""By the `medium` of a data spec."""


@dataclass(frozen=True)
class Drawing:
    """What every medium needs to know.

    Attributes:
        ctx: Of the verb; it holds the options that give a context.
        name: As the model was called.
        model: The model.
        out: As `--out` gives it, or None.
        options: How to draw, as `model.sample` takes it: seed, temperature, ...
    """

    ctx: typer.Context
    name: str
    model: "AutoregressiveModel"
    out: Path | None
    options: Mapping[str, Any]


def draw(verb: str, drawing: Drawing, options: Mapping[str, Any]) -> None:
    """Do what a verb asks for in the medium of the model.

    Args:
        verb: "sample" or "complete".
        drawing: What is common to all media.
        options: The others by name; those that were not given are None or empty.

    Raises:
        ConfigError: An option was given that the medium has not, or the model has sequences of one length alone.
    """
    given = {name: value for name, value in options.items() if value not in (None, [])}
    medium, shape = medium_of(drawing.model), drawing.model.event_shape
    if medium != "image" and None not in shape:
        rule = f"`arzoo {verb}` of {MEDIA[medium].models} is for models of free length"
        raise ConfigError(f"{rule}, got events of {shape} from {drawing.model.title}. Use model.sample(n) in Python.")
    act = _function(medium, verb)
    for name, value in given.items():
        if name not in inspect.signature(act).parameters:
            whose = " and ".join(MEDIA[other].models for other in MEDIA if name in _taken(other, verb))
            rule = f"{_flag(name)} of `arzoo {verb}` is for models of {whose}"
            came = f"{_written(value)} for {drawing.model.title}, a model of {MEDIA[medium].models}"
            raise ConfigError(f"{rule}, got {came}. Leave it out.")
    act(drawing, **given)


def medium_of(model: "AutoregressiveModel") -> str:
    """Return what a model is a model of; without a data spec, images, whose functions say what is missing."""
    return "image" if model.data is None else model.data.medium


def duration(samples: int, rate: int) -> str:
    """Write a length in samples and milliseconds.

    Example:
        >>> duration(3070, 8000)
        '3,070 samples (383.75 ms)'
    """
    return f"{samples:,} samples ({1000 * samples / rate:g} ms)"


def _function(medium: str, verb: str) -> Callable[..., None]:
    return getattr(import_module(f"arzoo.cli.media.{medium}"), verb)


def _taken(medium: str, verb: str) -> Mapping[str, Any]:
    return inspect.signature(_function(medium, verb)).parameters


def _flag(name: str) -> str:
    """Return how an option is written."""
    return {"n": "-n", "images": "The argument IMAGES"}.get(name, f"--{name.replace('_', '-')}")


def _written(value: Any) -> str:
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)
