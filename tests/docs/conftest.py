"""Pages are followed in an empty folder, offline, beside a small data root in the Hub's layout."""

import sys
from pathlib import Path

import pytest

import arzoo
from arzoo.scaffold.new import rendered

sys.path.append(str(Path(__file__).parent))  # for `reading` and `shell`, which pytest's importlib mode does not find


@pytest.fixture(scope="session")
def data_root(tmp_path_factory):
    """A few items of every data set that pages name, random ones, read by the same code as the real ones."""
    from small_data import write_root

    root = tmp_path_factory.mktemp("data") / "root"
    write_root(root)
    return root


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


@pytest.fixture
def follow(install, tmp_path, monkeypatch, data_root):
    """Function that does what a page says: files and plugins are put on the path, the rest runs in one namespace."""
    from reading import parts
    from shell import do

    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("ARZOO_DATA_ROOT", str(data_root))
    known = set(sys.modules)

    def follow(page):
        names = {"__name__": "guide"}
        for part in parts(page):
            if not part.not_run:
                actions[part.kind](part, page, names)
        return names

    def home(name):
        return install.site if name.endswith(".py") else here

    def run(part, page, names):
        exec(compile(part.text, page.name, "exec"), names)

    actions = {
        "python": run,
        "shell": lambda part, page, names: do(part.text, data_root),
        "file": lambda part, page, names: (home(part.name) / part.name).write_text(part.text),
        "plugin": lambda part, page, names: install(f"arzoo-{part.name}", part.name, part.text),
    }
    yield follow
    for module in set(sys.modules) - known:
        if str(install.site) in (getattr(sys.modules[module], "__file__", None) or ""):
            del sys.modules[module]
