import re

import pytest

from arzoo import testing
from arzoo.testing.examination import Outcome
from arzoo.testing.failures import CheckFailure
from arzoo.testing.report import Report, Row


def row(config, check, status, message="", failure=None):
    return Row("farm", config, check, f"{check} holds", Outcome(status, message, 0.25, failure))


@pytest.fixture
def report(monkeypatch):
    """Function that sets what comes of the suite, and returns the arguments it was called with."""
    asked = []

    def report(*rows):
        def run_all(name=None, *, deep=False, progress=lambda row: None):
            asked.append((name, deep))
            for each in rows:
                progress(each)
            return Report(rows)

        monkeypatch.setattr(testing, "run_all", run_all)
        return asked

    return report


def test_a_column_is_a_config_and_a_line_a_check(run, report):
    asked = report(row("tiny", "causal", "passed"), row("tiny-rgb", "causal", "skipped", "no [such] promise"))
    code, out, _ = run("check", "farm", "--deep")
    assert (code, asked) == (0, [("farm", True)])
    assert re.search(r"causal +│ ok +│ - ", out)
    assert out.endswith("2 checks in 0.5 s: 1 passed, 1 skipped.\n")


def test_a_broken_promise_is_told_in_full_and_ends_with_1(run, report):
    failure = CheckFailure("params must not depend on later symbols", "[3] moves [3]")
    report(row("tiny", "causal", "failed", str(failure), failure), row("tiny", "cached", "blocked", "needs causal"))
    code, out, _ = run("check")
    assert code == 1
    assert "farm/tiny: params must not depend on later symbols, seen: [3] moves [3]." in out
    assert re.search(r"causal +│ FAILED", out)
    assert "1 failed, 1 blocked" in out


def test_configs_that_do_not_fit_beside_each_other_stand_below_with_their_names_in_full(run, report):
    names = [f"tiny-with-a-name-{number}" for number in range(7)]
    report(*(row(name, "batch-independence", "passed") for name in names))
    _, out, _ = run("check")
    assert all(out.count(f" {name} ") == 1 for name in names) and out.count("│ ok ") == 7
    assert out.count(" batch-independence ") > 1 and max(map(len, out.splitlines())) <= 80


def test_the_suite_runs_on_an_installed_architecture(run, farm):
    code, out, _ = run("check", "farm")
    assert code in (0, 1)
    assert re.search(r"(?m)^\d+ checks in \d+\.\d s: \d+ passed", out)
    assert max(map(len, out.split("checks in")[0].splitlines()[:5])) <= 80


def test_an_unknown_architecture_is_refused_with_the_nearest(refused, farm):
    assert re.search(r"Unknown model 'fram'\. Did you mean 'farm'", refused("check", "fram"))
