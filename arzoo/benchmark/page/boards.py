"""What may stand in one column: figures of the same quantity, of the same items, gained in the same way.

Comparability is data here, not care: a figure goes to the board of its key and to no other, so that what differs in
any part of it can share neither a column nor an axis.
"""

import hashlib
import math
import re
from collections.abc import Mapping
from dataclasses import astuple, dataclass
from typing import Any

from arzoo.cards import Subject

TOKENS = "nats/token"
"""The unit where levels stand for something lossy, such as codes: no bits of the image."""


@dataclass(frozen=True, order=True)
class Board:
    """The key of figures that may be compared.

    Attributes:
        dataset: Id of the data set; the static binarisation of MNIST is another one than ours.
        digest: Of the items: another draw, another subset or another edition of ImageNet has another one.
        unit: Of the figure; nats of palette tokens or codes are no bits of pixels.
        told: What the models are told besides.
        exact: Whether the likelihood is exact; a bound stands apart.
        several: Whether several orderings or connectivities are mixed.
        augmented: Whether the training images were changed.
    """

    dataset: str
    digest: str
    unit: str
    told: tuple[str, ...]
    exact: bool
    several: bool
    augmented: bool

    @property
    def slug(self) -> str:
        """A name for addresses: the data set for people, and the whole key for the page, which tells boards by it."""
        whole = hashlib.sha256(repr(astuple(self)).encode()).hexdigest()
        return f"{'-'.join(re.findall('[a-z0-9]+', self.dataset.lower()))}-{whole[:12]}"

    @property
    def name(self) -> str:
        """A name for people: the data set, and what is not as it usually is."""
        unusual = {"a bound": not self.exact, "ensembles": self.several, "augmented": self.augmented}
        told = [f"told {' and '.join(self.told)}"] if self.told else []
        return ", ".join([self.dataset, *told, *(word for word, holds in unusual.items() if holds)])

    @property
    def traits(self) -> list[str]:
        """What every figure of the board has in common, in words."""
        return [
            f"told {' and '.join(self.told)}" if self.told else "unconditional",
            "exact likelihood" if self.exact else "a bound, not a likelihood",
            "mixtures of orderings or masks" if self.several else "one ordering",
            "augmented" if self.augmented else "not augmented",
            f"items {self.digest[:8]}",
        ]


@dataclass(frozen=True)
class Figure:
    """A measured likelihood on its board.

    Attributes:
        board: Where it stands.
        value: In the board's unit.
        error: Its standard error.
        nats: An event, with standard error; None of clips.
        nats_error: Likewise.
        count: Items.
        ordering: Or what is mixed.
        averaged: Whether the weights are an average.
        command: That repeats it.
        commit: Of arzoo, or None.
        machine: In words.
    """

    board: Board
    value: float
    error: float
    nats: float | None
    nats_error: float | None
    count: int
    ordering: str
    averaged: bool
    command: str
    commit: str | None
    machine: str


def figure_of(subject: Subject, record: Mapping[str, Any]) -> Figure:
    """Return a recorded likelihood as a figure on its board.

    Args:
        subject: The checkpoint.
        record: Of its likelihood, or of a mixture's.
    """
    measured, unit = record["likelihood"], unit_of(subject)
    scale = math.log(2) if unit == TOKENS else 1.0
    board = Board(
        dataset=measured["dataset"],
        digest=measured["digest"],
        unit=unit,
        told=tuple(sorted(record["context"])),
        exact=record.get("exact") is not False,
        several=record.get("ensemble") is not None,
        augmented=record["augmented"],
    )
    return Figure(
        board=board,
        value=scale * measured["bits_per_dim"],
        error=scale * measured["bits_per_dim_se"],
        nats=measured["nats"] if measured["dims"] else None,
        nats_error=measured["nats_se"] if measured["dims"] else None,
        count=measured["count"],
        ordering=record.get("ensemble") or record["ordering"],
        averaged=bool(record["averaged"]),
        command=record["command"],
        commit=record["commit"],
        machine=record["machine"],
    )


def published_beside(subject: Subject, board: Board) -> list[str]:
    """Return what the architecture's paper prints of the same question, to stand beside ours, marked as the paper's.

    A figure with a note is about something else than one exact ordering without augmentation, such as an ensemble; so
    is one in another unit, such as nats an image.
    """
    paper = subject.entry.paper
    if paper is None or board.told or board.several or board.augmented or not board.exact:
        return []
    same = (each for each in paper.results if each.task == board.dataset and each.unit == board.unit and not each.note)
    return [f"{each.value:g} {each.unit}" for each in same]


def unit_of(subject: Subject) -> str:
    """Return what a likelihood of a model is counted in."""
    return TOKENS if subject.spec and subject.spec.levels_are else f"bits/{subject.symbol}"
