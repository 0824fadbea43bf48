import ast
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

import arzoo

HEAVY = ("torch", "numpy", "PIL", "huggingface_hub", "torchmetrics", "rich")


def imported(code):
    """Return which of the heavy modules a fresh process has imported after running `code`."""
    report = f"{code}\nimport sys; print(*[name for name in {HEAVY} if name in sys.modules])"
    run = subprocess.run([sys.executable, "-c", report], capture_output=True, text=True, check=True)
    return run.stdout.split()


@pytest.mark.parametrize(
    "code",
    [
        "import arzoo",
        "import arzoo; arzoo.list_models(); arzoo.list_models(pretrained=True)",
        "import arzoo; arzoo.plugins.records(); arzoo.registry.datasets()",
        "import arzoo; [arzoo.info(name) for name in arzoo.list_models()]",
    ],
)
def test_who_is_in_the_zoo_is_known_without_torch(code):
    assert imported(code) == []


def test_a_submodule_is_there_after_importing_arzoo_alone():
    assert "torch" in imported("import arzoo; arzoo.heads.Categorical(2)")


def test_every_name_can_be_imported():
    for name in dir(arzoo):
        assert getattr(arzoo, name) is not None


def test_type_checkers_see_the_names_that_exist():
    tree = ast.parse(Path(arzoo.__file__).read_text())
    block = next(node for node in tree.body if isinstance(node, ast.If))
    imports = [node for node in block.body if isinstance(node, ast.ImportFrom)]
    assert sorted(alias.asname for node in imports for alias in node.names) == dir(arzoo)


def test_the_version_is_that_of_the_distribution():
    assert arzoo.__version__ == metadata.version("arzoo")


def test_an_unknown_name_is_refused_with_the_nearest():
    with pytest.raises(AttributeError, match=r"module 'arzoo' has no attribute 'creat'. Did you mean 'create'"):
        _ = arzoo.creat
