"""The site: what its hooks make, that no link leads nowhere, and that a reader's browser asks nobody for anything."""

import re
import subprocess
import sys

import pytest
from reading import ROOT

import arzoo

pytest.importorskip("mkdocs", reason="needs the extra [docs]")
sys.path.append(str(ROOT / "docs/hooks"))

ARCHITECTURES = [ROOT / f"docs/architectures/{id}.md" for id in arzoo.list_models() if not id.startswith("farm")]
SECTIONS = (
    "The idea",
    "What a position sees",
    "Equations",
    "Where the (paper|literature) is in the code",
    "Configs",
    "What it cannot do",
    "Results",
    "References",
)
# What a browser would fetch by itself: not what a reader may click on.
FETCHED = re.compile(
    r"""<(?:script|img|iframe|source)[^>]*\ssrc=["']?(https?:)?//|<link(?![^>]*canonical)[^>]*\shref=["']?(https?:)?//"""
)
FETCHED_BY_STYLE = re.compile(r"(?:@import\s+|url\(\s*)[\"']?(?:https?:)?//")


@pytest.fixture
def build(tmp_path, monkeypatch):
    """Function that builds a site of the given pages by our settings, strictly, and returns its folder."""
    from mkdocs.commands.build import build
    from mkdocs.config import load_config

    monkeypatch.chdir(ROOT)

    def built(**texts):
        docs = tmp_path / "docs"
        docs.mkdir()
        for name, text in texts.items():
            (docs / f"{name}.md").write_text(text)
        hooks = ["docs/hooks/mathematics.py", "docs/hooks/drawn.py"]
        plain = {"hooks": hooks, "plugins": ["search"], "docs_dir": str(docs), "site_dir": str(tmp_path / "site")}
        build(load_config("mkdocs.yml", strict=True, extra_css=[], **plain))
        return tmp_path / "site"

    return built


def test_a_site_whose_links_lead_somewhere_is_built(build):
    site = build(index="# One\n\n[two](two.md#here)\n", two="# Two\n\n## Here\n")
    assert 'href="two.html#here"' in (site / "index.html").read_text()


@pytest.mark.parametrize(
    "link", ["[two](tow.md)", "[two](two.md#heer)", "[two](#heer)", "![two](two.png)", "[two](/two.md)", "[two](two)"]
)
def test_a_link_that_leads_nowhere_stops_the_build(build, link):
    from mkdocs.exceptions import Abort

    with pytest.raises(Abort, match="1 warnings in strict mode"):
        build(index=f"# One\n\n{link}\n", two="# Two\n\n## Here\n")


def test_equations_become_mathml_and_marks_pictures(build):
    site = build(index="# One\n\n$x_i < 2$\n\n$$\n\\sigma(a)\n$$\n\n<!-- drawn: pixelcnn -->\n")
    text = (site / "index.html").read_text()
    assert text.count("<math ") == 2 and "\\sigma" not in text and "arithmatex" not in text
    assert text.count("<svg width") >= 6
    (font,) = re.findall(r'@font-face .*url\("(.+?)"\)', (ROOT / "docs/assets/arzoo.css").read_text())
    assert (site / "assets" / font).stat().st_size > 100_000


def test_a_mark_without_a_picture_stops_the_build(build):
    with pytest.raises(KeyError, match="pixelcn"):
        build(index="# One\n\n<!-- drawn: pixelcn -->\n")


def test_pixelcnn_has_a_blind_spot_in_its_picture_and_gated_pixelcnn_has_none():
    from sights import by_network

    depth = {"hidden_channels": 2, "output_channels": 2}
    blind = by_network("", "pixelcnn", (7, 15), (5, 7), num_blocks=6, **depth).body.count('"blind"')
    assert blind == sum(range(1, 5))  # a row above and a column to the right begins it, and it widens by one a row
    assert '"blind"' not in by_network("", "gatedpixelcnn", (7, 15), (5, 7), num_layers=12, kernel_size=3, **depth).body


def test_a_measured_picture_shows_nothing_of_later_pixels():
    from sights import measured

    squares = re.findall(
        r'class="(strength|self)"(?: style="fill-opacity:([\d.]+)")?', measured("", "pixelcnn-digits").body
    )
    strength = [float(value or 0) for _, value in squares]
    assert squares[36][0] == "self" and max(strength) == 1
    assert max(strength[:36]) == 1 and max(strength[36:]) == 0


def test_links_out_of_the_site_become_paths_and_cards_become_pages():
    from types import SimpleNamespace

    from pages import on_page_markdown

    def shown(text):
        page = SimpleNamespace(file=SimpleNamespace(src_path="guides/page.md"))
        return on_page_markdown(text, page, SimpleNamespace(docs_dir=str(ROOT / "docs")))

    assert shown("[the list](../../CONTRIBUTING.md#x)") == "the list (`CONTRIBUTING.md`)"
    assert shown("[card](../../model_cards/made-digits.md)") == "[card](../checkpoints/made-digits.md)"
    assert shown("[cards](../../model_cards/)") == "[cards](../checkpoints/README.md)"
    for kept in ("[speed](../speed.md)", "[gone](../../nothing.md)", "[web](https://arxiv.org)"):
        assert shown(kept) == kept


def test_the_api_has_every_public_name_and_no_other():
    from pages import api_page, modules, public_names

    assert {"arzoo", "arzoo.heads", "arzoo.nn", "arzoo.testing"} <= set(modules())
    named = {name for name in dir(arzoo) if f"arzoo.{name}" not in modules()}
    assert set(public_names("arzoo")) == named
    for module in modules():
        names = list(public_names(module))
        assert names and not [name for name in names if name.startswith("_")], module
        assert api_page(module).count("\n::: ") == len(names)


@pytest.mark.parametrize("page", ARCHITECTURES, ids=lambda page: page.stem)
def test_an_architecture_has_a_page_of_one_form(page):
    headings = re.findall(r"^## (.*)", page.read_text(encoding="utf-8"), re.MULTILINE)
    found = [next((k for k, heading in enumerate(headings) if re.fullmatch(each, heading)), None) for each in SECTIONS]
    assert None not in found and found == sorted(found), headings


def test_every_picture_is_shown_and_every_mark_has_one():
    from figures import FIGURES

    marks = [
        mark
        for page in (ROOT / "docs").rglob("*.md")
        for mark in re.findall(r"<!-- drawn: (\w+) -->", page.read_text(encoding="utf-8"))
    ]
    assert sorted(marks) == sorted(FIGURES)


def test_no_page_has_a_link_that_leads_nowhere(tmp_path, monkeypatch):
    from mkdocs.commands.build import build
    from mkdocs.config import load_config

    monkeypatch.chdir(ROOT)
    quick = {"hooks": ["docs/hooks/pages.py"], "plugins": ["search", "awesome-nav"]}  # no pictures, and an API of names
    build(load_config("mkdocs.yml", strict=True, site_dir=str(tmp_path), **quick))
    assert (tmp_path / "api/arzoo.html").exists()


@pytest.mark.slow
def test_the_whole_site_is_built_without_a_warning_and_asks_nobody_for_anything(tmp_path):
    words = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", tmp_path / "site"]
    subprocess.run(words, cwd=ROOT, check=True, env=offline())
    built = sorted((tmp_path / "site").rglob("*.html"))
    assert {"index.html", "start.html", "page.html", "arzoo.heads.html", "made-digits.html"} <= {
        page.name for page in built
    }
    asked = [(page.name, found[0]) for page in built for found in FETCHED.finditer(page.read_text(encoding="utf-8"))]
    styles = [
        (page.name, FETCHED_BY_STYLE.search(page.read_text(encoding="utf-8")))
        for page in (tmp_path / "site").rglob("*.css")
    ]
    assert asked == [] and [found for _, found in styles if found] == []


def offline():
    """An environment in which whoever asks the web for something is refused."""
    import os

    nowhere = dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), "http://127.0.0.1:9")
    return {**os.environ, **nowhere, "OMP_NUM_THREADS": "1", "NO_MKDOCS_2_WARNING": "1", "HF_HUB_OFFLINE": "1"}
