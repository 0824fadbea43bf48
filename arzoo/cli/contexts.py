"""Options that a model's declared context adds: `--label 7`, `--speaker theo`.

Which there are is known only when the model is loaded, so they are set aside while the command line is read.
"""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import typer
from typer.core import TyperCommand

from arzoo.errors import ConfigError, ContextError, did_you_mean

if TYPE_CHECKING:
    from arzoo.context import ContextSpec
    from arzoo.model import AutoregressiveModel

SET_ASIDE = "arzoo.context"
NAMES_SHOWN = 12


class ContextCommand(TyperCommand):
    """A verb that also takes options which it does not declare; `context_of` reads them."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Set the undeclared options aside, before a list of arguments swallows them."""
        own, ctx.meta[SET_ASIDE] = split(args, _declared(self, ctx))
        return super().parse_args(ctx, own)


def split(words: Sequence[str], declared: Iterable[str]) -> tuple[list[str], list[tuple[str, str | None]]]:
    """Divide words into those of the verb and undeclared options with their values.

    Args:
        words: What stands after the verb.
        declared: The options of the verb, such as "--seed" and "-o".

    Returns:
        The verb's words, and (name without dashes, value or None) in the order they came.

    Example:
        >>> split(["model", "--label", "7", "--seed", "1", "--speaker=theo"], ["--seed"])
        (['model', '--seed', '1'], [('label', '7'), ('speaker', 'theo')])
    """
    own: list[str] = []
    others: list[tuple[str, str | None]] = []
    rest = list(words)
    while rest:
        word = rest.pop(0)
        name, equals, text = word.partition("=")
        if not name.startswith("--") or name == "--" or name in declared:
            own.append(word)
        else:
            others.append((name[2:], text if equals else _value(rest)))
    return own, others


def context_of(ctx: typer.Context, model: "AutoregressiveModel", n: int, brought: Sequence[str] = ()) -> dict[str, Any]:
    """Read the options set aside as the model's context.

    Args:
        ctx: Of the verb.
        model: Declares the context.
        n: Number of events; several values are dealt out in turn.
        brought: Names that need not be given, since the data set brings them.

    Returns:
        Value of each context that was given.

    Raises:
        ContextError: An option is unknown, has no value or one that it cannot have, or one that is needed is missing.
    """
    given = _given(ctx, model)
    missing = [name for name in model.context if name not in (*given, *brought)]
    if missing:
        examples = " ".join(_example(name, model.context[name]) for name in missing)
        raise ContextError(f"{model.title} needs {_options(missing)}, got {_options(given)}. Add {examples}.")
    return {name: _dealt(model.context[name], name, texts, n) for name, texts in given.items()}


def described(name: str, spec: "ContextSpec") -> str:
    """Say in a few words which values a context takes.

    Example:
        >>> from arzoo.context import Labels
        >>> described("label", Labels(3, ("cat", "dog", "owl")))
        '--label 0 ... 2, or cat, dog, owl'
    """
    fields = spec.to_config()
    if spec.kind != "labels":
        return f"--{name} FILE.npy ({', '.join(f'{key} {value}' for key, value in fields.items() if key != 'kind')})"
    numbers = f"--{name} 0 ... {fields['num_classes'] - 1}"
    names = [text for text in fields["names"] or () if not text.isdecimal()]
    more = ", ..." if len(names) > NAMES_SHOWN else ""
    return f"{numbers}, or {', '.join(names[:NAMES_SHOWN])}{more}" if names else numbers


def _given(ctx: typer.Context, model: "AutoregressiveModel") -> dict[str, list[str]]:
    """Return the texts that came for each context, in their order."""
    given: dict[str, list[str]] = {}
    for name, text in ctx.meta[SET_ASIDE]:
        if name not in model.context:
            raise ContextError(_unknown(name, model, _declared(ctx.command, ctx)))
        if text is None:
            raise ContextError(f"--{name} must have a value, got none. Use {_example(name, model.context[name])}.")
        given.setdefault(name, []).append(text)
    return given


def _value(rest: list[str]) -> str | None:
    """Take the value of an option from the words after it; another option is none, a negative number is one."""
    if not rest or (rest[0].startswith("-") and not rest[0][1:2].isdigit()):
        return None
    return rest.pop(0)


def _declared(command: Any, ctx: Any) -> list[str]:
    options = [name for param in command.params for name in (*param.opts, *param.secondary_opts)]
    return [name for name in (*options, *ctx.help_option_names) if name.startswith("-")]


def _unknown(name: str, model: "AutoregressiveModel", declared: Sequence[str]) -> str:
    takes = f"takes {_options(model.context)} as context" if model.context else "takes no context"
    meant = did_you_mean(f"--{name}", [*(f"--{known}" for known in model.context), *declared])
    return f"Unknown option --{name}: {model.title} {takes}.{meant or ' --help shows the other options.'}"


def _options(names: Iterable[str]) -> str:
    return ", ".join(f"--{name}" for name in names) or "none"


def _example(name: str, spec: "ContextSpec") -> str:
    return f"--{name} 0" if spec.kind == "labels" else f"--{name} FILE.npy"


def _dealt(spec: "ContextSpec", name: str, texts: Sequence[str], n: int) -> Any:
    if spec.kind != "labels":
        if len(texts) > 1:
            raise ConfigError(f"--{name} must be given once, got {len(texts)} files. Stack them in one.")
        return spec.parse(texts[0])
    values = [value for text in texts for value in _listed(spec.parse(text))]
    return [values[k % len(values)] for k in range(n)]


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
