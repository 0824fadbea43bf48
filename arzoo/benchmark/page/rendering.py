"""The page as one file: markup, style, scripts, pictures and the chart library, and no request to anywhere."""

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from itertools import groupby
from pathlib import Path
from typing import Any

from arzoo import registry
from arzoo.benchmark.page.boards import Board, Figure, published_beside
from arzoo.benchmark.page.reading import Found, Shown
from arzoo.benchmark.page.sections import Section, quantity, section_of
from arzoo.benchmark.page.speeds import BATCHES, counted_in, settings_of, speeds_of
from arzoo.errors import ConfigError
from arzoo.files import replacing

ASSETS = "arzoo.benchmark.page.assets"
VEGA = "window.drawChart = vegaEmbed;"
"""What the bundle of the chart library is asked for: with vega-embed comes the interpreter, which needs no `eval`."""

SIZES = (10_000, 100_000, 1_000_000, 10_000_000, 100_000_000)
"""Parameters that models can be limited to."""

LONG = 60
"""Rows beyond which a table is laid out only where somebody looks."""

DIRECTIONS = dict.fromkeys(
    [0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)], "\N{REPLACEMENT CHARACTER}"
)
"""Marks that turn the direction of what stands beside them: a name with one would mirror the figure behind it."""

FILE = "index.html"


def write_page(found: Found, folder: Path) -> Path:
    """Write the page.

    Args:
        found: What it is made from.
        folder: Made where it does not exist.

    Returns:
        The file, which needs nothing else.

    Raises:
        ConfigError: A library that the page is made with is not installed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with replacing(folder / FILE) as temporary:
        temporary.write_text(rendered(found), encoding="utf-8", errors="replace")
    return folder / FILE


def rendered(found: Found) -> str:
    """Return the page as HTML."""
    template, sections = _template(), [section_of(shown) for shown in found.models]
    scripts = {"library": library(), "script": asset("page.js")}
    return str(
        template.render(
            **scripts,
            hashes=[_hash(text) for text in scripts.values()],
            style=asset("page.css"),
            sections=sections,
            boards=boards_of(sections),
            warnings=found.warnings,
            sizes=SIZES,
            long=LONG,
            batches=BATCHES,
            settings=settings_of(found.models),
            speeds={section.shown.subject.id: speeds_by_setting(section.shown, found.models) for section in sections},
            data=script_json(data_of(sections, found.models)),
            datasets=registry.datasets(),
            counted_in=counted_in,
            task=task_of,
            quantity=quantity,
        )
    )


def boards_of(sections: Sequence[Section]) -> list[tuple[Board, list[tuple[Section, Figure]]]]:
    """Return every figure on its board, the best first; boards by data set, the most crowded one of each first."""
    pairs = [(section, figure) for section in sections for figure in section.figures]
    pairs.sort(key=lambda pair: (pair[1].board, pair[1].value))
    boards = [(board, list(group)) for board, group in groupby(pairs, key=lambda pair: pair[1].board)]
    return sorted(boards, key=lambda each: (each[0].dataset, each[0].several, -len(each[1])))


def speeds_by_setting(shown: Shown, models: Sequence[Shown]) -> list[Mapping[str, float | None]]:
    """Return the speeds of a model in each setting, in the order of `settings_of`; empty where not measured."""
    found = {result.setting: speeds_of(shown, result) for result in shown.results}
    return [found.get(setting.key, {}) for setting in settings_of(models)]


def task_of(shown: Shown) -> str:
    """Return what a model does, in words."""
    subject = shown.subject
    return f"{subject.medium}, told {subject.told}" if subject.context else f"{subject.medium}, unconditional"


def data_of(sections: Sequence[Section], models: Sequence[Shown]) -> dict[str, Any]:
    """Return what the scripts of the page need to know."""
    return {
        "settings": [setting.label for setting in settings_of(models)],
        "models": [_model(section, models) for section in sections],
        "boards": [
            {
                "slug": board.slug,
                "title": board.name,
                "unit": board.unit,
                "item": counted_in(pairs[0][0].shown),
                "several": board.several,
                "values": {section.shown.subject.id: figure.value for section, figure in pairs},
            }
            for board, pairs in boards_of(sections)
        ],
    }


def _model(section: Section, models: Sequence[Shown]) -> dict[str, Any]:
    subject = section.shown.subject
    return {
        "id": subject.id,
        "architecture": subject.entry.id,
        "title": subject.title,
        "dataset": subject.dataset_id or "",
        "task": task_of(section.shown),
        "parameters": section.parameters,
        "bytes": subject.config.weights.size,
        "flops": section.flops,
        "symbol": subject.symbol,
        "speeds": speeds_by_setting(section.shown, models),
        "curve": section.shown.curve and section.shown.curve["points"],
        "distances": section.field and section.field.get("distances"),
    }


def script_json(data: Any) -> str:
    """Return JSON that cannot end the element it stands in."""
    text = json.dumps(data, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def asset(name: str) -> str:
    """Return a file of the page."""
    return resources.files(ASSETS).joinpath(name).read_text(encoding="utf-8")


@cache
def library() -> str:
    """Return the chart library as a script.

    Raises:
        ConfigError: It is not installed.
    """
    try:
        import vl_convert
    except ImportError as error:
        raise ConfigError(
            "The page needs vl-convert-python, which brings Vega and is not installed. Use pip install 'arzoo[page]'."
        ) from error
    return str(vl_convert.javascript_bundle(VEGA)).replace("</script", "<\\/script")


def _template() -> Any:
    try:
        import jinja2
    except ImportError as error:
        raise ConfigError("The page needs jinja2, which is not installed. Use pip install 'arzoo[page]'.") from error
    loader = jinja2.PackageLoader("arzoo.benchmark.page", "assets")
    environment = jinja2.Environment(
        loader=loader,
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=lambda value: value.translate(DIRECTIONS) if isinstance(value, str) else value,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["beside"] = published_beside
    return environment.get_template("page.html")


def _hash(script: str) -> str:
    digest = base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode("ascii")
    return f"'sha256-{digest}'"
