"""Every page does what it says: its blocks of Python run, and its lines of shell, from top to bottom."""

import textwrap

import pytest
from reading import ROOT, pages, parts

import arzoo

DOCS = ROOT / "docs"
NEEDS_MYNET = ("docs/testing.md",)
NEEDS_HUB = ("CONTRIBUTING.md", "docs/guides/weights.md")  # one on loopback, to which whoever reads has a token
# Networks too large to be tried in every run, and every checkpoint's card and files looked at twice.
SLOW = (
    "CONTRIBUTING.md",
    "docs/architectures/pixelrnn.md",
    "docs/architectures/pixelsnail.md",
    "docs/architectures/wavenet.md",
)
# What only its reader can run, a reason beside each. More of them is less of a test: raise this number with care.
MOST_NOT_RUN = 8


def named(page):
    return page.relative_to(ROOT).as_posix()


FOLLOWED = [
    pytest.param(page, id=named(page), marks=[pytest.mark.slow] * (named(page) in SLOW))
    for page in pages()
    if parts(page)
]


@pytest.mark.filterwarnings("ignore:.*whole pass")
@pytest.mark.parametrize("page", FOLLOWED)
def test_a_page_does_what_it_says(page, follow, request, monkeypatch):
    if named(page) in NEEDS_MYNET:
        request.getfixturevalue("mynet")
    if named(page) in NEEDS_HUB:
        request.getfixturevalue("hub")
        monkeypatch.setenv("HF_TOKEN", "hf_secret")
    follow(page)


def test_what_is_not_run_is_little_and_has_a_reason():
    left = [(named(page), part.not_run) for page in pages() for part in parts(page) if part.not_run]
    assert len(left) <= MOST_NOT_RUN, left
    assert all(len(reason.split()) >= 2 for _, reason in left), left


def test_what_is_marked_otherwise_would_run(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("```sh\narzoo list # not run:\nfoo # not run: a bar\n```\n````python\n1\n```sh\n```\n````\n")
    assert [(part.kind, part.not_run) for part in parts(page)] == [("shell", ""), ("shell", "a bar"), ("python", "")]


def test_a_page_that_is_wrong_fails(tmp_path, follow):
    page = tmp_path / "page.md"
    for text, error in (
        ("arzoo lisst", AssertionError),
        ("frobnicate", LookupError),
        ("pip install arzoo[x]", AssertionError),
    ):
        page.write_text(f"```sh\n{text}\n```\n")
        with pytest.raises(error):
            follow(page)
    page.write_text("```python\nassert False\n```\n")
    with pytest.raises(AssertionError):
        follow(page)


def test_the_first_plugin_has_less_than_15_lines():
    first = next(part for part in parts(DOCS / "writing-a-plugin.md") if part.kind == "plugin")
    assert len([line for line in first.text.splitlines() if line.strip()]) < 15
    assert len(textwrap.dedent(first.text).splitlines()) <= 15


def test_the_list_of_checks_is_whole():
    page = (DOCS / "testing.md").read_text(encoding="utf-8")
    assert [line.split("`")[1] for line in page.splitlines() if line.startswith("### `")] == [
        check.name for check in arzoo.testing.CHECKS
    ]


def test_every_hook_and_every_setting_is_in_the_guide():
    page = (DOCS / "writing-a-plugin.md").read_text(encoding="utf-8")
    for word in (*arzoo.hookcalls.HOOKS, "ARZOO_PLUGINS", "ARZOO_DISABLE_PLUGINS", "ARZOO_STRICT", "ARZOO_API"):
        assert word in page, word
