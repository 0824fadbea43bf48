import builtins
import re

import pytest

from arzoo.benchmark.page import text
from arzoo.benchmark.page.text import html_of
from arzoo.errors import ConfigError

TAGS = re.compile(r"<(/?)(\w+)([^>]*)>")
HARMLESS = {
    "p",
    "a",
    "h3",
    "h4",
    "h5",
    "h6",
    "ul",
    "ol",
    "li",
    "code",
    "pre",
    "table",
    "thead",
    "tbody",
    "tr",
    "th",
} | {
    "td",
    "strong",
    "em",
    "blockquote",
    "hr",
    "br",
    "div",
}
ATTACKS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "text <svg/onload=alert(1)> text",
    "<iframe src='https://elsewhere.example'></iframe>",
    "[a](javascript:alert(1))",
    "[a](JaVaScRiPt:alert(1))",
    "[a](data:text/html;base64,PHNjcmlwdD4=)",
    "[a](vbscript:x)",
    "[a](&#106;avascript:alert(1))",
    "<javascript:alert(1)>",
    "![a](https://elsewhere.example/x.png)",
    '![a" onerror="alert(1)](x.png)',
    "[a]: javascript:alert(1)\n\n[a]",
    "[a](//elsewhere.example/x)",
    "[a](file:///etc/passwd)",
    "`</code><script>alert(1)</script>`",
    "```\n</pre><script>alert(1)</script>\n```",
    "| <b onclick=x>a</b> |\n| --- |\n| </table><script>x</script> |",
    "</div></details></script><style>*{display:none}</style>",
    '[a](https://x.example "t\\" onmouseover=\\"alert(1)")',
    "<!-- --><base href=//elsewhere.example>",
    "<meta http-equiv=refresh content='0;url=https://elsewhere.example'>",
]


@pytest.mark.parametrize("attack", ATTACKS)
def test_text_brings_no_markup_script_or_request_of_its_own(attack):
    html = html_of(f"# Title\n\nBefore.\n\n{attack}\n\nAfter.")
    assert "Before." in html and "After." in html
    for _, tag, attributes in TAGS.findall(html):
        assert tag in HARMLESS
        assert not re.search(r"\son\w+\s*=", attributes.replace("&quot;", "'").split("title=")[0])
        assert not re.search(r"\b(src|style)\s*=", attributes)
        for address in re.findall(r'href="([^"]*)"', attributes):
            assert address.startswith(("https://", "http://"))


def test_front_matter_is_no_text_and_headings_sink_below_the_section():
    html = html_of("---\nlicense: mit\n---\n\n# One\n\n## Two\n\n##### Five")
    assert html == "<h3>One</h3>\n<h4>Two</h4>\n<h6>Five</h6>\n"


def test_links_to_the_web_stay_and_files_beside_the_page_do_not():
    assert '<a href="https://arxiv.org/abs/1" rel="noopener noreferrer">paper</a>' in html_of(
        "[paper](https://arxiv.org/abs/1)"
    )
    assert html_of("[card](pictures/x.png)") == "<p><a>card</a></p>\n"
    assert html_of("![Samples of x](pictures/x.png)") == "<p>(Samples of x)</p>\n"


def test_tables_can_be_scrolled_by_keyboard():
    html = html_of("| a |\n| --- |\n| 1 |")
    assert html.startswith('<div class="scroll" role="region" tabindex="0"') and html.endswith("</table></div>")


def test_without_the_renderer_the_extra_is_named(monkeypatch):
    original = builtins.__import__

    def refuse(name, *rest):
        if name == "markdown_it":
            raise ImportError
        return original(name, *rest)

    text._renderer.cache_clear()
    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(
        ConfigError, match=r"needs markdown-it-py, which is not installed\. Use pip install 'arzoo\[page\]'"
    ):
        html_of("text")
    monkeypatch.undo()
    text._renderer.cache_clear()
