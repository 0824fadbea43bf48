"""The section of a model: facts, figures with the commands that repeat them, what its paper prints, its card."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from arzoo.benchmark.measures import PARTS
from arzoo.benchmark.page.boards import Figure, figure_of
from arzoo.benchmark.page.pictures import field_uri, field_words, sample_uri
from arzoo.benchmark.page.reading import Shown
from arzoo.benchmark.page.speeds import flops_of, parameters_of
from arzoo.benchmark.page.text import html_of
from arzoo.benchmark.results import Result
from arzoo.cards.origin import address
from arzoo.cards.results import comparison, counted


@dataclass(frozen=True)
class Row:
    """A measured figure.

    Attributes:
        what: It is.
        value: With its unit.
        command: That repeats it.
        where: Machine and commit.
    """

    what: str
    value: str
    command: str
    where: str


@dataclass(frozen=True)
class Section:
    """What the page says of a model.

    Attributes:
        shown: The model.
        figures: Its likelihoods, each on its board.
        flops: Of its training.
        parameters: How many.
        rows: Every measured figure.
        failures: What could not be measured, and why, one a machine and part.
        missing: What nobody has tried to measure.
        published: What its paper prints: figure, of what, whether it may be compared.
        card: As HTML.
        sample: Address of a picture, or None.
        field: Of a receptive field: the record, an address of its picture or None, and words.
    """

    shown: Shown
    figures: tuple[Figure, ...]
    flops: float | None
    parameters: int | None
    rows: tuple[Row, ...]
    failures: tuple[str, ...]
    missing: tuple[str, ...]
    published: tuple[tuple[str, str, str], ...]
    card: str
    sample: str | None
    field: Mapping[str, Any] | None

    @property
    def paper_url(self) -> str | None:
        """The address of the paper."""
        paper = self.shown.subject.entry.paper
        return address(paper.link) if paper else None


def section_of(shown: Shown) -> Section:
    """Return what the page says of a model."""
    subject = shown.subject
    kinds = [kind for kind in ("likelihood", "ensemble") if kind in subject.records]
    figures = tuple(figure_of(subject, subject.records[kind]) for kind in kinds)
    picture = subject.sample is not None and subject.sample.text is None
    return Section(
        shown=shown,
        figures=figures,
        flops=flops_of(shown),
        parameters=parameters_of(shown),
        rows=(*map(_likelihood_row, figures), *(row for result in shown.results for row in _rows(result))),
        failures=tuple(
            f"{part}, on {result.machine}: {reason}"
            for result in shown.results
            for part, reason in result.failures().items()
        ),
        missing=tuple(part for part in PARTS if not _tried(shown, part)),
        published=tuple(_published(shown)),
        card=html_of(shown.card),
        sample=sample_uri(subject.sample) if picture and subject.sample else None,
        field=_field(shown),
    )


def _tried(shown: Shown, part: str) -> bool:
    return part in shown.subject.records or any(part in result.parts for result in shown.results)


def quantity(value: float) -> str:
    """Return a figure with three digits and a prefix.

    Example:
        >>> quantity(1_234_567), quantity(0.1234), quantity(2.86e12)
        ('1.23 M', '0.123', '2.86 T')
    """
    for size, prefix in ((1e18, "E"), (1e15, "P"), (1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return f"{value / size:.3g} {prefix}" if value / size < 999.5 else f"{value / size:.0f} {prefix}"
    return f"{value:.3g}"


def _likelihood_row(figure: Figure) -> Row:
    items = f"{figure.count:,} item{'s' if figure.count > 1 else ''}"
    weights = "averaged weights" if figure.averaged else "weights not averaged"
    what = f"likelihood, whole split of {figure.board.dataset}, {items}, {figure.ordering}, {weights}"
    value = f"{figure.value:.4f} ± {figure.error:.4f} {figure.board.unit}"
    return Row(what, value, figure.command, f"{counted(figure.machine)}, {_commit(figure.commit)}")


def _rows(result: Result) -> Iterator[Row]:
    sampling, training, field = (result.part(name) for name in ("sampling", "training", "field"))
    if sampling:
        where = _where(result, sampling)
        for row in sampling["rows"]:
            events = row["events_per_second"]
            speed = (
                f"{quantity(row['symbols_per_second'])} symbols/s" if events is None else f"{quantity(events)} events/s"
            )
            what = f"sampling, batch {row['batch']}, {sampling['dtype']}"
            yield Row(
                what, f"{speed}, {row['times_faster']:.3g} times as fast as whole passes", sampling["command"], where
            )
            peak = f"{quantity(row['peak_bytes'])}B of the process"
            yield Row(f"peak memory while sampling, batch {row['batch']}", peak, sampling["command"], where)
    if training:
        speed = f"{1000 * training['update_seconds']:.4g} ms, {quantity(training['items_per_second'])} items/s"
        what = f"training step, batch {training['batch'] * training['accumulate']}, {training['precision']}"
        yield Row(what, speed, training["command"], _where(result, training))
        yield Row(
            "operations to train on an item",
            f"{quantity(training['flops_per_item'])}FLOP",
            training["command"],
            _where(result, training),
        )
    if field:
        yield Row("receptive field", field_words(field), field["command"], _where(result, field))


def _where(result: Result, part: Mapping[str, Any]) -> str:
    tuned = f", {', '.join(result.allocator)} set" if result.allocator else ""
    return f"{counted(result.machine)}, torch {result.torch}{tuned}, {_commit(part['commit'])}"


def _commit(commit: str | None) -> str:
    """Return a commit in short, and whether files differed from it."""
    if commit is None:
        return "an installed arzoo"
    sha, _, dirty = commit.partition("-")
    return f"commit {sha[:10]}{' with changes' if dirty else ''}"


def _published(shown: Shown) -> Iterator[tuple[str, str, str]]:
    paper = shown.subject.entry.paper
    for result in paper.results if paper else ():
        note = f", {result.note}" if result.note else ""
        yield f"{result.value:g} {result.unit}", f"{result.task}{note}", comparison(shown.subject, result)


def _field(shown: Shown) -> dict[str, Any] | None:
    found = next((part for result in shown.results if (part := result.part("field"))), None)
    if found is None:
        return None
    picture = found.get("picture")
    return {**found, "uri": field_uri(picture) if picture else None, "words": field_words(found)}
