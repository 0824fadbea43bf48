"""Checks on models: as cases for pytest, as a report for the shell, or on one model at hand."""

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from torch import nn

from arzoo import registry
from arzoo.errors import ConfigError
from arzoo.testing.check import Check
from arzoo.testing.checks import CHECKS
from arzoo.testing.examination import Examination
from arzoo.testing.failures import NotApplicable
from arzoo.testing.report import Report, Row
from arzoo.testing.subject import Subject

if TYPE_CHECKING:
    from arzoo.model import AutoregressiveModel

Build = Callable[[], "AutoregressiveModel"]


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
            NotApplicable: If the model makes no such promise, or a check that this one needs has failed; pytest counts
                it as skipped.
        """
        outcome = self.examination.outcome(self.check)
        if outcome.failure is not None:
            raise outcome.failure
        if outcome.status != "passed":
            raise NotApplicable(outcome.message)

    def row(self) -> Row:
        """Put the model to the test, and report."""
        outcome = self.examination.outcome(self.check)
        return Row(self.architecture, self.config, self.check.name, self.check.proves, outcome)


def cases(architecture: str | None = None, *, deep: bool = False) -> list[Case]:
    """Every check at every config whose name starts with "tiny".

    Args:
        architecture: Id of an architecture; left out, all that are installed.
        deep: Also the checks that take seconds each.

    Returns:
        Cases for `pytest.mark.parametrize("case", cases("made"), ids=str)`. Nothing is built before one is run.

    Raises:
        UnknownModelError: If there is no such architecture.
        ConfigError: If it has no config whose name starts with "tiny".
    """
    names = list(registry.models()) if architecture is None else [architecture]
    return [case for name in names for config in _tiny_configs(name) for case in _cases_of(name, config, deep)]


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
    return _reported(cases(architecture, deep=deep), progress)


def check_model(
    model: "AutoregressiveModel | Build",
    *,
    deep: bool = False,
    progress: Callable[[Row], None] = lambda row: None,
) -> Report:
    """Run every check on a model at hand, registered or not.

    Args:
        model: The model, which is left as it is: copies of it are tested, with weights moved at random. Or a function
            that builds it: then two builds are compared as well, and a table that is drawn at random is found.
        deep: Also the checks that take seconds each.
        progress: Called with each row as it comes.

    Returns:
        A report; `report.raise_first()` raises what failed.
    """
    build: Build = partial(copy.deepcopy, model) if isinstance(model, nn.Module) else model  # type: ignore[assignment]
    examination = Examination(Subject(build))
    return _reported([Case("model", "", check, examination) for check in _chosen(deep)], progress)


def _reported(chosen: list[Case], progress: Callable[[Row], None]) -> Report:
    rows = []
    for case in chosen:
        rows.append(case.row())
        progress(rows[-1])
    return Report(rows)


def _cases_of(architecture: str, config: str, deep: bool) -> Iterator[Case]:
    from arzoo.factory import create

    examination = Examination(Subject(partial(create, architecture, config)))
    return (Case(architecture, config, check, examination) for check in _chosen(deep))


def _chosen(deep: bool) -> Iterator[Check]:
    return (check for check in CHECKS if deep or not check.deep)


def _tiny_configs(architecture: str) -> list[str]:
    configs = registry.model_entry(architecture).configs
    tiny = [name for name in configs if name.startswith("tiny")]
    if not tiny:
        repair = 'Add "tiny": {"event_shape": (1, 4, 4), "num_levels": 2}'
        raise ConfigError(f'{architecture} must have a config named "tiny...", got {", ".join(configs)}. {repair}.')
    return tiny
