"""Statistics of training images for the command line: fitted into a file, and found in one or beside the weights."""

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from arzoo import anomaly
from arzoo.anomaly import REFERENCE, Reference
from arzoo.benchmark.data import load_for, trained_on
from arzoo.checkpoints.sources import locate
from arzoo.cli.output import output_path
from arzoo.errors import ConfigError

if TYPE_CHECKING:
    from arzoo.checkpoints.config import CheckpointConfig
    from arzoo.model import AutoregressiveModel


def fitted(
    name: str,
    model: "AutoregressiveModel",
    config: "CheckpointConfig",
    count: int,
    coder: str,
    out: Path | None,
    data_root: Path | None,
) -> Path:
    """Measure training images, write what they are like, and return the file.

    Raises:
        ConfigError: The file cannot be written, the checkpoint does not say what it was trained on, or has no images.
        DataError: The data set is not here.
    """
    path = output_path(out, name, [".json"], ".reference", "--reference")
    data = load_for(model, trained_on(name, config), "train", data_root)
    anomaly.fit(model, data, count=count, coder=coder, weights_sha256=config.weights.sha256).write(path)
    typer.echo(f"Wrote {path}: {min(count, len(data)):,} images of {data.id} {data.split}.")
    return path


def reference_for(name: str, config: "CheckpointConfig", coder: str, path: Path | None) -> Reference | None:
    """Return the statistics to compare with: those in a file, or those beside the weights; None where there are none.

    Raises:
        DataError: They cannot be read.
        ConfigError: They are of other weights or another coder.
    """
    folder = locate(name).folder
    beside = folder / REFERENCE if folder else None
    chosen = path or (beside if beside and beside.is_file() else None)
    if chosen is None:
        return None
    found = Reference.read(chosen)
    repair = f"Use --fit 1000 --reference {REFERENCE} to measure anew"
    if found.weights_sha256 != config.weights.sha256:
        rule = f"{chosen} must be of the weights of {name}, sha256 {config.weights.sha256[:12]}"
        raise ConfigError(f"{rule}, got {str(found.weights_sha256)[:12]}. {repair}.")
    if found.coder[0] != coder:
        raise ConfigError(f"{chosen} must be of the coder {coder}, got {found.coder[0]}. {repair}, or --coder.")
    return found
