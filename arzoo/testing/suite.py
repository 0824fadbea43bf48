"""Checks on models: as cases for pytest, as a report for the shell, or on one model at hand."""

import copy
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Literal

from arzoo import registry
from arzoo.errors import ConfigError
from arzoo.testing.check import Check
from arzoo.testing.checks import CHECKS
from arzoo.testing.failures import CheckFailure, NotApplicable
from arzoo.testing.subject import Subject

if TYPE_CHECKING:
    from arzoo.model import AutoregressiveModel

Status = Literal["passed", "failed", "skipped", "blocked"]


@dataclass(frozen=True)
class Outcome:
    """What came of one check on one model.

    Args:
        status: "passed"; "failed"; "skipped" where the model makes no such promise; "blocked" where a check that it
            stands on failed.
        message: Why it is not "passed".
        seconds: What it took.
        failure: What the check raised, if it failed.
    """

    status: Status
    message: str = ""
    seconds: float = 0.0
    failure: CheckFailure | None = None


class Examination:
    """All checks on one model, each run once, however often it is asked for.

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
        broken = [name for name in check.needs if self.outcome(named(name)).status in ("failed", "blocked")]
        return Outcome("blocked", f"needs {' and '.join(broken)}") if broken else None


@dataclass(frozen=True)
class Case:
    """One check on one config of one architecture.

    Args:
        architecture: Id of the architecture.
        config: Name of the config.
        check: The check.
        examination: Of the model, shared by the cases of the config.
    """

    architecture: str
    config: str
    check: Check
    examination: Examination = field(repr=False, compare=False)

    def __str__(self) -> str:
        return f"{self.architecture}/{self.config}/{self.check.name}"

    def run(self) -> None:
        """Put the model to the test.

        Raises:
            CheckFailure: If the check fails.
            NotApplicable: If the model makes no such promise, or a check that this one needs failed; pytest counts it
            as skipped.
        """
        outcome = self.examination.outcome(self.check)
        if outcome.failure is not None:
            raise outcome.failure
        if outcome.status != "passed":
            raise NotApplicable(outcome.message)


@dataclass(frozen=True)
class Row:
    """One line of a report.

    Args:
        architecture: Id of the architecture, or the model's title.
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


@dataclass(frozen=True)
class Report:
    """What came of a run of the suite, one row a check and model."""

    rows: Sequence[Row]

    @property
    def failures(self) -> list[CheckFailure]:
        """What failed, in the order of the checks."""
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
        return "\n".join(_line(row) for row in self.rows)


def named(name: str) -> Check:
    """The check of this name."""
    return next(check for check in CHECKS if check.name == name)


def cases(architecture: str | None = None, *, deep: bool = False) -> list[Case]:
    """Every check at every config whose name starts with "tiny".

    Args:
        architecture: Id of an architecture; left out, all that are installed.
        deep: Also the checks that take seconds each.

    Returns:
        Cases for `pytest.mark.parametrize("case", cases("made"), ids=str)`; nothing is built before one is run.

    Raises:
        UnknownModelError: If there is no such architecture.
        ConfigError: If it has no config whose name starts with "tiny".
    """
    names = list(registry.models()) if architecture is None else [architecture]
    examinations = [(name, config, _examination(name, config)) for name in names for config in _tiny_configs(name)]
    return [Case(name, config, check, examined) for name, config, examined in examinations for check in _chosen(deep)]


def run_all(
    architecture: str | None = None, *, deep: bool = False, progress: Callable[[Row], None] = lambda row: None
) -> Report:
    """Run every check, as `arzoo check` does.

    Args:
        architecture: Id of an architecture; left out, all that are installed.
        deep: Also the checks that take seconds each.
        progress: Called with each row as it comes.

    Raises:
        UnknownModelError: If there is no such architecture.
        ConfigError: If it has no config whose name starts with "tiny".
    """
    rows = []
    for case in cases(architecture, deep=deep):
        rows.append(_row(case.architecture, case.config, case.check, case.examination))
        progress(rows[-1])
    return Report(rows)


def check_model(model: "AutoregressiveModel", *, deep: bool = False) -> Report:
    """Run every check on a model at hand, registered or not; the model is left as it is.

    Args:
        model: The model; copies of it are tested, with weights moved at random.
        deep: Also the checks that take seconds each.

    Returns:
        A report; `report.raise_first()` raises what failed.
    """
    subject = Subject(partial(copy.deepcopy, model), configured=model.architecture is not None)
    examination = Examination(subject)
    return Report([_row(model.title, "", check, examination) for check in _chosen(deep)])


def _chosen(deep: bool) -> Iterator[Check]:
    return (check for check in CHECKS if deep or not check.deep)


def _tiny_configs(architecture: str) -> list[str]:
    configs = registry.model_entry(architecture).configs
    tiny = [name for name in configs if name.startswith("tiny")]
    if not tiny:
        rule = f'{architecture} must have a config whose name starts with "tiny"'
        raise ConfigError(
            f'{rule}, got {", ".join(configs)}. Add "tiny": {{"event_shape": (1, 4, 4), "num_levels": 2}}.'
        )
    return tiny


def _examination(architecture: str, config: str) -> Examination:
    from arzoo.factory import create

    return Examination(Subject(partial(create, architecture, config), configured=True))


def _run(check: Check, subject: Subject) -> Outcome:
    begun = time.perf_counter()
    try:
        check.run(subject)
    except CheckFailure as failure:
        return Outcome("failed", str(failure), time.perf_counter() - begun, failure)
    except NotApplicable as reason:
        return Outcome("skipped", str(reason), time.perf_counter() - begun)
    return Outcome("passed", "", time.perf_counter() - begun)


def _row(architecture: str, config: str, check: Check, examination: Examination) -> Row:
    return Row(architecture, config, check.name, check.proves, examination.outcome(check))


def _line(row: Row) -> str:
    model = f"{row.architecture}/{row.config}" if row.config else row.architecture
    return f"{row.outcome.status:8}{model}  {row.check}  {row.outcome.message}".rstrip()
