"""Cards as files: written with their samples, and held against what they are made from."""

from collections.abc import Sequence
from pathlib import Path

from arzoo import registry
from arzoo.cards.body import card
from arzoo.cards.drawing import draw_sample
from arzoo.cards.records import RESULTS
from arzoo.cards.samples import CARDS, PICTURES, sample_in
from arzoo.cards.subject import Subject, checkpoint_subject
from arzoo.checkpoints import config_of
from arzoo.errors import ArzooError, CheckpointError
from arzoo.files import replacing


def carded() -> list[str]:
    """Return the checkpoints that have a card: the pinned ones; others publish the rest and describe it."""
    return [id for id, entry in registry.checkpoints().items() if entry.files]


def write_card(id: str, folder: Path = CARDS, *, results: Path = RESULTS) -> Path:
    """Write the card of a checkpoint into a folder, and beside it samples where those there are not of its weights.

    Args:
        id: Of the checkpoint.
        folder: Made where it does not exist.
        results: Where the recorded results lie.

    Returns:
        The card.

    Raises:
        UnknownModelError: No checkpoint is called so.
        CheckpointError: Its files are not here, or a record is of other weights.
    """
    samples = folder / PICTURES
    try:
        fresh = sample_in(samples, id, config_of(id).weights.sha256) is None
    except CheckpointError:
        fresh = True
    if fresh:
        draw_sample(Subject(id, id, config_of(id)), samples)
    path = folder / f"{id}.md"
    with replacing(path) as temporary:
        temporary.write_text(card(checkpoint_subject(id, results=results, samples=samples)), encoding="utf-8")
    return path


def disagreements(folder: Path = CARDS, names: Sequence[str] = (), *, results: Path = RESULTS) -> list[str]:
    """Return a sentence for each card that is not what registry, records and samples make of it, none where all agree.

    Args:
        folder: Of the cards.
        names: Ids of the checkpoints whose cards are looked at; by default all, and that there are no others.
        results: Where the recorded results lie.
    """
    found = [sentence for id in names or carded() for sentence in _disagreement(id, folder, results)]
    strays = [] if names else [path.name for path in sorted(folder.glob("*.md")) if path.stem not in carded()]
    return found + [f"{name} is the card of no checkpoint: remove it." for name in strays]


def _disagreement(id: str, folder: Path, results: Path) -> list[str]:
    path = folder / f"{id}.md"
    if not path.is_file():
        return [f"{path.name} is missing: make cards."]
    try:
        subject = checkpoint_subject(id, results=results, samples=folder / PICTURES)
    except ArzooError as error:
        return [str(error)]
    if subject.sample is None:
        return [f"{path.name} has no samples: make cards."]
    lines, theirs = card(subject).splitlines(), path.read_text(encoding="utf-8").splitlines()
    if lines == theirs:
        return []
    place, line, other = _first_difference(lines, theirs)
    return [f"{path.name}, line {place}, must be {line!r:.120}, got {other!r:.120}: make cards."]


def _first_difference(lines: list[str], theirs: list[str]) -> tuple[int, str, str]:
    """Return the number of the first line that differs, and the two; an end is an empty line."""
    longest = max(len(lines), len(theirs))
    pairs = zip(lines + [""] * (longest - len(lines)), theirs + [""] * (longest - len(theirs)), strict=True)
    return next((place, *pair) for place, pair in enumerate(pairs, 1) if pair[0] != pair[1])
