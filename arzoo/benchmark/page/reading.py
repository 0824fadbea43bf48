"""Everything that the page is made from, read file by file; what cannot be trusted is left out and named."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from arzoo import registry
from arzoo.benchmark import curves, likelihood
from arzoo.benchmark.results import KIND, Result, read_record
from arzoo.cards import Sample, Subject, carded, sample_in
from arzoo.checkpoints import config_of
from arzoo.checkpoints.config import WEIGHTS
from arzoo.errors import ArzooError, CheckpointError

FORMATS: Mapping[str, int] = {
    "likelihood": likelihood.FORMAT,
    "ensemble": likelihood.FORMAT,
    "labels": 1,
    "curve": curves.FORMAT,
}
"""`<checkpoint>.<kind>.json`, and the version of each that this page can read."""


FIGURE = ("nats", "nats_se", "bits_per_dim", "bits_per_dim_se", "count", "dims", "dataset", "split", "digest")
MEASURED = ("likelihood", "context", "averaged", "augmented", "ordering", "command", "commit", "machine", "parameters")
KEYS: Mapping[str, Sequence[str]] = {
    "likelihood": MEASURED,
    "ensemble": MEASURED,
    "labels": ("context", "items", "median_cost_nats", "pairs_where_the_wrong_class_costs", "accuracy"),
    "curve": ("points",),
}
PARTS: Mapping[str, Sequence[str]] = {
    "likelihood": ("bits_per_dim", "digest"),
    "sampling": ("rows", "dtype"),
    "training": ("batch", "accumulate", "precision", "update_seconds", "items_per_second", "flops_per_item"),
    "field": ("position", "seen", "earlier"),
}
ROW = ("batch", "events_per_second", "symbols_per_second", "times_faster", "peak_bytes")
"""Keys that the page reads, of records, of parts of results, and of the rows of sampling."""


@dataclass(frozen=True)
class Shown:
    """A checkpoint on the page.

    Attributes:
        subject: Its entry, config, likelihoods and samples.
        results: What was measured of it, one a machine.
        curve: Key points of its training, or None.
    """

    subject: Subject
    results: tuple[Result, ...] = ()
    curve: Mapping[str, Any] | None = None


@dataclass
class Found:
    """What could be read.

    Attributes:
        models: The checkpoints, by id.
        warnings: A sentence for each thing that was left out.
    """

    models: list[Shown] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def read_zoo(results: Path, samples: Path) -> Found:
    """Read what was recorded of every pinned checkpoint.

    Args:
        results: Folder of the records.
        samples: Folder of the samples.

    Returns:
        The checkpoints, and why records were left out: those truncated, of another version, of a checkpoint that
        nobody registers, or of weights whose sha256 is not the registered one.
    """
    found = Found()
    records = _records(results, found.warnings)
    measured = _results(results, records, found.warnings)
    for id in carded():
        try:
            found.models.append(_shown(id, records.get(id, {}), measured.get(id, []), samples, found.warnings))
        except ArzooError as error:
            found.warnings.append(f"{id} is left out: {error}")
    return found


def _shown(id: str, records: Mapping[str, Any], results: list[Result], samples: Path, warnings: list[str]) -> Shown:
    entry, config = registry.checkpoint_entry(id), config_of(id)
    kinds = {kind: record for kind, record in records.items() if kind != "curve"}
    sample = _sample(id, config.weights.sha256, samples, warnings)
    subject = Subject(id, id, config, entry.summary, kinds, sample)
    subject.entry  # noqa: B018  # of a plugin that is gone, an error here and not in the middle of the page
    return Shown(subject, tuple(results), records.get("curve"))


def _sample(id: str, sha256: str, samples: Path, warnings: list[str]) -> Sample | None:
    try:
        return sample_in(samples, id, sha256)
    except CheckpointError as error:
        warnings.append(f"The sample of {id} is left out: {error}")
        return None


def _records(folder: Path, warnings: list[str]) -> dict[str, dict[str, Any]]:
    """Return the records that hold, by checkpoint and kind."""
    found: dict[str, dict[str, Any]] = {}
    for kind, format in FORMATS.items():
        for path in sorted(folder.glob(f"*.{kind}.json")):
            try:
                record = read_record(path, format)
                name = registered(path, record.get("checkpoint"), record.get("weights_sha256"))
                _check_record(path, kind, record)
            except CheckpointError as error:
                warnings.append(f"{path.name} is left out: {_without_path(error, path)}")
            else:
                found.setdefault(name, {})[kind] = record
    return found


def _results(folder: Path, records: Mapping[str, Any], warnings: list[str]) -> dict[str, list[Result]]:
    """Return the results that hold, by checkpoint."""
    found: dict[str, list[Result]] = {}
    for path in sorted(folder.glob(f"*.{KIND}.json")):
        try:
            result = Result.read(path)
            name = registered(path, result.model, result.weights_sha256)
            _check_parts(path, result)
            _check_figure(path, result, records.get(name, {}).get("likelihood"))
        except CheckpointError as error:
            warnings.append(f"{path.name} is left out: {_without_path(error, path)}")
        else:
            found.setdefault(name, []).append(result)
    return found


def registered(path: Path, checkpoint: Any, sha256: Any) -> str:
    """Return the checkpoint that a record is of.

    Raises:
        CheckpointError: No such checkpoint is registered, or its weights have another sha256.
    """
    entry = registry.checkpoints().get(str(checkpoint))
    if entry is None or WEIGHTS not in entry.files:
        raise CheckpointError(f"{path} must be of a pinned checkpoint, got {checkpoint!r}.", file=path)
    expected = entry.files[WEIGHTS].sha256
    if sha256 != expected:
        raise CheckpointError(
            f"{path} must be of the weights of {checkpoint} that are registered, sha256 {expected}, got {sha256!r}. "
            "Measure it anew.",
            file=path,
            expected=expected,
            found=str(sha256),
        )
    return str(checkpoint)


def _check_record(path: Path, kind: str, record: Mapping[str, Any]) -> None:
    check_keys(path, kind, record, KEYS[kind])
    if "likelihood" in KEYS[kind]:
        check_keys(path, "likelihood", record["likelihood"], FIGURE)


def _check_parts(path: Path, result: Result) -> None:
    for name, keys in PARTS.items():
        part = result.part(name)
        if part is not None:
            check_keys(path, name, part, keys if name == "likelihood" else (*keys, "command", "commit"))
            for row in part.get("rows", ()):
                check_keys(path, f"row of {name}", row, ROW)


def check_keys(path: Path, what: str, found: Any, keys: Sequence[str]) -> None:
    """Refuse a part of a record that lacks what the page reads.

    Raises:
        CheckpointError: A key is missing, or it is no JSON object.
    """
    missing = [key for key in keys if not isinstance(found, Mapping) or key not in found]
    if missing:
        raise CheckpointError(
            f"{path} must have {', '.join(keys)} in its {what}, got none of {', '.join(missing)}. Measure it anew.",
            file=path,
        )


def _check_figure(path: Path, result: Result, record: Mapping[str, Any] | None) -> None:
    """Refuse a result whose copy of the likelihood is not what the record of it says."""
    copy = result.part("likelihood")
    if copy is None or record is None:
        return
    figure = record["likelihood"]
    same = copy.get("digest") == figure["digest"]
    if not same or abs(copy["bits_per_dim"] - figure["bits_per_dim"]) > likelihood.TOLERANCE:
        raise CheckpointError(
            f"{path} must agree with {result.model}.likelihood.json, {figure['bits_per_dim']:.4f} bits/dim of the "
            f"items {figure['digest'][:8]}, got {copy['bits_per_dim']:.4f} of {str(copy.get('digest'))[:8]}. "
            "Measure it anew.",
            file=path,
        )


def _without_path(error: Exception, path: Path) -> str:
    """Return what is wrong, without the folders of whoever made the page."""
    return str(error).replace(str(path), "it")
