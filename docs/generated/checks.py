"""The conformance suite as a list."""

import inspect

from arzoo.testing import CHECKS, Check


def checks() -> str:
    """Every check of the conformance suite: what it proves, how it fails, what usually causes it."""
    return "\n\n".join(map(check, CHECKS))


def check(entry: Check) -> str:
    """One check, from its docstring, its usual cause and the checks that it stands on."""
    first, *rest = [" ".join(part.split()) for part in inspect.cleandoc(entry.prove.__doc__ or "").split("\n\n")]
    deep = " (with `--deep`)" if entry.deep else ""
    needs = f" Stands on {', '.join(f'`{name}`' for name in entry.needs)}." if entry.needs else ""
    return f"### `{entry.name}`{deep}\n\n{first} {' '.join(rest)}\n\nUsual cause: {entry.cause}.{needs}"
