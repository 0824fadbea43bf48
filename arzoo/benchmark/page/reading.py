"""Everything that the page is made from, read file by file; what cannot be trusted is left out and named."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from arzoo import registry
from arzoo.benchmark import curves, likelihood
from arzoo.benchmark.page.shapes import FAILURE, PARTS, RECORDS, RESULT, ROW, check_shape
from arzoo.benchmark.results import FAILED, KIND, Result, read_record
from arzoo.cards import Sample, Subject, card, carded, sample_in
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


@dataclass(frozen=True)
class Shown:
    """A checkpoint on the page.

    Attributes:
        subject: Its entry, config, likelihoods and samples.
        card: Its model card, in Markdown.
        results: What was measured of it, one a machine.
        curve: Key points of its training, or None.
    """

    subject: Subject
    card: str
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
        The checkpoints, and why records were left out: those truncated, of another version, of values that cannot be,
        of a checkpoint that nobody registers, or of weights whose sha256 is not the registered one; and why a
        checkpoint was, of which its plugin says what cannot be shown.
    """
    found = Found()
    records = _records(results, found.warnings)
    measured = _results(results, records, found.warnings)
    for id in carded():
        try:
            found.models.append(_shown(id, records.get(id, {}), measured.get(id, []), samples, found.warnings))
        except ArzooError as error:
            found.warnings.append(f"{id} is left out: {error}")
        except Exception as error:  # a plugin may hold anything, and one must not cost the page of all
            found.warnings.append(f"{id} is left out: {type(error).__name__}: {error}")
    return found


def _shown(id: str, records: Mapping[str, Any], results: list[Result], samples: Path, warnings: list[str]) -> Shown:
    entry, config = registry.checkpoint_entry(id), config_of(id)
    kinds = {kind: record for kind, record in records.items() if kind != "curve"}
    sample = _sample(id, config.weights.sha256, samples, warnings)
    subject = Subject(id, id, config, entry.summary, kinds, sample)
    return Shown(subject, card(subject), tuple(results), records.get("curve"))


def _sample(id: str, sha256: str, samples: Path, warnings: list[str]) -> Sample | None:
    try:
        return sample_in(samples, id, sha256)
    except (CheckpointError, OSError, ValueError) as error:  # of other weights, or no picture
        warnings.append(f"The sample of {id} is left out: {_without(samples, error)}")
        return None


def _records(folder: Path, warnings: list[str]) -> dict[str, dict[str, Any]]:
    """Return the records that hold, by checkpoint and kind."""
    found: dict[str, dict[str, Any]] = {}
    for kind, format in FORMATS.items():
        for path in sorted(folder.glob(f"*.{kind}.json")):
            with _left_out(path, warnings):
                record = read_record(path, format)
                check_shape(path, "record", record, RECORDS[kind])
                name = registered(path, record.get("checkpoint"), record.get("weights_sha256"))
                check_name(path, f"{name}.{kind}.json")
                found.setdefault(name, {})[kind] = record
    return found


def _results(folder: Path, records: Mapping[str, Any], warnings: list[str]) -> dict[str, list[Result]]:
    """Return the results that hold, by checkpoint."""
    found: dict[str, list[Result]] = {}
    for path in sorted(folder.glob(f"*.{KIND}.json")):
        with _left_out(path, warnings):
            result = Result.read(path)
            _check_parts(path, result)
            name = registered(path, result.model, result.weights_sha256)
            check_name(path, result.filename)
            _check_figure(path, result, records.get(name, {}).get("likelihood"))
            found.setdefault(name, []).append(result)
    return found


@contextmanager
def _left_out(path: Path, warnings: list[str]) -> Iterator[None]:
    """Turn what is wrong with a file into a warning that names it, without the folders of whoever makes the page."""
    try:
        yield
    except ArzooError as error:
        warnings.append(f"{path.name} is left out: {str(error).replace(str(path), 'it')}")


def _without(folder: Path, error: Exception) -> str:
    return str(error).replace(f"{folder}{os.sep}", "")


def registered(path: Path, checkpoint: Any, sha256: Any) -> str:
    """Return the checkpoint that a record is of.

    Raises:
        CheckpointError: No such checkpoint is registered, or its weights have another sha256.
    """
    entry = registry.checkpoints().get(str(checkpoint))
    if entry is None or WEIGHTS not in entry.files:
        raise CheckpointError(f"{path} must be of a pinned checkpoint, got {checkpoint!r:.80}.", file=path)
    expected = entry.files[WEIGHTS].sha256
    if sha256 != expected:
        raise CheckpointError(
            f"{path} must be of the weights of {checkpoint} that are registered, sha256 {expected}, got {sha256!r:.80}."
            " Measure it anew.",
            file=path,
            expected=expected,
            found=str(sha256),
        )
    return str(checkpoint)


def check_name(path: Path, name: str) -> None:
    """Refuse a file of another name than its content gives it: a copy would count twice, or win by its name.

    Raises:
        CheckpointError: It is called otherwise.
    """
    if path.name != name:
        raise CheckpointError(f"{path} must be called {name}, as its content says. Remove it.", file=path)


def _check_parts(path: Path, result: Result) -> None:
    check_shape(path, "record", vars(result), RESULT)
    for name, part in result.parts.items():
        failed = isinstance(part, dict) and FAILED in part
        check_shape(path, name, part, FAILURE if failed else PARTS.get(name, {}))
    sampling = result.part("sampling")
    for row in sampling["rows"] if sampling else ():
        check_shape(path, "row of sampling", row, ROW)


def _check_figure(path: Path, result: Result, record: Mapping[str, Any] | None) -> None:
    """Refuse a result whose copy of the likelihood is not what the record of it says."""
    copy = result.part("likelihood")
    if copy is None or record is None:
        return
    figure = record["likelihood"]
    same = copy["digest"] == figure["digest"]
    if not same or abs(copy["bits_per_dim"] - figure["bits_per_dim"]) > likelihood.TOLERANCE:
        raise CheckpointError(
            f"{path} must agree with {result.model}.likelihood.json, {figure['bits_per_dim']:.4f} bits/dim of the "
            f"items {figure['digest'][:8]}, got {copy['bits_per_dim']:.4f} of {copy['digest'][:8]}. Measure it anew.",
            file=path,
        )
