"""A named check: what it proves, what it stands on, and what usually breaks it."""

import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from arzoo.testing.failures import CheckFailure, NotApplicable
from arzoo.testing.subject import Subject

# The files of the suite itself, where nothing is to be mended.
SUITE = Path(__file__).parent

Prove = Callable[[Subject], None]


@dataclass(frozen=True)
class Check:
    """One promise of a model, put to the test.

    Args:
        name: Words joined by dashes.
        prove: Returns where the promise holds; raises `CheckFailure` where it is broken, `NotApplicable` where none is
            made.
        cause: What usually breaks it.
        needs: Checks without which a failure here would only repeat theirs.
        deep: Whether it costs seconds, and runs on demand only.
    """

    name: str
    prove: Prove
    cause: str
    needs: tuple[str, ...] = ()
    deep: bool = False

    @property
    def proves(self) -> str:
        """The first sentence of the check's docstring."""
        return " ".join((self.prove.__doc__ or "").partition("\n\n")[0].split())

    def run(self, subject: Subject) -> None:
        """Put a model to the test.

        Raises:
            CheckFailure: If the promise is broken, or the model raises on the way.
            NotApplicable: If the model makes no such promise.
        """
        try:
            self.prove(subject)
        except CheckFailure as failure:
            failure.check, failure.cause = self.name, failure.cause or self.cause
            raise
        except NotApplicable:
            raise
        except Exception as error:
            raise self._stopped(error) from error

    def _stopped(self, error: Exception) -> CheckFailure:
        seen, where = f"{type(error).__name__}: {error}", raised_in(error)
        return CheckFailure("the model must not raise", seen, where=where, cause=self.cause, check=self.name)


def check(name: str, *, cause: str, needs: tuple[str, ...] = (), deep: bool = False) -> Callable[[Prove], Check]:
    """Make a check of the function below; its docstring says what it proves and how it fails."""
    return lambda prove: Check(name, prove, cause, needs, deep)


def raised_in(error: Exception | None) -> str:
    """The innermost line that is neither torch's nor the suite's: there the author will look.

    Args:
        error: What was raised; None for the line that is running now.
    """
    frames = traceback.extract_stack() if error is None else traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if "torch" not in Path(frame.filename).parts]
    own = [frame for frame in own if SUITE not in Path(frame.filename).parents] or own
    return f"{Path(own[-1].filename).name}, line {own[-1].lineno}, in {own[-1].name}"
