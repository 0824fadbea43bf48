"""Pictures as part of the page: samples as they lie in the zoo, receptive fields drawn from their records."""

import base64
import io
from collections.abc import Mapping, Sequence
from typing import Any

from PIL import Image

from arzoo.benchmark.field import HERE, LATER, STEPS, UNSEEN
from arzoo.cards import Sample

MARKS = {HERE: (214, 69, 65), LATER: (214, 216, 220), UNSEEN: (150, 152, 160)}
"""The position itself; what comes later; what comes earlier and has no influence."""

WEAK, STRONG = (46, 36, 92), (250, 208, 72)
"""The ends of the scale of influence: apart in lightness, so that nobody needs to tell hues."""


def sample_uri(sample: Sample) -> str:
    """Return a picture of samples as an address that holds it."""
    return _uri(sample.path.read_bytes())


def field_uri(picture: Sequence[str]) -> str:
    """Return the picture of a receptive field as an address that holds it, a point a pixel."""
    image = Image.new("RGB", (len(picture[0]), len(picture)))
    image.putdata([_colour(character) for row in picture for character in row])
    buffer = io.BytesIO()
    image.save(buffer, format="PNG", optimize=True)
    return _uri(buffer.getvalue())


def field_words(field: Mapping[str, Any]) -> str:
    """Say in words what the picture shows."""
    place = ", ".join(str(index) for index in field["position"])
    seen = f"{field['seen']:,} of the {field['earlier']:,} symbols before position ({place}) have influence on it"
    return (
        seen
        if field["seen"] < field["earlier"]
        else f"all {field['earlier']:,} symbols before position ({place}) have influence on it"
    )


def _colour(character: str) -> tuple[int, int, int]:
    if character in MARKS:
        return MARKS[character]
    share = int(character) / STEPS
    red, green, blue = (round(weak + share * (strong - weak)) for weak, strong in zip(WEAK, STRONG, strict=True))
    return red, green, blue


def _uri(png: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(png).decode('ascii')}"
