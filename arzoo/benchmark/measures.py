"""The parts of a benchmark, each a function from a checkpoint to what is recorded of it."""

import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from arzoo.benchmark import likelihood
from arzoo.benchmark.data import load_for, trained_on
from arzoo.benchmark.field import measure_field
from arzoo.benchmark.results import read_record
from arzoo.benchmark.sampling import Measuring, measure_sampling
from arzoo.benchmark.subjects import subject
from arzoo.benchmark.training import measure_training
from arzoo.checkpoints import config_of
from arzoo.checkpoints.loading import load
from arzoo.errors import CheckpointError, ConfigError, DataError
from arzoo.evaluation import evaluate
from arzoo.model import AutoregressiveModel


@dataclass(frozen=True)
class Plan:
    """How to measure.

    Attributes:
        folder: Where the records lie and go.
        parts: Which of `PARTS`.
        device: Where models run; arzoo's choice where not given.
        data_root: Of the data sets.
        sampling: How much of sampling is timed.
        batch_size: Items a forward pass of the likelihood.
        again: Whether finished parts are measured again.
        options: Further words of the command that repeats a part.
    """

    folder: Path
    parts: tuple[str, ...]
    device: str | None = None
    data_root: Path | None = None
    sampling: Measuring = field(default_factory=Measuring)
    batch_size: int = 100
    again: bool = False
    options: str = ""

    def command(self, name: str, part: str) -> str:
        """Return the command that measures a part of a model anew, and nothing else."""
        return f"arzoo benchmark run {name} --part {part} --again{self.options}"


def measure_likelihood(name: str, plan: Plan) -> dict[str, Any]:
    """Return the likelihood of the whole test split: as recorded, or measured and recorded.

    A likelihood belongs to the weights and the split, not to the machine, so its record is shared by all machines,
    `<checkpoint>.likelihood.json`; what stands in a result is a copy of its figure.
    """
    path = plan.folder / f"{name}.likelihood.json"
    model = load(name, device=plan.device)
    kept = None if plan.again else recorded_likelihood(path, name)
    if kept is None or _of_other_items(kept, name, model, plan):
        kept = _measured_likelihood(name, model, plan)
        likelihood.write_record(path, kept)
    return {**kept["likelihood"], "record": path.name}


def recorded_likelihood(path: Path, name: str) -> Mapping[str, Any] | None:
    """Return the record of a likelihood; None where there is none, or one of another version or of other weights."""
    try:
        record = read_record(path, likelihood.FORMAT)
    except CheckpointError:
        return None
    same = record.get("weights_sha256") == config_of(name).weights.sha256 and record.get("checkpoint") == name
    return record if same and isinstance(record.get("likelihood"), dict) else None


def _of_other_items(record: Mapping[str, Any], name: str, model: AutoregressiveModel, plan: Plan) -> bool:
    """Whether the test split that is here is another than that of a record; where none is here or named, it stands."""
    try:
        data = load_for(model, trained_on(name, config_of(name)), "test", plan.data_root)
    except (ConfigError, DataError):
        return False
    return bool(data.digest != record["likelihood"].get("digest"))


def _measured_likelihood(name: str, model: AutoregressiveModel, plan: Plan) -> dict[str, Any]:
    config = config_of(name)
    data = load_for(model, trained_on(name, config), "test", plan.data_root)
    start = time.perf_counter()
    found = evaluate(model, data, batch_size=plan.batch_size, progress=False)
    seconds = round(time.perf_counter() - start, 1)
    subset = evaluate(model, data, limit=likelihood.SUBSET, progress=False)
    which = {"ensemble": None, "ordering": model.ordering.name}
    how = {"seconds": seconds, "batch_size": plan.batch_size, "command": f"arzoo eval {name}"}
    return likelihood.record_of(name, model, config, found, subset, **which, **how)


def _sampling(name: str, plan: Plan) -> dict[str, Any]:
    return asdict(measure_sampling(subject(name, device=plan.device, dtype="float32"), plan.sampling))


def _training(name: str, plan: Plan) -> dict[str, Any]:
    return measure_training(name, device=plan.device)


def _field(name: str, plan: Plan) -> dict[str, Any]:
    return measure_field(subject(name, device="cpu", dtype="float64"))


PARTS: Mapping[str, Callable[[str, Plan], dict[str, Any]]] = {
    "likelihood": measure_likelihood,
    "sampling": _sampling,
    "training": _training,
    "field": _field,
}
"""What is measured of a model, in this order."""
