"""The conformance suite: every promise of the interface, put to the test on any model.

In the tests of a plugin, these four lines run every check at every config whose name starts with "tiny":

    @pytest.mark.parametrize("case", arzoo.testing.cases("made"), ids=str)
    def test_conformance(case):
        case.run()

From the shell, `arzoo check made` prints the same as a table. For a model at hand there is `check_model(model)`.

A check that fails says which promise is broken, where, what was seen, and what usually causes it. A blind spot or a
finite receptive field is no failure where the backbone declares it: `dependence(ordering)` returns who depends on whom.
"""

from arzoo.testing.check import Check
from arzoo.testing.checks import CHECKS
from arzoo.testing.examination import Outcome
from arzoo.testing.failures import CheckFailure, NotApplicable
from arzoo.testing.report import Report, Row
from arzoo.testing.suite import Case, cases, check_model, run_all

__all__ = [
    "CHECKS",
    "Case",
    "Check",
    "CheckFailure",
    "NotApplicable",
    "Outcome",
    "Report",
    "Row",
    "cases",
    "check_model",
    "run_all",
]
