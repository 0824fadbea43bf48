"""`<!-- drawn: NAME -->` in a page becomes a picture, while the site is built."""

import functools
import re
from typing import Any

import torch
from figures import FIGURES

MARK = re.compile(r"<!-- drawn: (\w+) -->")


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Put the pictures in."""
    return MARK.sub(lambda found: drawn(found[1]), markdown)


@functools.cache
def drawn(name: str) -> str:
    """The picture of a name; pages that are built again, as `mkdocs serve` does, need not draw it again."""
    with torch.random.fork_rng():
        return FIGURES[name]()
