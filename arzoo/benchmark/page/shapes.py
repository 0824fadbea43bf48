"""What a record must hold for the page to show it: the type and the range of every value that is read."""

import reprlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from arzoo.benchmark.field import HERE, LATER, STEPS, UNSEEN
from arzoo.errors import CheckpointError

LARGEST = 1e30
"""What is measured here stays far below; it keeps out infinities, and NaN, which is below nothing."""

LONGEST, MOST = 2_000, 10_000
"""Characters of a text, and values of a list."""


@dataclass(frozen=True)
class Kind:
    """A kind of value, in words and as a test."""

    words: str
    holds: Callable[[Any], bool]


Shape = Mapping[str, "Kind | Shape"]
"""The keys of an object that are read; what is missing is None."""


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < LARGEST


def _text(value: Any) -> bool:
    """Without marks that turn the direction of what stands beside it, and other characters that nobody sees."""
    return isinstance(value, str) and len(value) <= LONGEST and " ".join(value.split()).isprintable()


def optional(kind: Kind) -> Kind:
    """Return the kind that may be missing or null."""
    return Kind(f"{kind.words} or null", lambda value: value is None or kind.holds(value))


def many(kind: Kind, least: int = 0) -> Kind:
    """Return the kind of lists of values of a kind."""

    def holds(value: Any) -> bool:
        return isinstance(value, list) and least <= len(value) <= MOST and all(map(kind.holds, value))

    return Kind(f"a list, each {kind.words}", holds)


def pair(first: Kind, second: Kind) -> Kind:
    """Return the kind of lists of two values."""

    def holds(value: Any) -> bool:
        return isinstance(value, list) and len(value) == 2 and first.holds(value[0]) and second.holds(value[1])

    return Kind(f"[{first.words}, {second.words}]", holds)


def by_name(kind: Kind) -> Kind:
    """Return the kind of objects all of whose values are of a kind."""

    def holds(value: Any) -> bool:
        return isinstance(value, dict) and all(map(TEXT.holds, value)) and all(map(kind.holds, value.values()))

    return Kind(f"an object, each value {kind.words}", holds)


def _is_picture(value: Any) -> bool:
    known = {HERE, LATER, UNSEEN, *map(str, range(STEPS + 1))}
    rows = isinstance(value, list) and 0 < len(value) <= MOST and all(isinstance(row, str) and row for row in value)
    return rows and len({len(row) for row in value}) == 1 and set("".join(value)) <= known


NULL = Kind("null", lambda value: value is None)
FLAG = Kind("true or false", lambda value: isinstance(value, bool))
TEXT = Kind(f"a text of at most {LONGEST:,} printable characters", _text)
AMOUNT = Kind("a finite number from 0 on", lambda value: _number(value) and value >= 0)
RATE = Kind("a finite number above 0", lambda value: _number(value) and value > 0)
COUNT = Kind("a whole number from 0 on", lambda value: AMOUNT.holds(value) and isinstance(value, int))
SOME = Kind("a whole number from 1 on", lambda value: COUNT.holds(value) and value > 0)
NUMBER = Kind("a finite number", _number)
SHARE = Kind("a number from 0 to 1", lambda value: AMOUNT.holds(value) and value <= 1)
CURVES = Kind("curves, each a list of steps and figures", by_name(many(pair(SOME, NUMBER), least=1)).holds)
DIGEST = Kind(
    "64 hex digits", lambda value: isinstance(value, str) and len(value) == 64 and set(value) <= set("0123456789abcdef")
)
OBJECT = Kind("an object", lambda value: isinstance(value, dict))
FLOAT32 = Kind("'float32', as every speed of the page", lambda value: value == "float32")
PICTURE = Kind("rows of equal length of the marks of a receptive field", _is_picture)

FIGURE: Shape = {
    "nats": AMOUNT,
    "nats_se": optional(AMOUNT),
    "bits_per_dim": AMOUNT,
    "bits_per_dim_se": AMOUNT,
    "count": SOME,
    "dims": optional(SOME),
    "symbols": SOME,
    "dataset": TEXT,
    "split": TEXT,
    "digest": DIGEST,
}
HOW: Shape = {"command": TEXT, "commit": optional(TEXT)}
"""To measure it again; an installed arzoo has no commit."""

LIKELIHOOD: Shape = {
    "likelihood": FIGURE,
    "context": many(TEXT),
    "averaged": optional(FLAG),
    "augmented": FLAG,
    "exact": optional(FLAG),
    "ensemble": NULL,
    "ordering": TEXT,
    "parameters": SOME,
    "dtype": TEXT,
    "machine": TEXT,
    "torch": TEXT,
    **HOW,
}
RECORDS: Mapping[str, Shape] = {
    "likelihood": LIKELIHOOD,
    "ensemble": {**LIKELIHOOD, "ensemble": TEXT},
    "labels": {
        "context": TEXT,
        "items": SOME,
        "median_cost_nats": NUMBER,
        "pairs_where_the_wrong_class_costs": SHARE,
        "accuracy": SHARE,
    },
    "curve": {"points": CURVES},
}
"""`<checkpoint>.<kind>.json`."""

RESULT: Shape = {
    "machine": TEXT,
    "torch": TEXT,
    "python": TEXT,
    "allocator": by_name(TEXT),
    "parameters": optional(SOME),
    "weights_bytes": COUNT,
}
FAILURE: Shape = {"failed": Kind("a text", lambda value: isinstance(value, str))}
ROW: Shape = {
    "batch": SOME,
    "events_per_second": optional(RATE),
    "symbols_per_second": RATE,
    "times_faster": RATE,
    "peak_bytes": SOME,
}
PARTS: Mapping[str, Shape] = {
    "likelihood": {"bits_per_dim": AMOUNT, "digest": DIGEST},
    "sampling": {"rows": many(OBJECT, least=1), "dtype": FLOAT32, **HOW},
    "training": {
        "batch": SOME,
        "accumulate": SOME,
        "precision": TEXT,
        "update_seconds": RATE,
        "items_per_second": RATE,
        "flops_per_item": AMOUNT,
        "training_flops": optional(AMOUNT),
        **HOW,
    },
    "field": {
        "position": many(COUNT, least=1),
        "seen": COUNT,
        "earlier": COUNT,
        "picture": optional(PICTURE),
        "distances": optional(many(pair(SOME, AMOUNT))),
        **HOW,
    },
}
"""What a result holds besides, by part; of a part that failed the reason alone."""


def check_shape(path: Path, what: str, found: Any, shape: Shape) -> None:
    """Refuse a record that lacks what the page reads, or has it of another kind.

    Args:
        path: Of the file.
        what: Is looked at, such as "record".
        found: It.
        shape: What it must be.

    Raises:
        CheckpointError: A value is missing or of another kind; the first one is named.
    """
    if not isinstance(found, dict):
        raise _refusal(path, f"an object as its {what}", found)
    for key, kind in shape.items():
        value = found.get(key)
        if not isinstance(kind, Kind):
            check_shape(path, key, value, kind)
        elif not kind.holds(value):
            raise _refusal(path, f"{kind.words} as {key!r} of its {what}", value)


def _refusal(path: Path, expected: str, found: Any) -> CheckpointError:
    return CheckpointError(f"{path} must have {expected}, got {reprlib.repr(found)[:80]}. Measure it anew.", file=path)
