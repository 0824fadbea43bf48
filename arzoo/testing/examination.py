"""All checks on one model, and what came of each."""

import time
from dataclasses import dataclass
from typing import Literal

from arzoo.testing.check import Check
from arzoo.testing.checks import CHECKS
from arzoo.testing.failures import CheckFailure, NotApplicable
from arzoo.testing.subject import Subject

Status = Literal["passed", "failed", "skipped", "blocked"]


@dataclass(frozen=True)
class Outcome:
    """What came of one check on one model.

    Args:
        status: "passed"; "failed"; "skipped" where the model makes no such promise; "blocked" where a check that this
            one stands on has failed.
        message: Why it is not "passed".
        seconds: What it took.
        failure: What the check raised, if it failed.
    """

    status: Status
    message: str = ""
    seconds: float = 0.0
    failure: CheckFailure | None = None


class Examination:
    """The checks on one model, each run once, however often it is asked for.

    A check is not run where one that it needs has failed: it would fail too, and say less.
    """

    def __init__(self, subject: Subject) -> None:
        self.subject = subject
        self._outcomes: dict[str, Outcome] = {}

    def outcome(self, check: Check) -> Outcome:
        """The outcome of a check, after those that it needs."""
        if check.name not in self._outcomes:
            self._outcomes[check.name] = self._blocked(check) or _run(check, self.subject)
        return self._outcomes[check.name]

    def _blocked(self, check: Check) -> Outcome | None:
        needed = [other for other in CHECKS if other.name in check.needs]
        broken = [other.name for other in needed if self.outcome(other).status in ("failed", "blocked")]
        return Outcome("blocked", f"needs {' and '.join(broken)}") if broken else None


def _run(check: Check, subject: Subject) -> Outcome:
    begun = time.perf_counter()
    try:
        check.run(subject)
    except CheckFailure as failure:
        return Outcome("failed", str(failure), time.perf_counter() - begun, failure)
    except NotApplicable as reason:
        return Outcome("skipped", str(reason), time.perf_counter() - begun)
    return Outcome("passed", "", time.perf_counter() - begun)
