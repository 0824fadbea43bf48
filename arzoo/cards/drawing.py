"""Draws the samples of a checkpoint for its card."""

import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from arzoo.cards.samples import Sample, save_picture, save_text
from arzoo.cards.subject import Subject
from arzoo.errors import CheckpointError

if TYPE_CHECKING:
    from arzoo.model import AutoregressiveModel

COLUMNS, MOST = 10, 20
BUDGET = 24_000  # bytes of the pixels of a sheet of images
CHARACTERS = 600
SECONDS = 0.5


def draw_sample(subject: Subject, folder: Path) -> Sample:
    """Draw samples by a checkpoint, seed 0, and write them to a folder, with the digest of the weights.

    What a model must be told is dealt out: every label in turn, and of anything else what the test split has.

    Args:
        subject: Its config says what it draws, and it can be loaded.
        folder: Made where it does not exist.
    """
    import arzoo

    draw, save, suffix = MEDIA[subject.medium]
    drawn = draw(subject, arzoo.load(subject.load))
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob(f"{subject.id}.*"):
        old.unlink()
    return save(drawn, subject.config.weights.sha256, folder / f"{subject.id}{suffix}")


def told(subject: Subject, count: int) -> dict[str, Any]:
    """Return a context for a number of events, in which those that stand below each other are told the same."""
    if all(spec.kind == "labels" for spec in subject.context.values()):
        classes = {name: spec.to_config()["num_classes"] for name, spec in subject.context.items()}
        return {name: [k % COLUMNS % most for k in range(count)] for name, most in classes.items()}
    from arzoo.data import load_dataset

    data = load_dataset(str(subject.dataset_id), "test").with_context(list(subject.context))
    return data.batch([k % COLUMNS for k in range(count)]).context


def _images(subject: Subject, model: "AutoregressiveModel") -> Any:
    from arzoo.pictures import sheet

    count = min(MOST, max(1, BUDGET // math.prod(subject.event_shape)))
    x = model.sample(count, told(subject, count) or None, progress=False)
    return sheet(_spec(subject, model).decode(x), COLUMNS)


def _clips(subject: Subject, model: "AutoregressiveModel") -> Any:
    from arzoo.spectrograms import sheet

    spec, count = _spec(subject, model), 2
    context = told(subject, count)
    x = model.sample(count, context or None, length=round(SECONDS * spec.sample_rate), progress=False)
    return sheet(list(spec.decode(x)), spec.sample_rate, captions=_captions(subject, context, count))


def _captions(subject: Subject, context: Mapping[str, Any], count: int) -> list[str]:
    """Name each clip by its labels."""
    labels = {name: spec.to_config() for name, spec in subject.context.items() if spec.kind == "labels"}
    words = {name: fields["names"] or range(fields["num_classes"]) for name, fields in labels.items()}
    return [", ".join(f"{name} {word[context[name][k]]}" for name, word in words.items()) for k in range(count)]


def _spec(subject: Subject, model: "AutoregressiveModel") -> Any:
    if model.data is None:
        message = (
            f"{subject.id} must have a data spec to be drawn from, got none. Give it data={{'kind': 'pixels', ...}}."
        )
        raise CheckpointError(message, file=subject.id)
    return model.data


def _text(subject: Subject, model: "AutoregressiveModel") -> str:
    return str(_spec(subject, model).decode(model.sample(1, length=CHARACTERS, progress=False)[0]))


MEDIA: Mapping[str, tuple[Callable[[Subject, "AutoregressiveModel"], Any], Callable[[Any, str, Path], Sample], str]] = {
    "image": (_images, save_picture, ".png"),
    "audio": (_clips, save_picture, ".png"),
    "text": (_text, save_text, ".txt"),
}
"""How each is drawn and saved, and the ending of its file."""
