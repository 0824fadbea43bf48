"""Texts as one long clip: `tiny-shakespeare`, and `text:PATH` for any file of UTF-8."""

from pathlib import Path

import torch

from arzoo.data.alphabet import Alphabet
from arzoo.data.clips import Clips
from arzoo.data.dataset import Dataset
from arzoo.data.sources import check_split, hub_file
from arzoo.data.specs import DataSpec
from arzoo.errors import ConfigError, DataError

SHAKESPEARE = ("karpathy/tiny-shakespeare", "input.txt")


def load_tiny_shakespeare(split: str, root: str | Path | None = None) -> Dataset:
    """Load a split of 40,000 lines of Shakespeare's plays.

    Args:
        split: "train" (the first 90 % of the characters) or "test" (the last 10 %).
        root: A data root instead of the Hub.

    Returns:
        One clip of the levels 0 to 64, places in the alphabet of the whole file.

    Raises:
        DataError: There is no such split, or it cannot be found or read.

    References:
        A. Karpathy, "The Unreasonable Effectiveness of Recurrent Neural Networks", 2015.
    """
    check_split("tiny-shakespeare", split, ("train", "test"))
    text = read_text(hub_file(*SHAKESPEARE, root))
    cut = int(0.9 * len(text))
    part = text[:cut] if split == "train" else text[cut:]
    return _as_dataset("tiny-shakespeare", split, part, _alphabet(text, SHAKESPEARE[0]))


def load_text(path: str | Path, spec: DataSpec | None = None) -> Dataset:
    """Load a file of UTF-8 as one split, "all".

    Args:
        path: The file; its line ends stay as they are.
        spec: The alphabet to encode it by, such as a model's; that of the file's own characters where not given.

    Returns:
        One clip of places in the alphabet.

    Raises:
        DataError: The file is missing, empty, no UTF-8 or of one character only, has a character outside the alphabet,
            or `spec` is no alphabet.
    """
    text = read_text(Path(path))
    if spec is None:
        return _as_dataset(f"text:{path}", "all", text, _alphabet(text, path))
    if not isinstance(spec, Alphabet):
        raise DataError(f"text:{path} must be read by an alphabet, got {spec!r}. Use a model of text.")
    return _as_dataset(f"text:{path}", "all", text, spec)


def read_text(path: Path) -> str:
    """Return the characters of a file of UTF-8, at least one.

    Raises:
        DataError: The file is missing, empty or no UTF-8.
    """
    try:
        text = path.read_bytes().decode("utf-8")  # not `read_text`, which would change line ends
    except OSError as error:
        raise DataError(f"A text must be a file that can be read, and {path} is not: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        came, repair = f"byte 0x{error.object[error.start]:02x} at {error.start}", "iconv -t UTF-8 -f LATIN1"
        raise DataError(f"A text must be UTF-8, and {path} has {came}, counted from 0. Use {repair} {path}.") from error
    if not text:
        raise DataError(f"A text must have at least one character, and {path} has 0.")
    return text


def _alphabet(text: str, source: str | Path) -> Alphabet:
    try:
        return Alphabet.of(text)
    except ConfigError as error:
        rule = "A text must have at least two different characters"
        raise DataError(f"{rule}, and {source} has only {text[0]!r}. Give the alphabet of a model.") from error


def _as_dataset(id: str, split: str, text: str, spec: Alphabet) -> Dataset:
    levels = spec.encode(text).to(torch.uint8 if spec.num_levels <= 256 else torch.int32)
    return Dataset(id, split, Clips.of([levels]), spec.num_levels, spec)
