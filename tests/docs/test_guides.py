"""Every block of Python in the guides runs, page by page and from top to bottom."""

import re
import sys
import textwrap
from pathlib import Path

import pytest

import arzoo
from arzoo.scaffold.new import rendered

DOCS = Path(__file__).parents[2] / "docs"
BLOCK = re.compile(
    r"(?:<!-- (?P<kind>file|plugin): (?P<name>[\w.]+) -->\n)?^```python\n(?P<text>.*?)^```", re.DOTALL | re.MULTILINE
)


def blocks(page):
    return [found.groupdict() for found in BLOCK.finditer((DOCS / page).read_text(encoding="utf-8"))]


@pytest.fixture
def follow(install, tmp_path, monkeypatch):
    """Function that does what a page says: files and plugins are put on the path, the rest runs in one namespace."""
    monkeypatch.chdir(tmp_path)
    known = set(sys.modules)

    def follow(page):
        names = {"__name__": "guide"}
        for block in blocks(page):
            if block["kind"] == "file":
                (install.site / block["name"]).write_text(block["text"])
            elif block["kind"] == "plugin":
                install(f"arzoo-{block['name']}", block["name"], block["text"])
            else:
                exec(compile(block["text"], page, "exec"), names)
        return names

    yield follow
    for module in set(sys.modules) - known:
        if str(install.site) in (getattr(sys.modules[module], "__file__", None) or ""):
            del sys.modules[module]


@pytest.fixture
def mynet(install):
    """The plugin that `arzoo plugin new mynet` makes."""
    install("arzoo-mynet", "mynet", "")
    (install.site / "arzoo_mynet.py").unlink()
    for path, text in rendered("mynet").items():
        if path.startswith("arzoo_mynet/"):
            (install.site / path).parent.mkdir(parents=True, exist_ok=True)
            (install.site / path).write_text(text)
    arzoo.plugins.reload()


@pytest.mark.filterwarnings("ignore:.*whole pass")
def test_writing_a_plugin(follow):
    names = follow("writing-a-plugin.md")
    assert names["lock"].name == "lock.json" and names["novels"].architecture == "farmrnn"


def test_the_first_plugin_has_less_than_15_lines():
    first = next(block for block in blocks("writing-a-plugin.md") if block["kind"] == "plugin")
    assert len([line for line in first["text"].splitlines() if line.strip()]) < 15
    assert len(textwrap.dedent(first["text"]).splitlines()) <= 15


def test_testing(follow, mynet):
    assert follow("testing.md")["report"].passed


def test_the_list_of_checks_is_whole():
    page = (DOCS / "testing.md").read_text(encoding="utf-8")
    assert [line.split("`")[1] for line in page.splitlines() if line.startswith("### `")] == [
        check.name for check in arzoo.testing.CHECKS
    ]


def test_every_hook_and_every_setting_is_in_the_guide():
    page = (DOCS / "writing-a-plugin.md").read_text(encoding="utf-8")
    for word in (*arzoo.hookcalls.HOOKS, "ARZOO_PLUGINS", "ARZOO_DISABLE_PLUGINS", "ARZOO_STRICT", "ARZOO_API"):
        assert word in page, word
