"""Records of likelihoods: what a reader needs to trust a figure, and whether it comes out again."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from arzoo.errors import ConfigError

if TYPE_CHECKING:
    from arzoo.checkpoints.config import CheckpointConfig
    from arzoo.evaluation import Likelihood
    from arzoo.model import AutoregressiveModel

SUBSET = 16
"""Items, evenly spread over a split, whose figure a record has as well, for a check that takes seconds."""

FORMAT = 1
"""Of the records; those from before there were versions are of the first."""

TOLERANCE = 1e-3
"""Bits per dimension by which a figure may differ from its record: threads and kernels add in other orders."""


def record_of(
    name: str,
    model: "AutoregressiveModel",
    config: "CheckpointConfig",
    found: "Likelihood",
    subset: "Likelihood | None",
    **how: object,
) -> dict[str, Any]:
    """Return a record as JSON types.

    Args:
        name: The checkpoint.
        model: It, loaded.
        config: Its config.
        found: The figure.
        subset: That of `SUBSET` items, where `found` is of the whole split.
        how: How it was measured, in further keys.
    """
    from arzoo.processes import rank_and_count
    from arzoo.provenance import environment

    training = config.training or {}
    return {
        "format": FORMAT,
        "checkpoint": name,
        "likelihood": json.loads(found.to_json()),
        "subset": subset and json.loads(subset.to_json()),
        "exact": True,  # and no bound
        "context": list(model.context),
        "averaged": training.get("averaged"),
        "augmented": bool(((training.get("recipe") or {}).get("data") or {}).get("augment")),
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
        "dtype": str(next(model.parameters()).dtype).removeprefix("torch."),
        "weights_sha256": config.weights.sha256,
        **environment(model.device, rank_and_count()[1]),
        **how,
    }


def write_record(path: Path, record: Mapping[str, Any]) -> None:
    """Write a record, for people too."""
    from arzoo.files import write_json

    write_json(path, record)


def record_to_check(
    name: str, config: "CheckpointConfig", members: str | None, folder: Path | None
) -> Mapping[str, Any]:
    """Return the record that a figure is to be compared with.

    Args:
        name: The checkpoint.
        config: Its config.
        members: What an ensemble is made of; None for the model alone.
        folder: Where the records lie; in arzoo's own checkout where not given.

    Raises:
        ConfigError: Nothing of the kind was recorded.
        CheckpointError: The record is of other weights.
    """
    from arzoo import cards

    place, kind = folder or cards.RESULTS, "ensemble" if members else "likelihood"
    record = cards.recorded(name, config.weights.sha256, place).get(kind) if place.is_dir() else None
    if record is None or record["ensemble"] != members:
        raise ConfigError(
            f"A check of {name} needs a record of {members or 'its likelihood'} in {place}, and there is none. Records "
            "come with arzoo's source, in docs/benchmark/results: use --results FOLDER."
        )
    return record


def recorded_figure(record: Mapping[str, Any], limit: int | None) -> Mapping[str, Any]:
    """Return what was recorded of the whole split, or of the items that a limit leaves.

    Raises:
        ConfigError: The record has no figure of that many items.
    """
    figures = [figure for figure in (record["likelihood"], record.get("subset")) if figure]
    if limit is None:
        return figures[0]
    for figure in figures:
        if figure["count"] == min(limit, figures[0]["count"]):
            return figure
    counts = " and ".join(f"{figure['count']:,}" for figure in figures)
    raise ConfigError(
        f"`--limit` of a check must leave items whose figure was recorded, {counts}, got {limit}. "
        f"Use --limit {figures[-1]['count']}."
    )


def disagreement(record: Mapping[str, Any], recorded: Mapping[str, Any], found: "Likelihood") -> str | None:
    """Say in a sentence in what a figure is not the recorded one; None where it is.

    Raises:
        ConfigError: Other items were measured.
    """
    if found.digest != recorded["digest"]:
        raise ConfigError(
            f"A check must measure the items that were recorded, of {recorded['dataset']} {recorded['split']} with "
            f"digest {recorded['digest']}, got {found.dataset} {found.split} with digest {found.digest}."
        )
    if abs(found.bits_per_dim - recorded["bits_per_dim"]) <= TOLERANCE:
        return None
    return (
        f"{record['checkpoint']} must be within {TOLERANCE:g} bits/dim of its record, {recorded['bits_per_dim']:.6f} "
        f"over {recorded['count']:,} items, got {found.bits_per_dim:.6f}; it was recorded by `{record['command']}`."
    )
