"""Equations become MathML while the site is built, which a browser draws by itself: no script, no font, no network."""

import html
import re
from typing import Any

from latex2mathml.converter import convert

# What `pymdownx.arithmatex` leaves of $...$ and of $$...$$ on a line of its own.
EQUATION = re.compile(r'<(span|div) class="arithmatex">\\([(\[])(.*?)\\[)\]]</\1>', re.DOTALL)


def on_page_content(content: str, **_: Any) -> str:
    """Replace every equation of a page."""
    return EQUATION.sub(_drawn, content)


def _drawn(found: re.Match[str]) -> str:
    tag, bracket, text = found.groups()
    display = "inline" if bracket == "(" else "block"
    return f'<{tag} class="equation">{convert(html.unescape(text).strip(), display=display)}</{tag}>'
