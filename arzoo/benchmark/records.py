"""What is recorded of a measurement, so that a reader can judge the figures and measure them again."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from arzoo.errors import ConfigError
from arzoo.files import write_json

FORMAT = 1
"""Of the files; another number is another meaning of some field."""


@dataclass(frozen=True)
class SamplingRow:
    """How fast a model samples at one batch.

    Attributes:
        batch: Events at a time.
        steps: Positions that were timed, one after another.
        first: The first of them; they are at the middle of events that are not timed whole.
        rounds: How often.
        step_seconds: Mean of the steps of a round, those that begin a row among them; the median round's.
        median_step_seconds: Of all steps.
        events_per_second: Extrapolated from the mean step; None for events whose length is free.
        symbols_per_second: Likewise, of all events of the batch together.
        weight_bytes: That a step reads, on average.
        operations: Of a step, on average; a multiplication and an addition are two.
        floor_seconds: The longer of weight bytes by bandwidth, and operations by peak.
        bound: Which of the two it is, "weights" or "operations".
        times_floor: `step_seconds` by `floor_seconds`.
        pass_seconds: Of a whole pass, which is a step of a loop without cache.
        times_faster: `pass_seconds` by `step_seconds`: extrapolated, since no such loop was run.
        state_bytes: Of all that a sampler keeps, what it packs of the weights among it.
        activation_bytes: Of what it keeps for the events alone.
        peak_bytes: The most memory while it sampled: the process's, or an accelerator's tensors.
    """

    batch: int
    steps: int
    first: int
    rounds: int
    step_seconds: float
    median_step_seconds: float
    events_per_second: float | None
    symbols_per_second: float
    weight_bytes: float
    operations: float
    floor_seconds: float
    bound: str
    times_floor: float
    pass_seconds: float
    times_faster: float
    state_bytes: int
    activation_bytes: int
    peak_bytes: int


@dataclass(frozen=True)
class SamplingRecord:
    """How fast a model samples, and where that was measured.

    Attributes:
        model: A checkpoint, or "architecture:config".
        architecture: Id.
        arguments: Of its builder.
        parameters: How many.
        event_shape: Of the model.
        positions: Steps of an event; of a free length, of the length that was measured.
        dtype: Of the weights.
        bandwidth: Bytes a second that the machine reads of a working set as large as the weights.
        bandwidth_how: How that was measured.
        peak: Operations a second.
        peak_how: How that was measured.
        rows: One a batch.
        machine: In words.
        threads: Of torch.
        torch: Version.
        commit: Of arzoo.
        allocator: Variables of the environment that change how memory is handed out.
        command: That made this.
    """

    model: str
    architecture: str | None
    arguments: Mapping[str, Any]
    parameters: int
    event_shape: tuple[int | None, ...]
    positions: int
    dtype: str
    bandwidth: float
    bandwidth_how: str
    peak: float
    peak_how: str
    rows: tuple[SamplingRow, ...]
    machine: str
    threads: int
    torch: str
    commit: str | None
    allocator: Mapping[str, str]
    command: str | None

    @property
    def filename(self) -> str:
        """The name of the file, after the model's."""
        kind, _, rest = self.model.rpartition(":")
        place = kind in ("local-dir", "hf-hub")
        return f"{Path(rest).name if place else self.model.replace(':', '-')}.sampling.json"

    def write(self, folder: Path) -> Path:
        """Write the file into a folder, whole or not at all, and return its path."""
        path = folder / self.filename
        write_json(path, {"format": FORMAT, **asdict(self)})
        return path

    @classmethod
    def read(cls, path: Path) -> Self:
        """Return what a file holds.

        Raises:
            ConfigError: It is no such record, or one of another format.
        """
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
            if found.pop("format", None) != FORMAT:
                raise TypeError
            return cls.of(found)
        except (AttributeError, KeyError, TypeError, ValueError):
            rule = f"A record of sampling must be JSON of format {FORMAT}, got {str(path)!r}."
            raise ConfigError(f"{rule} Write it with `arzoo benchmark sampling NAME --json {path.parent}`.") from None

    @classmethod
    def of(cls, found: Mapping[str, Any]) -> Self:
        """Return the record that JSON holds, in a file of its own or as a part of a `Result`.

        Raises:
            TypeError: Keys are missing or unknown.
        """
        rows = tuple(SamplingRow(**row) for row in found["rows"])
        return cls(**{**found, "rows": rows, "event_shape": tuple(found["event_shape"])})
