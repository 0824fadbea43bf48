"""`arzoo benchmark sampling`: how fast any model samples, at any batch, in numbers."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Column, Table

from arzoo.cli.console import stdout
from arzoo.cli.options import Device
from arzoo.cli.output import writable
from arzoo.errors import ConfigError

if TYPE_CHECKING:
    from arzoo.benchmark import SamplingRecord, SamplingRow

MEGA, MILLI = 1e6, 1e-3

LINES: Mapping[str, Callable[["SamplingRow"], float | None]] = {
    "a step, ms": lambda row: row.step_seconds / MILLI,
    "median step, ms": lambda row: row.median_step_seconds / MILLI,
    "events a second": lambda row: row.events_per_second,
    "symbols a second": lambda row: row.symbols_per_second,
    "weights read a step, MB": lambda row: row.weight_bytes / MEGA,
    "operations a step, M": lambda row: row.operations / MEGA,
    "floor of a step, ms": lambda row: row.floor_seconds / MILLI,
    "times the floor": lambda row: row.times_floor,
    "whole pass, ms": lambda row: row.pass_seconds / MILLI,
    "times faster than by whole passes": lambda row: row.times_faster,
    "state, MB": lambda row: row.state_bytes / MEGA,
    "activations in it, MB": lambda row: row.activation_bytes / MEGA,
    "peak memory, MB": lambda row: row.peak_bytes / MEGA,
}
"""What is shown of a batch."""


def sampling(
    ctx: typer.Context,
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[NAME]...",
            help="Checkpoints, or architecture:config for fresh weights; all bundled checkpoints where none is given.",
            show_default=False,
        ),
    ] = None,
    batch: Annotated[list[int] | None, typer.Option(help="Events at a time; may be given again (1 and 16).")] = None,
    steps: Annotated[int, typer.Option(help="The most positions to time; of longer events, in the middle.")] = 1024,
    rounds: Annotated[int, typer.Option(help="How often to time them.")] = 5,
    threads: Annotated[int | None, typer.Option(help="Of torch; its own choice where not given.", min=1)] = None,
    device: Device = None,
    dtype: Annotated[str, typer.Option(help="Arithmetic of the weights.")] = "float32",
    records: Annotated[
        Path | None, typer.Option("--json", help="Write a record of each into this folder; of fresh weights alone.")
    ] = None,
) -> None:
    """Measure how fast models sample, beside the floor that this machine sets and the loop without cache."""
    if records:
        writable(records / "NAME.sampling.json")
        refuse_checkpoints(names or [], records)
    import torch

    from arzoo.benchmark import Measuring, bundled, measure_sampling, subject
    from arzoo.progress import progress_bar

    measuring = Measuring(tuple(batch or (1, 16)), steps, rounds)
    wanted = names or bundled()
    if threads:
        torch.set_num_threads(threads)
    with progress_bar("measuring", len(wanted), "models") as show:
        for done, name in enumerate(wanted):
            show(done, name)
            record = measure_sampling(subject(name, device=device, dtype=dtype), measuring, command=ctx.obj)
            typer.echo(told(record))
            stdout().print(table_of(record))
            if records:
                record.write(records)


def refuse_checkpoints(names: list[str], folder: Path) -> None:
    """Refuse to write a second record of what `arzoo benchmark run` records.

    Raises:
        ConfigError: A name is a registered checkpoint, or none is given, which stands for all.
    """
    from arzoo import registry

    found = [name for name in names if name in registry.checkpoints()]
    if found or not names:
        name = " ".join(found)
        raise ConfigError(
            f"`--json` must be of fresh weights, such as made:paper, got {name or 'every bundled checkpoint'}. "
            f"Use arzoo benchmark run {name}{' ' * bool(name)}--part sampling --out {folder}."
        )


def told(record: "SamplingRecord") -> str:
    """Return in lines what the figures of a model depend on."""
    first, *_ = record.rows
    timed = f"{first.steps} of {record.positions} positions timed, from {first.first} on"
    return (
        f"{record.model}: {record.parameters:,} parameters, {record.dtype}, {timed}\n"
        f"  {record.machine}, torch {record.torch}\n"
        f"  reads {record.bandwidth / 1e9:.1f} GB/s ({record.bandwidth_how})\n"
        f"  computes {record.peak / 1e9:.0f} GFLOP/s ({record.peak_how})"
    )


def table_of(record: "SamplingRecord") -> Table:
    """Return the figures of a model as a table, a column a batch; what it has not is left empty."""
    batches = (Column(f"batch {row.batch}", justify="right") for row in record.rows)
    table = Table(Column("", no_wrap=True), *batches)
    for name, figure in LINES.items():
        table.add_row(name, *(_shown(figure(row)) for row in record.rows))
    return table


def _shown(figure: float | None) -> str:
    if figure is None:
        return ""
    return f"{figure:,.0f}" if figure >= 1000 else f"{figure:.3g}"
