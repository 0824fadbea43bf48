"""Write the first files of a plugin from templates, all of them or none."""

import keyword
import re
import tempfile
from collections.abc import Mapping
from datetime import date
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from string import Template

from arzoo import plugins, registry
from arzoo.errors import ConfigError
from arzoo.hookcalls import API_VERSION

FILES: Mapping[str, str] = {
    "pyproject.toml": "pyproject.toml.txt",
    "README.md": "readme.md.txt",
    "LICENSE": "license.txt",
    ".gitignore": "gitignore.txt",
    ".github/workflows/tests.yml": "workflow.yml.txt",
    "arzoo_${name}/__init__.py": "entry.py.txt",
    "arzoo_${name}/${name}.py": "model.py.txt",
    "arzoo_${name}/recipes/${name}-digits.toml": "recipe.toml.txt",
    "tests/test_${name}.py": "test.py.txt",
}
"""Each file of a plugin, and the template that it is rendered from; both may name `${name}`."""

_NAME = re.compile(r"[a-z][a-z0-9]*")


def new_plugin(name: str, parent: Path) -> Path:
    """Make a plugin in a folder of its own.

    Args:
        name: Of the architecture, of its plugin and of the folder.
        parent: Where the folder is made.

    Returns:
        The folder.

    Raises:
        ConfigError: The name is none for an architecture, or taken, or the folder exists.
    """
    _check_name(name)
    _check_free(name)
    folder = parent / name
    if folder.exists() or folder.is_symlink():
        raise ConfigError(f"The folder of a new plugin must not exist, got {str(folder)!r}. Choose another name.")
    with tempfile.TemporaryDirectory(dir=parent, prefix=f".{name}.") as temporary:
        whole = Path(temporary) / name
        for path, text in rendered(name).items():
            (whole / path).parent.mkdir(parents=True, exist_ok=True)
            (whole / path).write_text(text, encoding="utf-8")
        whole.rename(folder)
    return folder


def rendered(name: str) -> dict[str, str]:
    """Return the text of every file of a plugin by its path in the plugin's folder."""
    names = {"name": name, "title": name.capitalize(), "api": API_VERSION, "year": str(date.today().year)}
    names["arzoo"] = ".".join(version("arzoo").split(".")[:2])
    folder = files("arzoo.scaffold") / "template"
    return {
        Template(path).substitute(names): Template((folder / template).read_text(encoding="utf-8")).substitute(names)
        for path, template in FILES.items()
    }


def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name) or keyword.iskeyword(name):
        rule = "lower-case letters and digits, a letter first, and no word of Python"
        raise ConfigError(f"The name of a plugin must be {rule}, got {name!r}. Use {_proposed(name)}.")


def _check_free(name: str) -> None:
    taken = _taken()
    if name in taken:
        rule = "The name of a plugin must be neither an architecture's nor a plugin's"
        raise ConfigError(f"{rule}, got {name!r}, which is taken by {taken[name]}. Use {_proposed(name)}.")


def _proposed(name: str) -> str:
    """The nearest name that is free: `my-net` becomes `mynet`, and `class` becomes `mynetclass`."""
    letters = re.sub(r"^[0-9]+|[^a-z0-9]", "", name.lower().removeprefix("arzoo"))
    own = letters if _NAME.fullmatch(letters) and not keyword.iskeyword(letters) else f"mynet{letters}"
    return next(free for free in (own, f"my{own}", f"myown{own}") if free not in _taken())


def _taken() -> dict[str, str]:
    """Who has which name, of a plugin or an architecture."""
    taken = {record.name: record.origin for record in plugins.records()}
    for record in plugins.records():
        taken |= dict.fromkeys(record.of(registry.ModelEntry), record.origin)
    return taken
