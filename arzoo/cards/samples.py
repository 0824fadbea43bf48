"""Samples of a checkpoint for its card: a picture, or of a text a passage, with the weights that drew them."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from arzoo.cards.records import CHECKOUT
from arzoo.errors import CheckpointError
from arzoo.files import replacing

if TYPE_CHECKING:
    from arzoo.cards.subject import Subject
    from arzoo.model import AutoregressiveModel

CARDS = CHECKOUT / "model_cards"
PICTURES = "pictures"
"""Folder of the samples beside the cards, here and in a repository."""

FOLDER = CARDS / PICTURES
COLUMNS, MOST = 10, 20
LARGEST = 30_000  # bytes of a picture: every version of it stays in the history
BUDGET = 24_000  # bytes of the pixels of a sheet of images
COLOURS = (256, 64, 16)  # of a picture, the first that makes it small enough
CHARACTERS = 600
SECONDS = 0.5
DRAWN_BY = "weights_sha256"


@dataclass(frozen=True)
class Sample:
    """What a checkpoint drew.

    Args:
        path: The file it lies in.
        text: The passage; None for a picture.
    """

    path: Path
    text: str | None = None


def sample_in(folder: Path, name: str, weights_sha256: str) -> Sample | None:
    """Return the sample of a checkpoint in a folder, or None where there is none.

    Raises:
        CheckpointError: It was drawn by other weights.
    """
    for path in (folder / f"{name}.png", folder / f"{name}.txt"):
        if path.is_file():
            drawn_by, sample = _read(path)
            if drawn_by != weights_sha256:
                message = f"{path} must be drawn by the weights {weights_sha256}, got {drawn_by}. Draw it anew."
                raise CheckpointError(message, file=path, expected=weights_sha256, found=drawn_by)
            return sample
    return None


def draw_sample(subject: "Subject", folder: Path) -> Sample:
    """Draw samples by a checkpoint, seed 0, and write them to a folder, with the digest of the weights.

    What a model must be told is dealt out: every label in turn, and of anything else what the test split has.

    Args:
        subject: Its config says what it draws, and it can be loaded.
        folder: Made where it does not exist.
    """
    import arzoo

    model, weights = arzoo.load(subject.load), subject.config.weights.sha256
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob(f"{subject.id}.*"):
        old.unlink()
    if subject.medium == "text":
        return _draw_text(subject, model, folder / f"{subject.id}.txt")
    image = _clips(subject, model) if subject.medium == "audio" else _images(subject, model)
    return _save(image, weights, folder / f"{subject.id}.png")


def told(subject: "Subject", count: int) -> dict[str, Any]:
    """Return a context for a number of events, in which those that stand below each other are told the same."""
    if all(spec.kind == "labels" for spec in subject.context.values()):
        classes = {name: spec.to_config()["num_classes"] for name, spec in subject.context.items()}
        return {name: [k % COLUMNS % most for k in range(count)] for name, most in classes.items()}
    from arzoo.data import load_dataset

    data = load_dataset(str(subject.dataset_id), "test").with_context(list(subject.context))
    return data.batch([k % COLUMNS for k in range(count)]).context


def _images(subject: "Subject", model: "AutoregressiveModel") -> Any:
    from arzoo.pictures import sheet

    count = min(MOST, max(1, BUDGET // math.prod(subject.event_shape)))
    x = model.sample(count, told(subject, count) or None, progress=False)
    return sheet(_spec(subject, model).decode(x), COLUMNS)


def _clips(subject: "Subject", model: "AutoregressiveModel") -> Any:
    from arzoo.spectrograms import sheet

    spec, count = _spec(subject, model), 2
    context = told(subject, count)
    x = model.sample(count, context or None, length=round(SECONDS * spec.sample_rate), progress=False)
    return sheet(list(spec.decode(x)), spec.sample_rate, captions=_captions(subject, context, count))


def _captions(subject: "Subject", context: Mapping[str, Any], count: int) -> list[str]:
    """Name each clip by its labels."""
    labels = {name: spec.to_config() for name, spec in subject.context.items() if spec.kind == "labels"}
    words = {name: fields["names"] or range(fields["num_classes"]) for name, fields in labels.items()}
    return [", ".join(f"{name} {word[context[name][k]]}" for name, word in words.items()) for k in range(count)]


def _spec(subject: "Subject", model: "AutoregressiveModel") -> Any:
    if model.data is None:
        message = (
            f"{subject.id} must have a data spec to be drawn from, got none. Give it data={{'kind': 'pixels', ...}}."
        )
        raise CheckpointError(message, file=subject.id)
    return model.data


def _draw_text(subject: "Subject", model: "AutoregressiveModel", path: Path) -> Sample:
    text = str(_spec(subject, model).decode(model.sample(1, length=CHARACTERS, progress=False)[0]))
    with replacing(path) as temporary:
        temporary.write_text(f"{DRAWN_BY} {subject.config.weights.sha256}\n{text}", encoding="utf-8")
    return Sample(path, text)


def _save(image: Any, weights: str, path: Path) -> Sample:
    from PIL.PngImagePlugin import PngInfo

    about = PngInfo()
    about.add_text(DRAWN_BY, weights)
    with replacing(path) as temporary:
        for colours in COLOURS:
            image.quantize(colours).save(temporary, format="PNG", pnginfo=about, optimize=True)
            if temporary.stat().st_size <= LARGEST:
                break
    return Sample(path)


def _read(path: Path) -> tuple[str | None, Sample]:
    """Return which weights drew a file, and what they drew."""
    if path.suffix == ".txt":
        head, _, text = path.read_text(encoding="utf-8").partition("\n")
        return head.removeprefix(f"{DRAWN_BY} "), Sample(path, text)
    from PIL import Image

    with Image.open(path) as image:
        return image.info.get(DRAWN_BY), Sample(path)
