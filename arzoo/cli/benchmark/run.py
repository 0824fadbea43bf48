"""`arzoo benchmark run`: everything that the benchmark page says of a model, measured and recorded."""

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Column, Table

from arzoo.cli.console import stdout
from arzoo.cli.options import DataRoot, Device
from arzoo.cli.output import writable
from arzoo.errors import ConfigError, did_you_mean

if TYPE_CHECKING:
    from arzoo.benchmark import Result

RECORDS = Path("docs/benchmark/results")

Folder = Annotated[Path, typer.Option("--out", "-o", help="Folder of the records; it must exist.")]


def run(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[NAME]...", help="Checkpoints; every pinned one where none is given.", show_default=False
        ),
    ] = None,
    out: Folder = RECORDS,
    part: Annotated[
        list[str] | None,
        typer.Option(help="Measure this alone: likelihood, sampling, training, field; may be given again."),
    ] = None,
    again: Annotated[bool, typer.Option("--again", help="Measure anew what is recorded already.")] = False,
    batch_size: Annotated[int, typer.Option(help="Items a forward pass of the likelihood.", min=1)] = 100,
    rounds: Annotated[int, typer.Option(help="How often to time the steps of sampling.", min=1)] = 5,
    threads: Annotated[int | None, typer.Option(help="Of torch; its own choice where not given.", min=1)] = None,
    data_root: DataRoot = None,
    device: Device = None,
) -> None:
    """Measure likelihood (the whole test split), sampling, training step, memory and receptive field of models.

    A record a model and machine; what is finished is not measured again, so the command can be repeated after a break.
    """
    writable(out / "NAME.benchmark.json")
    import torch

    from arzoo.benchmark import PARTS, Measuring, Plan
    from arzoo.benchmark import run as measure
    from arzoo.cards import carded
    from arzoo.progress import progress_bar

    parts = chosen_parts(part, list(PARTS))
    if threads:
        torch.set_num_threads(threads)
    options = {"--threads": threads, "--device": device, "--rounds": None if rounds == 5 else rounds}
    plan = Plan(
        folder=out,
        parts=parts,
        device=device,
        data_root=data_root,
        sampling=Measuring(rounds=rounds),
        batch_size=batch_size,
        again=again,
        options="".join(f" {name} {shlex.quote(str(value))}" for name, value in options.items() if value is not None),
    )
    wanted = names or carded()
    with progress_bar("measuring", len(wanted) * len(parts), "parts") as show:
        finished = 0

        def done(what: str) -> None:
            nonlocal finished
            finished += not what
            show(finished, what)

        results = measure(wanted, plan, done)
    stdout().print(table_of(results))
    for result in results:
        for name, reason in result.failures().items():
            typer.echo(f"{result.model}: {name} failed: {reason}")


def chosen_parts(asked: list[str] | None, known: list[str]) -> tuple[str, ...]:
    """Return the parts to measure, in their own order.

    Raises:
        ConfigError: There is no such part.
    """
    for name in asked or []:
        if name not in known:
            raise ConfigError(
                f"`--part` must be one of {', '.join(known)}, got {name!r}.{did_you_mean(name, known)}".strip()
            )
    return tuple(name for name in known if not asked or name in asked)


def table_of(results: "list[Result]") -> Table:
    """Return the figures of models as a table; a part that failed says so."""
    names = ("bits/dim", "events/s", "training items/s", "peak, MB", "parameters")
    table = Table(Column("model", no_wrap=True), *(Column(name, justify="right") for name in names))
    for result in results:
        table.add_row(result.model, *_cells(result))
    return table


def _cells(result: "Result") -> list[str]:
    likelihood, sampling, training = (result.part(name) for name in ("likelihood", "sampling", "training"))
    row = sampling["rows"][-1] if sampling else None
    rate = None if row is None else row["events_per_second"] or row["symbols_per_second"]
    failed = dict.fromkeys(result.failures(), "failed")
    return [
        f"{likelihood['bits_per_dim']:.4f} ± {likelihood['bits_per_dim_se']:.4f}"
        if likelihood
        else failed.get("likelihood", ""),
        f"{rate:.3g}" if rate else failed.get("sampling", ""),
        f"{training['items_per_second']:.3g}" if training else failed.get("training", ""),
        f"{row['peak_bytes'] / 1e6:.0f}" if row else "",
        f"{result.parameters:,}" if result.parameters else "",
    ]
