"""The Python of the README runs as it stands there."""

import re
from pathlib import Path

import pytest

import arzoo

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted(ROOT.glob("plugins/*/README.md"))]
BLOCKS = [
    pytest.param(block, id=f"{page.parent.name}/{page.name}")
    for page in PAGES
    for block in re.findall(r"^```python\n(.*?)^```", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
]

if not arzoo.list_models(pretrained=True):
    pytest.skip("no plugin with weights is installed", allow_module_level=True)


@pytest.mark.parametrize("block", BLOCKS)
def test_a_block_runs_and_draws_levels(block):
    names = {}
    exec(compile(block, "README", "exec"), names)
    assert names["model"].event_shape in [names["x"].shape[1:], (None,)]
    assert names["x"].max() < names["model"].num_levels


def test_every_page_has_a_block():
    assert len(BLOCKS) == len(PAGES)
