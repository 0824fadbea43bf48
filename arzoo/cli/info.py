"""`arzoo info`: all that the registry knows of one name."""

import inspect
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from arzoo import registry
from arzoo.cli.list import paper_of, place_of, size_of
from arzoo.entries import Checkpoint, ModelEntry, Paper
from arzoo.errors import CheckpointError

if TYPE_CHECKING:
    from arzoo.checkpoints import CheckpointConfig

Rows = Iterator[tuple[str, str]]

app = typer.Typer(add_completion=False)


@app.command()
def info(
    name: Annotated[str, typer.Argument(metavar="NAME", help="An architecture or a checkpoint.", show_default=False)],
) -> None:
    """Show what is known of an architecture or a checkpoint."""
    entry = registry.info(name)
    rows = list(_of_architecture(entry) if isinstance(entry, ModelEntry) else _of_checkpoint(entry))
    width = max(len(key) for key, _ in rows)
    for key, value in rows:
        typer.echo(f"{key:{width}}  {value}".rstrip())


def _of_architecture(entry: ModelEntry) -> Rows:
    yield "architecture", f"{entry.id}  {entry.title}".rstrip()
    yield "what it is", entry.summary
    yield "built by", entry.build
    yield from _of_paper(entry.paper, paper_of(entry)) if entry.paper else ()
    yield from (("config", f"{name}: {_arguments(config)}") for name, config in entry.configs.items())
    yield from _of_receptive_fields(entry)
    yield from (("recipe", recipe) for recipe in entry.recipes)
    yield from (("converter", f"{name}: {function}") for name, function in entry.converters.items())
    yield from (("checkpoint", f"{c.id}  {size_of(c)}, {place_of(c)}") for c in entry.checkpoints)


def _of_paper(paper: Paper, line: str) -> Rows:
    yield "paper", f"{paper.authors}: {line}" if paper.authors else line
    for result in paper.results:
        note = f" ({result.note})" if result.note else ""
        yield "published", f"{result.value} {result.unit} on {result.task}{note}"


def _of_checkpoint(checkpoint: Checkpoint) -> Rows:
    yield "checkpoint", checkpoint.id
    yield "architecture", checkpoint.architecture
    yield "what it is", checkpoint.summary
    yield "weights", f"{size_of(checkpoint)}, {place_of(checkpoint)}"
    if checkpoint.repo_id:
        yield "repository", f"{checkpoint.repo_id} at {checkpoint.revision or 'its newest commit'}"
    if checkpoint.format:
        yield "format", f"{checkpoint.format}, converted while it is loaded"
    for name, file in checkpoint.files.items():
        yield "file", f"{name}: {file.size:,} bytes, sha256 {file.sha256}"
    yield from _of_config(checkpoint.id)


def _of_config(id: str) -> Rows:
    """Say what only the config in the checkpoint's files knows, if they are on this machine."""
    from arzoo.checkpoints import config_of
    from arzoo.cli.contexts import described
    from arzoo.context import context_from_config

    try:
        config = config_of(id)
    except CheckpointError as error:
        yield "config", str(error)
        return
    yield "arguments", _arguments(config.arguments)
    yield "ordering", _arguments(config.ordering)
    yield from (("context", described(name, spec)) for name, spec in context_from_config(config.context).items())
    yield "data", _arguments(config.data or {})
    yield from _of_data(config)
    yield from _of_training("trained", config.training or {})


def _of_data(config: "CheckpointConfig") -> Rows:
    """Say in its own units what a model of sequences reads, and how far back it looks."""
    from arzoo.cli.media import MEDIA, duration
    from arzoo.data import spec_from_config

    if config.data is None or (spec := spec_from_config(config.data)).medium == "image":
        return
    medium, rate = MEDIA[spec.medium], getattr(spec, "sample_rate", None)
    yield "medium", f"{medium.models}{f' at {rate:,} Hz' if rate else ''}, {spec.num_levels:,} levels a {medium.symbol}"
    field = _receptive_field(registry.model_entry(config.architecture), config.arguments)
    if field:
        yield "receptive field", duration(field, rate) if rate else f"{field:,} {medium.symbol}s"


def _of_receptive_fields(entry: ModelEntry) -> Rows:
    """Say how far back each config of sequences looks; images are spared the time it takes to build them."""
    for name, config in entry.configs.items():
        shape = config.get("event_shape") or _default_shape(entry)
        field = len(shape) == 1 and not name.startswith("tiny") and _receptive_field(entry, config)
        if field:
            yield "receptive field", f"{name}: {field:,} symbols"


def _default_shape(entry: ModelEntry) -> Sequence[int | None]:
    parameter = inspect.signature(registry.resolve(entry.build)).parameters.get("event_shape")
    return parameter.default if parameter and isinstance(parameter.default, Sequence) else ()


def _receptive_field(entry: ModelEntry, arguments: Mapping[str, Any]) -> int | None:
    """Return how many symbols back a model looks, from a build without weights; None where nobody said."""
    from arzoo.checkpoints.skeleton import outline
    from arzoo.factory import build

    found = outline(partial(build, entry, arguments))
    return getattr(found.model.backbone, "receptive_field", None) if found else None


def _of_training(name: str, value: Any) -> Rows:
    """Return one row for what is no table, and for a table without tables inside."""
    if isinstance(value, Mapping) and any(isinstance(item, Mapping) for item in value.values()):
        for key, item in value.items():
            yield from _of_training(f"{name}.{key}", item)
    else:
        yield name, _arguments(value) if isinstance(value, Mapping) else str(value)


def _arguments(config: Mapping[str, Any]) -> str:
    return ", ".join(f"{key}={_written(value)}" for key, value in config.items()) or "none"


def _written(value: Any) -> str:
    """Write a value on one line, also an alphabet with line ends in it."""
    return repr(value) if isinstance(value, str) and not value.isprintable() else str(value)
