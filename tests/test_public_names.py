"""The plugins of this repository use what is public in the core, so that a stranger's can do all that they do."""

import ast
import importlib
import inspect
from pathlib import Path

import pytest

import arzoo

ROOT = Path(__file__).parent.parent
FILES = sorted(ROOT.glob("plugins/*/arzoo_*/**/*.py"))
SCAFFOLD = sorted((ROOT / "arzoo/scaffold/template").glob("*.py.txt"))


def private(name):
    return name.startswith("_") and not (name.startswith("__") and name.endswith("__"))


def imported(tree):
    """Pairs of module and name that a file takes from the core; the name is "" for a whole module."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "arzoo":
            yield from ((node.module, alias.name) for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names if alias.name.split(".")[0] == "arzoo")
        elif isinstance(node, ast.Attribute):
            chain = dotted(node)
            if chain[:1] == ["arzoo"]:
                yield ".".join(chain[:-1]), chain[-1]


def dotted(node):
    """["arzoo", "heads", "Categorical"] of `arzoo.heads.Categorical`; nothing of what is no chain of names."""
    if isinstance(node, ast.Name):
        return [node.id]
    before = dotted(node.value) if isinstance(node, ast.Attribute) else []
    return [*before, node.attr] if before else []  # of a call or an index, nobody's


def offered(module, name):
    """Whether a module of the core offers a name: in its `__all__`, or defined there with a docstring."""
    if module == "arzoo":
        return name in dir(arzoo) or name == "__version__"
    home = importlib.import_module(module)
    if hasattr(home, "__all__"):
        return name in home.__all__ or (inspect.ismodule(getattr(home, name, None)) and module in PACKAGES)
    value = getattr(home, name, None)
    return getattr(value, "__module__", None) == module and bool(inspect.getdoc(value))


PACKAGES = {"arzoo.nn", "arzoo.heads", "arzoo.orderings", "arzoo.data", "arzoo.checkpoints", "arzoo.training"}


def faults(text):
    """What a file takes from the core that it may not."""
    tree = ast.parse(text)
    for module, name in sorted(set(imported(tree))):
        if any(map(private, [*module.split("."), name])):
            yield f"{module}.{name} is private"
        elif name and not resolves_beyond(module) and not offered(module, name):
            yield f"{module}.{name} is not offered"
    own = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)}
    own |= {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and private(node.attr) and node.attr not in own:
            yield f"line {node.lineno}: .{node.attr} is private and not defined in the file"


def resolves_beyond(module):
    """Whether a chain goes on beyond modules: `arzoo.heads.Categorical.from_config` is an attribute of a class."""
    try:
        importlib.import_module(module)
    except ImportError:
        return True
    return False


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.name}")
def test_a_plugin_takes_what_is_public(file):
    assert list(faults(file.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize("file", SCAFFOLD, ids=lambda file: file.name)
def test_the_scaffold_takes_what_is_public(file):
    assert list(faults(file.read_text(encoding="utf-8").replace("${name}", "farm"))) == []


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("from arzoo.nn.masks import _window", "arzoo.nn.masks._window is private"),
        ("from arzoo._inner import thing", "arzoo._inner.thing is private"),
        ("import arzoo\narzoo.model._checked(1)", "arzoo.model._checked is private"),
        ("from arzoo.nn import torch", "arzoo.nn.torch is not offered"),
        ("from arzoo.errors import Iterable", "arzoo.errors.Iterable is not offered"),
        ("import arzoo\narzoo.createe('made')", "arzoo.createe is not offered"),
        ("import arzoo\nhead = arzoo.heads.Categorical(2)\nhead._pmf(1)", "line 3: ._pmf is private and not defined"),
    ],
)
def test_the_test_finds_what_is_not(text, fault):
    assert any(fault in found for found in faults(text))


def test_there_are_plugins_to_look_at():
    assert len(FILES) >= 2 * len(list(ROOT.glob("plugins/*/pyproject.toml"))) and len(SCAFFOLD) == 3
