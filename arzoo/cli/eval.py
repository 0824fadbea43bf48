"""`arzoo eval`: the exact likelihood of a data set."""

import json
import shlex
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from arzoo.cli.options import DataRoot, Device, Name, Split
from arzoo.errors import ConfigError

if TYPE_CHECKING:
    from arzoo.evaluation import Likelihood
    from arzoo.model import AutoregressiveModel


def evaluate(
    name: Name,
    dataset: Annotated[str | None, typer.Option(help="The data set; by default the one it was trained on.")] = None,
    split: Split = "test",
    limit: Annotated[int | None, typer.Option(help="Measure this many images only, evenly spread.", min=1)] = None,
    batch_size: Annotated[int, typer.Option(help="Images a forward pass.", min=1)] = 100,
    data_root: DataRoot = None,
    device: Device = None,
    record: Annotated[
        Path | None, typer.Option("--json", help="Write the figures, and how they came about, here.")
    ] = None,
) -> None:
    """Measure bits/dim and nats of a data set, with standard errors over its images."""
    import arzoo
    from arzoo.data import load_dataset
    from arzoo.evaluation import evaluate as measure

    model = arzoo.load(name, device=device)
    data = load_dataset(dataset or trained_on(name), split, root=data_root)
    start = time.perf_counter()
    found = measure(model, data, batch_size=batch_size, limit=limit)
    seconds = time.perf_counter() - start
    typer.echo(f"{name}: {found}")
    typer.echo(f"  items {found.digest}, in {seconds:.1f} s")
    if record:
        _write(record, name, model, found, seconds)


def trained_on(name: str) -> str:
    """The data set that a checkpoint says it was trained on.

    Raises:
        ConfigError: If it says nothing.
    """
    from arzoo.checkpoints import config_of

    recipe = (config_of(name).training or {}).get("recipe", {})
    dataset = recipe.get("data", {}).get("dataset")
    if dataset is None:
        raise ConfigError(
            f"{name} does not say what it was trained on, got no recipe in its config. Use --dataset digits."
        )
    return dataset


def _write(path: Path, name: str, model: "AutoregressiveModel", found: "Likelihood", seconds: float) -> None:
    from arzoo.files import replacing

    with replacing(path) as temporary:
        temporary.write_text(json.dumps(_record(name, model, found, seconds), indent=2) + "\n", encoding="utf-8")


def _record(name: str, model: "AutoregressiveModel", found: "Likelihood", seconds: float) -> dict[str, Any]:
    from arzoo.checkpoints import config_of
    from arzoo.provenance import environment

    config = config_of(name)
    training = config.training or {}
    return {
        "checkpoint": name,
        "likelihood": json.loads(found.to_json()),
        "ordering": model.ordering.name,
        "averaged": training.get("averaged"),
        "augmented": False,
        "parameters": sum(p.numel() for p in model.parameters()),
        "weights_sha256": config.weights.sha256,
        "seconds": round(seconds, 1),
        **environment(model.device),
        "command": shlex.join(["arzoo", *sys.argv[1:]]),
    }
