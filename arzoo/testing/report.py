"""What came of a run of the suite, as rows for a table."""

from collections.abc import Sequence
from dataclasses import dataclass

from arzoo.testing.examination import Outcome
from arzoo.testing.failures import CheckFailure


@dataclass(frozen=True)
class Row:
    """One check on one model.

    Args:
        architecture: Id of the architecture, or what a model at hand is called.
        config: Name of the config; empty for a model at hand.
        check: Name of the check.
        proves: What it proves, in a sentence.
        outcome: What came of it.
    """

    architecture: str
    config: str
    check: str
    proves: str
    outcome: Outcome

    def __str__(self) -> str:
        place = "/".join(part for part in (self.architecture, self.config, self.check) if part)
        return f"{self.outcome.status:8} {place} {self.outcome.message}".rstrip()


@dataclass(frozen=True)
class Report:
    """The rows of a run, in the order of the checks."""

    rows: Sequence[Row]

    @property
    def failures(self) -> list[CheckFailure]:
        """What failed."""
        return [row.outcome.failure for row in self.rows if row.outcome.failure is not None]

    @property
    def passed(self) -> bool:
        """Whether nothing failed."""
        return not self.failures

    def raise_first(self) -> None:
        """Raise the first failure, if there is one.

        Raises:
            CheckFailure: The first check that failed.
        """
        for failure in self.failures:
            raise failure

    def __str__(self) -> str:
        return "\n".join(map(str, self.rows))
