"""What a page asks its reader to run: blocks of Python and lines of shell, in the order in which they stand."""

import re
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(
    r"(?:<!-- (?P<kind>file|plugin|[\w ]*): ?(?P<name>[\w.]*) ?-->\n)?"
    r"^(?P<fence>```+)(?P<language>[\w-]*)[^\n]*\n(?P<text>.*?)^(?P=fence)$",
    re.DOTALL | re.MULTILINE,
)
NOT_RUN = re.compile(r"# not run: (?P<reason>\S.*)")
SHELL = ("sh", "bash", "shell", "console")


class Part(NamedTuple):
    """One block (kind "python", "file" or "plugin") or one line of shell."""

    kind: str
    text: str
    name: str = ""

    @property
    def not_run(self):
        """Why the reader alone can run it; empty where the tests do."""
        found = NOT_RUN.search(self.text)
        return found["reason"] if found else ""


def pages():
    """Every page that a reader may follow: the documentation, and the two that stand at the root."""
    return [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]


def parts(page):
    """Return the parts of a page."""
    found = []
    for block in BLOCK.finditer(page.read_text(encoding="utf-8")):
        if block["language"] in SHELL:
            lines = block["text"].replace("\\\n", " ").splitlines()
            found += [Part("shell", line) for line in lines if line.split("#")[0].strip()]
        elif block["kind"] in ("file", "plugin"):
            found.append(Part(block["kind"], block["text"], block["name"]))
        elif block["language"] == "python":
            found.append(Part("python", block["text"]))
    return found
