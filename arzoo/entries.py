"""What a plugin registers: frozen entries of plain data, checked as they are made.

Entries hold names of functions, never functions, so that importing a plugin costs milliseconds.
A mistake is refused here, where its author sees it first, and not when a stranger loads the model.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field
from typing import Any

from arzoo.errors import ConfigError

_ARCHITECTURE = re.compile(r"[a-z0-9]+")
_DASHED = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_REFERENCE = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_COMMIT = re.compile(r"[0-9a-f]{40}")
_FILE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")  # no folder, no dot-file: such a name stays where it is put


@dataclass(frozen=True)
class PublishedResult:
    """A figure as a paper prints it, to be shown beside a measured one and marked as the paper's.

    Args:
        task: What was measured, such as "CIFAR-10".
        value: The figure.
        unit: Its unit, such as "bits/dim" or "nats".
        note: What a reader must know before comparing, such as "ensemble of 32 masks".
    """

    task: str
    value: float
    unit: str
    note: str = ""


@dataclass(frozen=True)
class Paper:
    """The paper that an architecture comes from.

    Args:
        title: As printed.
        year: Of first publication.
        link: An arXiv id ("arXiv:1606.05328"), a DOI or an address.
        authors: As a citation names them, such as "van den Oord et al.".
        results: The figures it reports.
    """

    title: str
    year: int
    link: str
    authors: str = ""
    results: Sequence[PublishedResult] = ()


@dataclass(frozen=True)
class File:
    """A file pinned by its content.

    Args:
        sha256: 64 lower-case hex digits.
        size: In bytes.
    """

    sha256: str
    size: int

    def __post_init__(self) -> None:
        _require(_SHA256, self.sha256, "The sha256 of a File", "64 lower-case hex digits")
        if not isinstance(self.size, int) or self.size < 0:
            raise ConfigError(f"The size of a File must be a number of bytes, got {self.size!r}.")


@dataclass(frozen=True)
class Checkpoint:
    """Pretrained weights of an architecture: where they lie and what every file must hash to.

    Args:
        id: "<architecture>-<tag>", where the tag is "[size-]<dataset>[-variant]".
        repo_id: "owner/name" of the Hub repository, or None while it is not published.
        revision: The commit there, 40 hex digits; of a foreign format, any branch or reference.
        files: File name to its pinned content; none of a foreign format, whose files are not pinned.
        bundle: "package:folder" where the files lie inside an installed package, or None.
        summary: One sentence for tables and cards.
        format: The foreign format of what lies in the repository, one of the converters of the architecture: weights
            of others, which are converted while they are loaded. None for a checkpoint of arzoo's.
    """

    id: str
    _: KW_ONLY
    repo_id: str | None = None
    revision: str | None = None
    files: Mapping[str, File] = field(default_factory=dict)
    bundle: str | None = None
    summary: str = ""
    format: str | None = None

    def __post_init__(self) -> None:
        _require(_DASHED, self.id, "The id of a Checkpoint", "lower-case words joined by dashes")
        if self.format is not None and self.repo_id is None:
            raise ConfigError(f"{self.id} of the format {self.format!r} must have a repo_id, got None.")
        if self.revision is not None and self.format is None:
            _require(_COMMIT, self.revision, f"The revision of {self.id}", "a commit of 40 hex digits")
        for name in self.files:
            _require(_FILE, name, f"A file of {self.id}", "a plain name without folders")

    @property
    def architecture(self) -> str:
        """The id of the architecture: what stands before the first dash."""
        return self.id.partition("-")[0]


@dataclass(frozen=True)
class ModelEntry:
    """An architecture: how it is built, at which named configs, and with which weights.

    Args:
        id: Lower-case letters and digits, no dash.
        build: "module:function" that returns an `AutoregressiveModel` for the arguments of a config.
        configs: Name to arguments. Every config whose name starts with "tiny" is run by `arzoo.testing`.
        paper: Where it comes from.
        recipes: Name to "package:path" of a training recipe.
        converters: Name of a foreign format to the "module:function" from `arzoo.checkpoints.ForeignWeights`, and
            options by name, to `arzoo.checkpoints.Converted`.
        checkpoints: Its pretrained weights.
        summary: One sentence for tables.
        title: The name as the paper prints it, such as "Gated PixelCNN".
        limits: What the architecture cannot do, for the cards of its checkpoints.
    """

    id: str
    build: str
    configs: Mapping[str, Mapping[str, Any]]
    paper: Paper | None = None
    recipes: Mapping[str, str] = field(default_factory=dict)
    converters: Mapping[str, str] = field(default_factory=dict)
    checkpoints: Sequence[Checkpoint] = ()
    summary: str = ""
    title: str = ""
    limits: str = ""

    def __post_init__(self) -> None:
        _require(_ARCHITECTURE, self.id, "The id of a ModelEntry", "lower-case letters and digits, no dash")
        _require_reference(self.build, f"`build` of {self.id}")
        for name, converter in self.converters.items():
            _require_reference(converter, f"Converter {name!r} of {self.id}")
        if not self.configs:
            raise ConfigError(f"{self.id} must have at least one config, got {{}}. Add one named 'tiny'.")
        for checkpoint in self.checkpoints:
            _require_owner(self.id, checkpoint)
            if checkpoint.format not in (None, *self.converters):
                known = ", ".join(self.converters) or "none"
                raise ConfigError(f"The format of {checkpoint.id} must be one of {known}, got {checkpoint.format!r}.")


@dataclass(frozen=True)
class DatasetEntry:
    """A data set.

    Args:
        id: Lower-case words joined by dashes.
        load: "module:function" that reads a split.
        summary: One sentence for tables.
        license: As its publisher states it; "unknown" is an answer too.
        hub_id: "owner/name" of the data set on the Hub, or nothing where it is not there.
        weights_license: Of weights trained on it, as the Hub spells licences; a share-alike one binds them.
        limits: What it holds and what it lacks, so what a model that learnt it knows and does not know.
        unlike: Ids of what papers measure under a like name, and why a figure on that is no figure on this.
    """

    id: str
    load: str
    summary: str = ""
    license: str = "unknown"
    hub_id: str = ""
    weights_license: str = "apache-2.0"
    limits: str = ""
    unlike: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _require(_DASHED, self.id, "The id of a DatasetEntry", "lower-case words joined by dashes")
        _require_reference(self.load, f"`load` of {self.id}")


@dataclass(frozen=True)
class OrderingEntry:
    """An ordering of positions: its id and the "module:function" that builds it."""

    id: str
    build: str

    def __post_init__(self) -> None:
        _require(_DASHED, self.id, "The id of an OrderingEntry", "lower-case words joined by dashes")
        _require_reference(self.build, f"`build` of {self.id}")


@dataclass(frozen=True)
class HeadEntry:
    """An output distribution: its id and the "module:function" that builds it."""

    id: str
    build: str

    def __post_init__(self) -> None:
        _require(_DASHED, self.id, "The id of a HeadEntry", "lower-case words joined by dashes")
        _require_reference(self.build, f"`build` of {self.id}")


Entry = ModelEntry | DatasetEntry | OrderingEntry | HeadEntry


def _require(pattern: re.Pattern[str], value: object, what: str, rule: str) -> None:
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise ConfigError(f"{what} must be {rule}, got {value!r}.")


def _require_reference(value: object, what: str) -> None:
    _require(_REFERENCE, value, what, 'written "module:function"')


def _require_owner(architecture: str, checkpoint: Checkpoint) -> None:
    if checkpoint.architecture != architecture or checkpoint.id == architecture:
        wanted = f"{architecture}-<tag>"
        raise ConfigError(f"A checkpoint of {architecture} must be named {wanted!r}, got {checkpoint.id!r}.")
