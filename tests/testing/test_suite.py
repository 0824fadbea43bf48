"""Cases, reports and rows, on plugins of this process."""

import pytest
from planted import registered

import arzoo
from arzoo import plugins
from arzoo.testing import CHECKS, CheckFailure, NotApplicable, cases, check_model, run_all

ALWAYS = [check.name for check in CHECKS if not check.deep]

# Promises that a toy does not make.
ABSENT = ("no context", "fixed shape", "no steps()", "no features()", "no with_ordering()")


def plugin(*entries):
    class Plugin:
        @arzoo.hookimpl
        def register_models():
            return list(entries)

    return Plugin


@pytest.fixture
def toys():
    plugins.register(registered.Right, "toys")
    yield
    plugins.unregister("toys")


@pytest.fixture
def faulty():
    build = registered.ignores_shape
    plugins.register(plugin(registered.entry("toyfaulty", build, registered.configs_of(build))), "faulty")
    yield
    plugins.unregister("faulty")


@pytest.mark.usefixtures("toys")
def test_cases_are_every_check_at_every_tiny_config_and_no_other():
    found = cases("toyright")
    assert {case.config for case in found} == {"tiny", "tiny-recurrent", "tiny-class", "tiny-snake"}
    assert [case.check.name for case in found if case.config == "tiny"] == ALWAYS
    assert str(found[0]) == "toyright/tiny/config"


@pytest.mark.usefixtures("toys")
def test_deep_cases_are_added_on_demand():
    added = {str(case) for case in cases("toytied", deep=True)} - {str(case) for case in cases("toytied")}
    assert added == {"toytied/tiny/sample-frequencies", "toytied/tiny/codec"}


@pytest.mark.usefixtures("toys")
def test_without_a_name_cases_are_of_all_that_is_installed():
    assert {"toyright", "toytied"} <= {case.architecture for case in cases()} == set(arzoo.list_models())


@pytest.mark.usefixtures("toys")
@pytest.mark.parametrize("name", ["toyright", "toytied"])
def test_every_case_of_a_correct_plugin_runs(name):
    for case in cases(name):
        try:
            case.run()
        except NotApplicable as reason:
            assert any(words in str(reason) for words in ABSENT)


@pytest.mark.usefixtures("faulty")
def test_a_case_raises_its_failure_and_what_stands_on_it_is_skipped():
    by_name = {case.check.name: case for case in cases("toyfaulty")}
    with pytest.raises(NotApplicable, match="needs config"):
        by_name["interface"].run()
    for _ in range(2):  # the second time from memory
        with pytest.raises(
            CheckFailure, match=r"^\[config\] .*event_shape of its config, \[1, 2, 3\], seen: \[1, 3, 2\]"
        ):
            by_name["config"].run()


@pytest.mark.usefixtures("faulty")
def test_a_report_has_a_row_for_every_case_and_shows_them_as_they_come():
    came = []
    report = run_all("toyfaulty", progress=came.append)
    assert came == list(report.rows)
    assert [(row.config, row.check) for row in report.rows] == [(c.config, c.check.name) for c in cases("toyfaulty")]
    assert not report.passed and len(report.failures) == 2
    assert {row.outcome.status for row in report.rows} == {"failed", "blocked"}
    assert str(report).startswith("failed   toyfaulty/tiny-dense/config [config] the model must have")
    with pytest.raises(CheckFailure, match="event_shape"):
        report.raise_first()


def test_a_good_report_raises_nothing():
    report = check_model(registered.right)
    assert report.passed
    report.raise_first()
    assert str(report.rows[0]) == "passed   model/config"


def test_a_builder_that_raises_is_named():
    report = check_model(registered.refuses_its_own_config)
    (failure,) = report.failures
    assert failure.check == "config"
    line = registered.refuses_its_own_config.__code__.co_firstlineno + 1
    assert failure.where == f"registered.py, line {line}, in refuses_its_own_config"


def test_an_unknown_architecture_is_answered_with_the_nearest():
    with pytest.raises(arzoo.UnknownModelError, match="'pixelcn'"):
        cases("pixelcn")


def test_an_architecture_without_a_tiny_config_cannot_be_judged():
    plugins.register(plugin(registered.entry("toylarge", registered.right, {"paper": {}, "small": {}})), "large")
    try:
        with pytest.raises(
            arzoo.ConfigError, match=r'toylarge must have a config named "tiny...", got paper, small\. Add'
        ):
            cases("toylarge")
    finally:
        plugins.unregister("large")


def test_every_check_says_what_it_proves_how_it_fails_and_why():
    for check in CHECKS:
        doc = check.prove.__doc__
        assert check.proves.endswith(".") and len(check.proves) < 170, check.name
        assert "Fails" in doc or "must" in doc or "Neither" in doc, check.name
        assert check.cause and not check.cause.endswith("."), check.name


def test_checks_stand_on_checks_before_them():
    names = [check.name for check in CHECKS]
    assert len(set(names)) == len(names)
    for place, check in enumerate(CHECKS):
        assert set(check.needs) <= set(names[:place]), check.name
