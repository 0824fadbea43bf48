"""The results on a card: what was measured, and apart from it what the paper prints."""

import math
import re
from collections.abc import Iterator, Sequence

from arzoo.cards.records import Record
from arzoo.cards.subject import Subject
from arzoo.entries import PublishedResult
from arzoo.evaluation import PASSAGE

ITEMS = {"image": "images", "audio": "clips", "text": "texts"}
UNMEASURED = "Nothing was recorded of these weights."


def results(subject: Subject) -> str:
    """Return the section, every figure of it from a record or from the paper's entry."""
    parts = [*_likelihood(subject), *_ensemble(subject), *_labels(subject), *_published(subject)]
    return "\n\n".join(parts or [UNMEASURED])


def table(rows: Sequence[Sequence[str]]) -> str:
    """Return rows, the first one the head, in Markdown; a bar within a cell stays in it."""
    lines = ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    return "\n".join([lines[0], "|" + " --- |" * len(rows[0]), *lines[1:]])


def counted(machine: str) -> str:
    """Return a machine in words as it is recorded today: one thread was once "1 threads".

    Example:
        >>> counted("2 processes, each 1 threads of a processor"), counted("11 threads of another")
        ('2 processes, each 1 thread of a processor', '11 threads of another')
    """
    return re.sub(r"\b1 threads", "1 thread", machine)


def _likelihood(subject: Subject) -> Iterator[str]:
    record = subject.records.get("likelihood")
    if record is None:
        return
    spread = _spread(subject, record)
    yield f"Negative log-likelihood, exact, {_of_what(subject, record)}. ± is one standard error over {spread}."
    yield table([["measured here", "value"], *_figures(subject, record), *_how(record)])
    if subject.context:
        yield f"A likelihood given {subject.told}: to be compared with those of models that are told the same."


def _of_what(subject: Subject, record: Record) -> str:
    """Say of which items, in which order, by which weights."""
    measured = record["likelihood"]
    several = f"{measured['count']:,} {ITEMS[subject.medium]}"
    size = several if measured["count"] > 1 else f"{measured['symbols']:,} {subject.symbol}s"
    each = f" of {measured['dims']:,} dimensions" if measured["dims"] else ""
    weights = "averaged (EMA) weights" if record["averaged"] else "weights not averaged"
    augmented = "augmented" if record["augmented"] else "not augmented"
    order = f"one ordering, {record['ordering']}" if not record.get("ensemble") else str(record["ensemble"])
    split = f"whole {measured['split']} split of `{measured['dataset']}`"
    return f"of the {split}: {size}{each}; {order}; {weights}; {augmented}; {record['dtype']}"


def _spread(subject: Subject, record: Record) -> str:
    """Say what the standard error is over: a lone text is cut into passages."""
    alone = record["likelihood"]["count"] == 1
    return f"passages of {PASSAGE:,} {subject.symbol}s" if alone else ITEMS[subject.medium]


def _figures(subject: Subject, record: Record) -> Iterator[list[str]]:
    measured = record["likelihood"]
    bits, error = measured["bits_per_dim"], measured["bits_per_dim_se"]
    yield [f"**bits/{subject.symbol}**", f"**{bits:.4f} ± {error:.4f}**"]
    if measured["dims"] is None:
        yield [f"nats/{subject.symbol}", f"{bits * math.log(2):.4f} ± {error * math.log(2):.4f}"]
    else:
        yield [f"nats an {subject.medium}", f"{measured['nats']:.2f} ± {measured['nats_se']:.2f}"]


def _how(record: Record) -> Iterator[list[str]]:
    yield ["digest of the split", f"`{record['likelihood']['digest']}`"]
    yield ["command", f"`{record['command']}`"]
    yield ["commit", f"`{record['commit']}`"]
    yield ["machine", f"{counted(record['machine'])}, torch {record['torch']}"]


def _ensemble(subject: Subject) -> Iterator[str]:
    """Return what several orderings reach together, which is no figure of the model alone."""
    record = subject.records.get("ensemble")
    if record is not None:
        yield f"The same weights as an {record['ensemble']}, which is another model and has a table of its own:"
        yield table([["measured here", "value"], *_figures(subject, record), *_how(record)])


def _labels(subject: Subject) -> Iterator[str]:
    record = subject.records.get("labels")
    if record is not None:
        yield (
            f"Told a wrong {record['context']} on purpose, {record['items']:,} test items lose a median of "
            f"{record['median_cost_nats']:.1f} nats; of all pairs of an item and a wrong {record['context']} "
            f"{record['pairs_where_the_wrong_class_costs']:.1%} cost likelihood, and for {record['accuracy']:.1%} of "
            "the items their own is the likeliest."
        )


def _published(subject: Subject) -> Iterator[str]:
    paper = subject.entry.paper
    if paper is None or not paper.results:
        return
    yield f"What the paper prints, of its own networks (*{paper.title}*, {paper.year}); not measured here:"
    rows = [_published_row(subject, result) for result in paper.results]
    yield table([["the paper's", "on", "beside the figures above"], *rows])


def _published_row(subject: Subject, result: PublishedResult) -> list[str]:
    note = f", {result.note}" if result.note else ""
    return [f"{result.value:g} {result.unit}", f"{result.task}{note}", comparison(subject, result)]


def comparison(subject: Subject, result: PublishedResult) -> str:
    """Say whether a figure may be read beside those that were measured, and if not, why not."""
    dataset = subject.dataset
    if dataset and result.task in dataset.unlike:
        return f"Not to be compared. {dataset.unlike[result.task]}"
    if dataset is None or result.task != dataset.id:
        return "Not to be compared: another data set."
    if subject.context:
        return f"The same data, but this model is told {subject.told}."
    return "The same data; the paper's network and training are its own."
