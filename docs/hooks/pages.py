"""Pages that are made while the site is built: the API of the public names, the model cards, and the benchmark page."""

import importlib
import inspect
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

import arzoo
from arzoo.benchmark.page import read_zoo, rendered

ROOT = Path(__file__).parents[2]
CARDS = ROOT / "model_cards"
# Besides what `arzoo` itself names: what an author of checkpoints or of a benchmark calls by its full name.
MORE_MODULES = ("benchmark", "metrics", "publishing", "anomaly", "classification")
LINK = re.compile(r"(?<!!)\[([^\]]+)\]\((\.\.?/[^)#\s]+)(#[^)\s]*)?\)")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the generated pages."""
    for name in modules():
        files.append(File.generated(config, f"api/{name}.md", content=api_page(name)))
    files.append(File.generated(config, "api/README.md", content=api_index()))
    for source in sorted([*CARDS.glob("*.md"), *CARDS.glob("pictures/*")]):
        target = f"checkpoints/{source.relative_to(CARDS).as_posix()}"
        files.append(File.generated(config, target, abs_src_path=str(source)))
    files.append(File.generated(config, "checkpoints/README.md", content=checkpoints_index()))
    files.append(File.generated(config, "benchmark/page.html", content=benchmark_page()))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, **_: Any) -> str:
    """Lead links to model cards to their pages, and show other files of the repository, no pages, by their paths."""

    def shown(found: re.Match[str]) -> str:
        target = Path(config.docs_dir, page.file.src_path).parent / found[2]
        outside = ROOT.joinpath(os.path.relpath(target, ROOT))
        if ROOT / "docs" in [outside, *outside.parents] or not outside.exists():
            return found[0]  # MkDocs judges links between pages, and complains of those that lead nowhere
        if CARDS in (outside, outside.parent):
            card = Path(config.docs_dir, "checkpoints", "README.md" if outside == CARDS else outside.name)
            return f"[{found[1]}]({os.path.relpath(card, Path(config.docs_dir, page.file.src_path).parent)})"
        path = outside.relative_to(ROOT).as_posix()
        return f"`{path}`" if found[1].strip("`") in (path, found[2]) else f"{found[1]} (`{path}`)"

    return LINK.sub(shown, markdown)


def benchmark_page() -> str:
    """The page that `arzoo benchmark page` writes; what it leaves out it names itself."""
    return rendered(read_zoo(ROOT / "docs/benchmark/results", CARDS / "pictures"))


def modules() -> list[str]:
    """The public modules, `arzoo` first."""
    named = [name for name in dir(arzoo) if inspect.ismodule(getattr(arzoo, name))]
    more = [name for name in MORE_MODULES if importlib.util.find_spec(f"arzoo.{name}")]
    return ["arzoo", *(f"arzoo.{name}" for name in sorted({*named, *more}))]


def public_names(name: str) -> Iterator[str]:
    """What a module offers: its `__all__`, or what is defined in it with a docstring and without an underscore."""
    module = importlib.import_module(name)
    if name == "arzoo":
        yield from (each for each in dir(arzoo) if not inspect.ismodule(getattr(arzoo, each)))
    elif hasattr(module, "__all__"):
        yield from module.__all__
    else:
        yield from (each for each, value in vars(module).items() if defined_in(module.__name__, each, value))


def defined_in(module: str, name: str, value: Any) -> bool:
    """Whether a name is a public function or class of a module, and not one that it imported."""
    kind = inspect.isclass(value) or inspect.isfunction(value)
    return kind and not name.startswith("_") and value.__module__ == module and bool(inspect.getdoc(value))


def api_page(name: str) -> str:
    """The page of a module, for mkdocstrings to fill."""
    about = inspect.getdoc(importlib.import_module(name)) or ""
    entries = (f"::: {name}.{each}" for each in public_names(name))
    return "\n\n".join([f"# `{name}`", _indented_as_code(about), *entries])


def _indented_as_code(text: str) -> str:
    """A module's docstring: its first paragraph as prose, drawings and tables below as they stand."""
    first, _, rest = text.partition("\n\n")
    return f"{first}\n\n```text\n{rest}\n```" if rest.strip() else first


def api_index() -> str:
    """All public modules, each with its first sentence."""
    rows = "\n".join(f"- [`{name}`]({name}.md): {_first_line(name)}" for name in modules())
    return f"# API\n\nWhat is documented here is public, and nothing else is.\n\n{rows}\n"


def _first_line(name: str) -> str:
    return (inspect.getdoc(importlib.import_module(name)) or "").partition("\n")[0]


def checkpoints_index() -> str:
    """All checkpoints that have a card."""
    rows = "\n".join(f"- [`{card.stem}`]({card.name})" for card in sorted(CARDS.glob("*.md")))
    text = "What each is, was measured at and cannot do; `arzoo card NAME` prints the same."
    return f"# Checkpoints\n\n{text}\n\n{rows}\n"
