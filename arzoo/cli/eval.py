"""`arzoo eval`: the exact likelihood of a data set, and the record of how it was measured."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from arzoo.cli.card import Results
from arzoo.cli.media import MEDIA, medium_of
from arzoo.cli.options import DataRoot, Device, Dtype, Name, Split
from arzoo.cli.output import writable

if TYPE_CHECKING:
    from arzoo.evaluation import Likelihood

app = typer.Typer(add_completion=False)


@app.command("eval")
def evaluate(
    ctx: typer.Context,
    name: Name,
    dataset: Annotated[str | None, typer.Option(help="The data set; by default the one it was trained on.")] = None,
    split: Split = "test",
    limit: Annotated[int | None, typer.Option(help="Measure this many items only, evenly spread.", min=1)] = None,
    orderings: Annotated[
        int, typer.Option(help="Measure the ensemble of this many orderings, the model's own and random ones.", min=1)
    ] = 1,
    connectivities: Annotated[
        int, typer.Option(help="Measure the ensemble of this many connectivities, likewise.", min=1)
    ] = 1,
    batch_size: Annotated[int, typer.Option(help="Items a forward pass.", min=1)] = 100,
    data_root: DataRoot = None,
    resample: Annotated[
        bool, typer.Option("--resample", help="Bring sounds of another sample rate to the model's.")
    ] = False,
    device: Device = None,
    dtype: Dtype = None,
    record: Annotated[
        Path | None, typer.Option("--json", help="Write the figures, and how they came about, here.")
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Compare with the recorded figure: exit code 1 if it comes out otherwise.")
    ] = False,
    results: Results = None,
) -> None:
    """Measure bits and nats of a data set, with standard errors: a dimension, a sample of sound, a character.

    Under torchrun or `accelerate launch` each process measures its share: torchrun --nproc-per-node 2 -m arzoo eval ...

    With --check what was recorded of the checkpoint is measured again: the whole split, or --limit items.
    """
    path = writable(record) if record else None
    import arzoo
    from arzoo.benchmark import likelihood
    from arzoo.benchmark.data import load_for, trained_on
    from arzoo.checkpoints import config_of
    from arzoo.ensemble import ensemble_of
    from arzoo.evaluation import evaluate as measure
    from arzoo.processes import is_first, launched

    config, members = config_of(name), of_what(orderings, connectivities)
    known = likelihood.record_to_check(name, config, members, results) if check else None
    wanted = likelihood.recorded_figure(known, limit) if known else None
    with launched(accelerator=str(device).startswith("cuda")):
        model = arzoo.load(name, device=device, dtype=dtype)
        data = load_for(model, dataset or trained_on(name, config), split, data_root, resample=resample)
        measured = ensemble_of(model, orderings, connectivities) if members else model
        start = time.perf_counter()
        found = measure(measured, data, batch_size=batch_size, limit=limit, progress=is_first())
        seconds = time.perf_counter() - start
        subset = measure(measured, data, limit=likelihood.SUBSET, progress=False) if path and limit is None else None
        which = {"ensemble": members, "ordering": members or model.ordering.name}
        how = {"seconds": round(seconds, 1), "batch_size": batch_size, "command": ctx.obj}
        kept = likelihood.record_of(name, model, config, found, subset, **which, **how)
        fault = likelihood.disagreement(known, wanted, found) if known and wanted else None
        if is_first():
            _say(name, members, found, MEDIA[medium_of(model)].symbol, seconds)
            if path:
                likelihood.write_record(path, kept)
            if wanted:
                typer.echo(fault or f"  as recorded, {wanted['bits_per_dim']:.6f} bits/dim", err=bool(fault))
    raise typer.Exit(1 if fault else 0)


def _say(name: str, members: str | None, found: "Likelihood", symbol: str, seconds: float) -> None:
    size = f"{found.dims} dimensions each" if found.dims else f"{found.symbols:,} {symbol}s in all"
    typer.echo(f"{name}{f', {members}' if members else ''}: {found.told(symbol)}")
    typer.echo(f"  digest of the items {found.digest}, {size}, in {seconds:.1f} s")


def of_what(orderings: int, connectivities: int) -> str | None:
    """Return what an ensemble is made of, for a record that must not pass for that of one ordering; None for a model.

    Example:
        >>> of_what(8, 1)
        'ensemble of 8 orderings'
    """
    if max(orderings, connectivities) == 1:
        return None
    counts = {"orderings": orderings, "connectivities": connectivities}
    return f"ensemble of {' and '.join(f'{count} {what}' for what, count in counts.items() if count > 1)}"
