"""`arzoo eval`: the exact likelihood of a data set, and the record of how it was measured."""

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from arzoo.cli.datasets import load_for
from arzoo.cli.media import MEDIA, medium_of
from arzoo.cli.options import DataRoot, Device, Dtype, Name, Split
from arzoo.cli.output import writable
from arzoo.errors import ConfigError

if TYPE_CHECKING:
    from arzoo.checkpoints.config import CheckpointConfig
    from arzoo.evaluation import Likelihood
    from arzoo.model import AutoregressiveModel

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
) -> None:
    """Measure bits and nats of a data set, with standard errors: a dimension, a sample of sound, a character."""
    path = writable(record) if record else None
    import arzoo
    from arzoo.checkpoints import config_of
    from arzoo.ensemble import ensemble_of
    from arzoo.evaluation import evaluate as measure

    model, config = arzoo.load(name, device=device, dtype=dtype), config_of(name)
    data = load_for(model, dataset or trained_on(name, config), split, data_root, resample=resample)
    several = ensemble_of(model, orderings, connectivities) if max(orderings, connectivities) > 1 else None
    start = time.perf_counter()
    found = measure(several or model, data, batch_size=batch_size, limit=limit)
    seconds = time.perf_counter() - start
    members = of_what(orderings, connectivities)
    symbol = MEDIA[medium_of(model)].symbol
    size = f"{found.dims} dimensions each" if found.dims else f"{found.symbols:,} {symbol}s in all"
    typer.echo(f"{name}{f', {members}' if members else ''}: {found.told(symbol)}")
    typer.echo(f"  digest of the items {found.digest}, {size}, in {seconds:.1f} s")
    if path:
        which = {"ensemble": members, "ordering": members or model.ordering.name}
        how = {"seconds": round(seconds, 1), "batch_size": batch_size, "command": ctx.obj}
        _write(path, {**_record(name, model, config, found), **which, **how})


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


def trained_on(name: str, config: "CheckpointConfig") -> str:
    """Return the data set that a checkpoint says it was trained on.

    Raises:
        ConfigError: It says nothing.
    """
    recipe = (config.training or {}).get("recipe") or {}
    dataset = recipe.get("data", {}).get("dataset")
    if dataset is None:
        raise ConfigError(f"{name} must say what it was trained on, and has no recipe in its config. Use --dataset ID.")
    return dataset


def _record(name: str, model: "AutoregressiveModel", config: "CheckpointConfig", found: "Likelihood") -> dict[str, Any]:
    """Return what a reader needs to trust the figure, and to measure it again."""
    from arzoo.provenance import environment

    return {
        "checkpoint": name,
        "likelihood": json.loads(found.to_json()),
        "context": list(model.context),
        "averaged": (config.training or {}).get("averaged"),
        "augmented": False,
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
        "dtype": str(next(model.parameters()).dtype).removeprefix("torch."),
        "weights_sha256": config.weights.sha256,
        **environment(model.device),
    }


def _write(path: Path, record: dict[str, Any]) -> None:
    from arzoo.files import replacing

    with replacing(path) as temporary:
        temporary.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
