"""All that a card is made from: a checkpoint's entry, its config, its records, its samples."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from arzoo import registry
from arzoo.cards.records import RESULTS, Record, recorded
from arzoo.cards.samples import FOLDER, Sample, sample_in
from arzoo.checkpoints import CheckpointConfig, config_of
from arzoo.context import ContextSpec, context_from_config
from arzoo.data import spec_from_config
from arzoo.data.specs import DataSpec
from arzoo.entries import DatasetEntry, ModelEntry


@dataclass(frozen=True)
class Subject:
    """Weights that a card describes.

    Args:
        id: The checkpoint's, or the name of a repository.
        load: What `arzoo.load` takes.
        config: The checkpoint's.
        summary: One sentence.
        records: What was measured, by kind.
        sample: What it drew, or None.
        license: Of the weights, as the Hub spells licences; by default what the data set's entry says.
    """

    id: str
    load: str
    config: CheckpointConfig
    summary: str = ""
    records: Mapping[str, Record] = field(default_factory=dict)
    sample: Sample | None = None
    license: str | None = None

    @cached_property
    def entry(self) -> ModelEntry:
        """The architecture."""
        return registry.model_entry(self.config.architecture)

    @property
    def title(self) -> str:
        """The architecture's name as its paper prints it."""
        return self.entry.title or self.entry.id

    @cached_property
    def spec(self) -> DataSpec | None:
        """How raw data become levels."""
        return spec_from_config(self.config.data) if self.config.data else None

    @property
    def medium(self) -> str:
        """What it is a model of: "image", "audio" or "text"."""
        return self.spec.medium if self.spec else "image"

    @property
    def symbol(self) -> str:
        """What one dimension of an event is called in a likelihood."""
        return {"audio": "sample", "text": "character"}.get(self.medium, "dim")

    @cached_property
    def context(self) -> Mapping[str, ContextSpec]:
        """What it is told, by name."""
        return context_from_config(self.config.context)

    @property
    def told(self) -> str:
        """What it is told, in words; empty for nothing."""
        return " and ".join(f"the {name}" for name in self.context)

    @property
    def event_shape(self) -> tuple[Any, ...]:
        """Shape of an event; None where the length is free."""
        return tuple(self.config.ordering["event_shape"])

    @property
    def events(self) -> str:
        """What an event is, in words."""
        if None in self.event_shape:
            return "sequences of any length"
        return f"events of shape {'×'.join(map(str, self.event_shape))}"

    @property
    def training(self) -> Mapping[str, Any]:
        """Where the weights come from; empty where nobody said."""
        return self.config.training or {}

    @property
    def recipe(self) -> Mapping[str, Any]:
        """What decided the training; empty where nobody said."""
        return self.training.get("recipe") or {}

    @property
    def dataset_id(self) -> str | None:
        """What it was trained on."""
        return self.recipe.get("data", {}).get("dataset")

    @property
    def dataset(self) -> DatasetEntry | None:
        """The entry of what it was trained on, if it is registered."""
        return registry.datasets().get(self.dataset_id or "")


def checkpoint_subject(id: str, *, results: Path = RESULTS, samples: Path = FOLDER) -> Subject:
    """Return what the card of a checkpoint of the zoo is made from.

    Args:
        id: Of a pinned checkpoint.
        results: Where the recorded results lie.
        samples: Where its samples lie.

    Raises:
        UnknownModelError: No checkpoint is called so.
        CheckpointError: Its config is not here, or a record or a sample is of other weights.
    """
    entry, config = registry.checkpoint_entry(id), config_of(id)
    weights = config.weights.sha256
    records, sample = recorded(id, weights, results), sample_in(samples, id, weights)
    return Subject(id, id, config, entry.summary, records, sample)
