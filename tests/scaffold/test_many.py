"""Fifty plugins are no burden: none but the chosen one's model is imported, and torch not before."""

import os
import subprocess
import sys

import pytest

from arzoo.scaffold.new import rendered

COUNT = 50
SAVING = """
import arzoo
arzoo.save(arzoo.create("farm7", "tiny"), "saved")
"""
LOADING = """
import sys
import arzoo
assert len([name for name in arzoo.list_models() if name.startswith("farm")]) == 50
assert arzoo.info("farm7").id == "farm7" and arzoo.plugins.records()
print("torch" in sys.modules)
arzoo.load("local-dir:saved")
print("torch" in sys.modules, *sorted(name for name in sys.modules if name.startswith("arzoo_") and "." in name))
"""


@pytest.fixture
def run(tmp_path):
    """Function that runs code in a fresh process that finds fifty generated plugins."""
    for name in (f"farm{number}" for number in range(COUNT)):
        info = tmp_path / f"site/arzoo_{name}-0.1.0.dist-info"
        files = {info / "METADATA": f"Metadata-Version: 2.1\nName: arzoo-{name}\nVersion: 0.1.0\n"}
        files[info / "entry_points.txt"] = f"[arzoo]\n{name} = arzoo_{name}\n"
        files |= {tmp_path / "site" / path: text for path, text in rendered(name).items() if path.endswith(".py")}
        for path, text in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")

    def run(code):
        settings = {**os.environ, "PYTHONPATH": str(tmp_path / "site")}
        command = [sys.executable, "-c", code]
        return subprocess.run(command, cwd=tmp_path, env=settings, check=True, capture_output=True, text=True).stdout

    return run


def test_loading_one_imports_no_other_model_and_looking_through_all_no_torch(run):
    run(SAVING)
    assert run(LOADING).splitlines() == ["False", "True arzoo_farm7.farm7"]
