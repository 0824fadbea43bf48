"""Samples of a checkpoint for its card: a picture, or of a text a passage, with the weights that drew them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from arzoo.cards.records import CHECKOUT
from arzoo.errors import CheckpointError
from arzoo.files import replacing

CARDS = CHECKOUT / "model_cards"
PICTURES = "pictures"
"""Folder of the samples beside the cards, here and in a repository."""

FOLDER = CARDS / PICTURES
LARGEST = 30_000  # bytes of a picture: every version of it stays in the history
COLOURS = (256, 64, 16)  # of a picture, the first that makes it small enough
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


def save_picture(image: Any, weights_sha256: str, path: Path) -> Sample:
    """Write a picture, with as many colours as keep it small, and which weights drew it."""
    from PIL.PngImagePlugin import PngInfo

    about = PngInfo()
    about.add_text(DRAWN_BY, weights_sha256)
    with replacing(path) as temporary:
        for colours in COLOURS:
            image.quantize(colours).save(temporary, format="PNG", pnginfo=about, optimize=True)
            if temporary.stat().st_size <= LARGEST:
                break
    return Sample(path)


def save_text(text: str, weights_sha256: str, path: Path) -> Sample:
    """Write a passage, after a line that says which weights drew it."""
    with replacing(path) as temporary:
        temporary.write_text(f"{DRAWN_BY} {weights_sha256}\n{text}", encoding="utf-8")
    return Sample(path, text)


def _read(path: Path) -> tuple[str | None, Sample]:
    """Return which weights drew a file, and what they drew."""
    if path.suffix == ".txt":
        head, _, text = path.read_text(encoding="utf-8").partition("\n")
        return head.removeprefix(f"{DRAWN_BY} "), Sample(path, text)
    from PIL import Image

    with Image.open(path) as image:
        return image.info.get(DRAWN_BY), Sample(path)
