"""What may stand in one column: figures of the same quantity, of the same items, gained in the same way.

Comparability is data here, not care: a figure goes to the board of its key and to no other, so that what differs in
any part of it can share neither a column nor an axis.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from arzoo.cards import Subject

TOKENS = {"palette": "colour", "vqvae": "code"}
"""Data specs whose levels stand for something lossy: nats a token, and no bits of the image."""


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
        """A name for addresses: the digest is in it only as far as it tells boards apart for people."""
        words = [self.dataset, *self.told]
        words += ["bound"] * (not self.exact) + ["ensemble"] * self.several + ["augmented"] * self.augmented
        words += ["tokens"] * self.unit.startswith("nats")
        return "-".join([*words, self.digest[:6]])

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
        commit: Of arzoo.
        machine: In words.
    """

    board: Board
    value: float
    error: float | None
    nats: float | None
    nats_error: float | None
    count: int
    ordering: str
    averaged: bool
    command: str
    commit: str
    machine: str


def figure_of(subject: Subject, record: Mapping[str, Any]) -> Figure:
    """Return a recorded likelihood as a figure on its board.

    Args:
        subject: The checkpoint.
        record: Of its likelihood, or of a mixture's.
    """
    measured, unit = record["likelihood"], unit_of(subject)
    scale = math.log(2) if unit.startswith("nats") else 1.0
    board = Board(
        dataset=measured["dataset"],
        digest=measured["digest"],
        unit=unit,
        told=tuple(record["context"]),
        exact=bool(record.get("exact", True)),
        several=bool(record.get("ensemble")),
        augmented=bool(record["augmented"]),
    )
    error = measured["bits_per_dim_se"]
    return Figure(
        board=board,
        value=scale * measured["bits_per_dim"],
        error=None if error is None else scale * error,
        nats=measured["nats"] if measured["dims"] else None,
        nats_error=measured["nats_se"] if measured["dims"] else None,
        count=measured["count"],
        ordering=str(record.get("ensemble") or record["ordering"]),
        averaged=bool(record["averaged"]),
        command=str(record["command"]),
        commit=str(record["commit"]),
        machine=str(record["machine"]),
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
    kind = str((subject.config.data or {}).get("kind", ""))
    return f"nats/{TOKENS[kind]}" if kind in TOKENS else f"bits/{subject.symbol}"
