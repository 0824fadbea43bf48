"""Convert foreign weights: a plugin maps names and sizes, everything else is the same for all formats."""

import inspect
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from torch import Tensor

from arzoo import registry
from arzoo.checkpoints.foreign import read_foreign
from arzoo.checkpoints.saving import save
from arzoo.checkpoints.skeleton import uninitialised
from arzoo.checkpoints.weights import assign, own_tensors
from arzoo.entries import ModelEntry
from arzoo.errors import ArzooError, CheckpointError, ConfigError, did_you_mean
from arzoo.factory import build
from arzoo.model import AutoregressiveModel
from arzoo.pins import digest
from arzoo.provenance import commit


@dataclass(frozen=True)
class Converted:
    """What a converter returns: a model of its architecture, described.

    Attributes:
        arguments: Of the builder, with `data` for the data spec; as objects or in their JSON form.
        tensors: By the names of the model's own state dict, a tied one once, all in the dtype to be stored.
    """

    arguments: Mapping[str, Any]
    tensors: Mapping[str, Tensor]


def convert(format: str, path: Path | str, out: Path | str, **options: Any) -> Path:
    """Convert weights of another program into a checkpoint, which `arzoo.load("local-dir:...")` reads.

    Nothing in the file is run, and names and shapes are compared before memory is taken for one weight.

    Args:
        format: Such as "pixelcnnpp-torch"; `arzoo convert --help` lists those of the installed plugins.
        path: A safetensors file, or a pickle that needs nothing but tensors.
        out: Folder, made where it does not exist; else it must be empty.
        **options: What the file does not tell, such as `event_shape=(3, 32, 32)`; the format says which.

    Returns:
        The folder.

    Raises:
        ConfigError: The format is unknown, it takes no such option, or it cannot use the value.
        CheckpointError: The file cannot be read or is not of the format, or the folder is not empty.
        PluginError: The converter is broken.
    """
    source, folder = Path(path), Path(out)
    registry.converter_entry(format)
    _check_free(folder)
    model = converted(format, source, **options)
    origin = {"format": format, "file": source.name, **asdict(digest(source))}
    return save(model, folder, training={"converted": origin, "commit": commit()})


def converted(format: str, path: Path | str, **options: Any) -> AutoregressiveModel:
    """Return the model that foreign weights are of, in the dtype of the weights; arguments as of `convert`.

    Raises:
        ConfigError: The format is unknown, it takes no such option, or it cannot use the value.
        CheckpointError: The file cannot be read or is not of the format.
        PluginError: The converter is broken.
    """
    entry = registry.converter_entry(format)
    reference = entry.converters[format]
    function = registry.resolve(reference)
    _check_options(format, list(inspect.signature(function).parameters)[1:], options)
    weights = read_foreign(Path(path), format)
    try:
        made = function(weights, **options)
    except ArzooError:
        raise
    except Exception as error:  # the converter is someone else's and may raise anything
        raise registry.plugin_error(reference, f"cannot convert {path}: {type(error).__name__}: {error}") from error
    if not isinstance(made, Converted):
        fault = f"must return arzoo.checkpoints.Converted, got a {type(made).__name__}"
        raise registry.plugin_error(reference, fault)
    return _model(entry, made, reference)


def _model(entry: ModelEntry, made: Converted, reference: str) -> AutoregressiveModel:
    model = uninitialised(partial(build, entry, made.arguments))
    own = own_tensors(model)
    wanted = {name: tuple(tensor.shape) for name, tensor in own.tensors.items()}
    given = {name: tuple(tensor.shape) for name, tensor in made.tensors.items()}
    if wanted != given:
        name, *_ = sorted(name for name, _ in wanted.items() ^ given.items())
        fault = f"must give {name!r} the shape {wanted.get(name)} of the model, got {given.get(name)}"
        raise registry.plugin_error(reference, fault)
    assign(model, own, made.tensors)
    return model.eval()


def _check_free(folder: Path) -> None:
    """Refuse a folder that holds anything, before the work."""
    if folder.exists() and not folder.is_dir():
        raise CheckpointError(f"A checkpoint must be a folder, got the file {folder}. Give a new name.", file=folder)
    if folder.is_dir() and (found := next(folder.iterdir(), None)):
        rule = f"The folder of a new checkpoint must be empty, got {folder} with {found.name!r}"
        raise CheckpointError(f"{rule}. Give a new name.", file=folder)


def _check_options(format: str, known: list[str], options: Mapping[str, Any]) -> None:
    for name in options:
        if name not in known:
            takes = f"It takes {', '.join(known)}." if known else "It takes none."
            raise ConfigError(f"The format {format!r} has no option {name!r}.{did_you_mean(name, known)} {takes}")
