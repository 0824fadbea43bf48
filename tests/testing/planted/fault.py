"""What a planted fault is, and how one is planted in both toys."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import arzoo
from planted.toys import Dense, Recurrent, toy


@dataclass(frozen=True)
class Fault:
    """A model with one fault, and the check that must name it."""

    check: str
    title: str
    toy: type
    build: Callable[[], arzoo.AutoregressiveModel]

    def __str__(self) -> str:
        return f"{self.check}-{self.title}"


def fault(check: str, backbone: type, title: str = "", **arguments: Any) -> Fault:
    """A fault in one toy; the arguments are those of `toy`."""
    title = title or (f"-{type(arguments['ordering']).__name__}" if "ordering" in arguments else "")
    base = Dense if issubclass(backbone, Dense) else Recurrent
    return Fault(check, f"{backbone.__name__}{title}", base, partial(toy, backbone, **arguments))


def both(check: str, mixin: type, **arguments: Any) -> list[Fault]:
    """A fault in either toy: a class that comes before the toy's own."""
    kinds = [type(f"{mixin.__name__}{base.__name__}", (mixin, base), {}) for base in (Dense, Recurrent)]
    return [fault(check, kind, **arguments) for kind in kinds]
