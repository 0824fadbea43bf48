"""Text of cards as HTML that can do nothing: no markup of its own, no scripts, no pictures from elsewhere."""

import re
from functools import cache
from html import escape
from typing import TYPE_CHECKING, Any

from arzoo.errors import ConfigError

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

WEB = ("https://", "http://")
HEADINGS = 2
"""Levels by which headings of a card sink below those of its section."""


def html_of(card: str) -> str:
    r"""Return the Markdown of a card as HTML.

    What stands in the card as HTML is shown as text. Links lead to addresses of the web alone. Pictures become their
    descriptions, since one from elsewhere would be a request, and those of the card stand beside it.

    Args:
        card: With or without front matter.

    Example:
        >>> html_of("<b>bold</b> [here](javascript:alert(1))")
        '<p>&lt;b&gt;bold&lt;/b&gt; [here](javascript:alert(1))</p>\n'
    """
    body = re.sub(r"\A---\n.*?\n---\n", "", card, count=1, flags=re.DOTALL)
    return str(_renderer().render(body))


@cache
def _renderer() -> "MarkdownIt":
    try:
        from markdown_it import MarkdownIt
    except ImportError as error:
        raise ConfigError(
            "The page needs markdown-it-py, which is not installed. Use pip install 'arzoo[page]'."
        ) from error
    renderer = MarkdownIt("commonmark", {"html": False}).enable("table")
    for kind in ("heading_open", "heading_close"):
        renderer.add_render_rule(kind, _sunk)
    renderer.add_render_rule("image", _described)
    renderer.add_render_rule("link_open", _outward)
    renderer.add_render_rule("table_open", _wide)
    renderer.add_render_rule("table_close", lambda self, tokens, at, options, env: "</table></div>")
    return renderer


def _sunk(self: Any, tokens: Any, at: int, options: Any, env: Any) -> str:
    tokens[at].tag = f"h{min(6, int(tokens[at].tag[1:]) + HEADINGS)}"
    return str(self.renderToken(tokens, at, options, env))


def _described(self: Any, tokens: Any, at: int, options: Any, env: Any) -> str:
    return escape(f"({tokens[at].content})")


def _outward(self: Any, tokens: Any, at: int, options: Any, env: Any) -> str:
    """Lead to the web or nowhere: beside the page there are no files."""
    href = str(tokens[at].attrs.get("href", ""))
    tokens[at].attrs = {"href": href, "rel": "noopener noreferrer"} if href.startswith(WEB) else {}
    return str(self.renderToken(tokens, at, options, env))


def _wide(self: Any, tokens: Any, at: int, options: Any, env: Any) -> str:
    return '<div class="scroll" role="region" tabindex="0" aria-label="Table"><table>'
