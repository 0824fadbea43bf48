"""The recorded results of a checkpoint, each held against the weights it claims to be of."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import arzoo
from arzoo.errors import CheckpointError

CHECKOUT = Path(arzoo.__file__).parent.parent
"""Of arzoo's source; where it is installed from a wheel there are no records in it."""

RESULTS = CHECKOUT / "docs/benchmark/results"

KINDS = ("likelihood", "ensemble", "labels")
"""`<checkpoint>.<kind>.json`: of one model, of several in a mixture, of the same items under other labels."""

Record = Mapping[str, Any]


def recorded(checkpoint: str, weights_sha256: str, folder: Path = RESULTS) -> dict[str, Record]:
    """Return what was measured of a checkpoint, by kind; nothing of what was not.

    Args:
        checkpoint: Its id.
        weights_sha256: Of its weights file.
        folder: Where the records lie.

    Raises:
        CheckpointError: A record cannot be read, or is of another checkpoint or of other weights.
    """
    found = {kind: folder / f"{checkpoint}.{kind}.json" for kind in KINDS}
    return {kind: _read(path, checkpoint, weights_sha256) for kind, path in found.items() if path.is_file()}


def _read(path: Path, checkpoint: str, weights_sha256: str) -> Record:
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        found = {"checkpoint": record["checkpoint"], "weights_sha256": record["weights_sha256"]}
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise CheckpointError(f"{path} must be a record of {checkpoint}, got: {error!r}.", file=path) from error
    for name, expected in {"checkpoint": checkpoint, "weights_sha256": weights_sha256}.items():
        if found[name] != expected:
            message = f"{path} must be a record of the {name} {expected!r}, got {found[name]!r}."
            raise CheckpointError(f"{message} Measure it anew.", file=path, expected=expected, found=found[name])
    return record
