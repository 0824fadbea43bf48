"""Equations become MathML while the site is built, which a browser draws by itself: no script and no network.

Brackets that grow with what is in them need a font that says how. Many machines have none, so the site brings one.
"""

import html
import re
from importlib import metadata
from typing import Any

from latex2mathml.converter import convert
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

FONT = "STIXTwoMath-Regular.ttf"
"""As ziamath, which is here for it alone, has it; `arzoo.css` asks for it."""

# What `pymdownx.arithmatex` leaves of $...$ and of $$...$$ on a line of its own.
EQUATION = re.compile(r'<(span|div) class="arithmatex">\\([(\[])(.*?)\\[)\]]</\1>', re.DOTALL)


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the font."""
    path = metadata.distribution("ziamath").locate_file(f"ziamath/fonts/{FONT}")
    files.append(File.generated(config, f"assets/{FONT}", abs_src_path=str(path)))
    return files


def on_page_content(content: str, **_: Any) -> str:
    """Replace every equation of a page."""
    return EQUATION.sub(_drawn, content)


def _drawn(found: re.Match[str]) -> str:
    tag, bracket, text = found.groups()
    display = "inline" if bracket == "(" else "block"
    return f'<{tag} class="equation">{convert(html.unescape(text).strip(), display=display)}</{tag}>'
