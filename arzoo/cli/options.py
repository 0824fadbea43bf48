"""Options that several verbs share, and the ones that a model's declared context adds."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from arzoo.errors import ConfigError, ContextError, did_you_mean

if TYPE_CHECKING:
    from arzoo.context import ContextSpec

Name = Annotated[str, typer.Argument(help="A checkpoint of the zoo, or local-dir:PATH.", show_default=False)]
Out = Annotated[Path | None, typer.Option("--out", "-o", help="The PNG to write; by default NAME.png here.")]
Seed = Annotated[int, typer.Option(help="Seed of the samples; sample k of a seed is the same whatever else is drawn.")]
Temperature = Annotated[float, typer.Option(help="Draw from pmf^(1/T); 0 takes the most probable level.")]
TopK = Annotated[int | None, typer.Option(help="Draw from the K most probable levels alone.")]
TopP = Annotated[float | None, typer.Option(help="Draw from the fewest levels that hold this much probability.")]
Device = Annotated[str | None, typer.Option(help="Where to run: cpu, cuda, cuda:1, mps ...")]
DataRoot = Annotated[Path | None, typer.Option(help="Folder of data sets in the Hub's layout [env: ARZOO_DATA_ROOT].")]
Split = Annotated[str, typer.Option(help="Which split of the data set.")]
Uncached = Annotated[bool, typer.Option("--uncached", help="Draw by whole passes, to compare.")]


def context_from_options(specs: "Mapping[str, ContextSpec]", words: Sequence[str], n: int) -> dict[str, Any]:
    """Read `--label 3`, `--label 0,1,2` or `--label=cat` for the contexts that a model declares.

    Args:
        specs: The model's declared contexts.
        words: What typer left over.
        n: Number of events; several values are dealt out in turn.

    Returns:
        Value of each context given.

    Raises:
        ConfigError: If a word is no option.
        ContextError: If the model declares no such context, or a value is none of its values.
    """
    given: dict[str, list[str]] = {}
    for name, text in _pairs(words):
        if name not in specs:
            raise ContextError(_unknown(name, specs))
        given.setdefault(name, []).append(text)
    return {name: _dealt(specs[name].parse(",".join(texts)), n) for name, texts in given.items()}


def require_context(title: str, specs: "Mapping[str, ContextSpec]", given: Mapping[str, Any]) -> None:
    """Refuse to go on without a context that a model needs.

    Raises:
        ContextError: If one is missing.
    """
    missing = [name for name in specs if name not in given]
    if missing:
        needed = ", ".join(f"--{name}" for name in missing)
        raise ContextError(f"{title} needs {needed}, got {', '.join(given) or 'none'}. Add --{missing[0]} 0.")


def _pairs(words: Sequence[str]) -> list[tuple[str, str]]:
    """Names and values of options, from `--name value` and `--name=value`."""
    pairs, rest = [], list(words)
    while rest:
        word = rest.pop(0)
        name, equals, text = word.partition("=")
        if not name.startswith("--"):
            raise ConfigError(f"An argument must follow an option or be a name, got {word!r}. See --help.")
        if not equals and not rest:
            raise ConfigError(f"{name} needs a value, got none. Write {name} VALUE.")
        pairs.append((name[2:], text if equals else rest.pop(0)))
    return pairs


def _unknown(name: str, specs: "Mapping[str, ContextSpec]") -> str:
    options = ", ".join(f"--{known}" for known in specs)
    takes = f"takes {options} as context" if specs else "takes no context"
    return f"Unknown option --{name}: the model {takes}.{did_you_mean(name, specs)} See --help for the others."


def _dealt(value: Any, n: int) -> Any:
    return [value[k % len(value)] for k in range(n)] if isinstance(value, list) else value
