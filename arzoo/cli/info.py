"""`arzoo info`: all that the registry knows of one name."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import typer

from arzoo import registry
from arzoo.cli.list import paper_of, place_of, size_of
from arzoo.entries import Checkpoint, ModelEntry, Paper
from arzoo.errors import CheckpointError

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
    yield from _of_training("trained", config.training or {})


def _of_training(name: str, value: Any) -> Rows:
    """Return one row for what is no table, and for a table without tables inside."""
    if isinstance(value, Mapping) and any(isinstance(item, Mapping) for item in value.values()):
        for key, item in value.items():
            yield from _of_training(f"{name}.{key}", item)
    else:
        yield name, _arguments(value) if isinstance(value, Mapping) else str(value)


def _arguments(config: Mapping[str, Any]) -> str:
    return ", ".join(f"{key}={value}" for key, value in config.items()) or "none"
