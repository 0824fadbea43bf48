"""Checks, and what they make of what a model raises."""

import pytest
from planted.toys import toy

from arzoo.testing.check import Check
from arzoo.testing.failures import CheckFailure, NotApplicable
from arzoo.testing.subject import Subject


def test_checks_turn_what_a_model_raises_into_a_failure_with_its_place():
    def prove(subject):
        """A sentence
        of two lines.

        And more.
        """
        raise RuntimeError("mat1 and mat2")

    check = Check("shapes", prove, "another head")
    assert check.proves == "A sentence of two lines."
    with pytest.raises(
        CheckFailure, match=r"must not raise, seen at test_check.py, line \d+, in prove: RuntimeError: mat1"
    ) as raised:
        check.run(Subject(toy))
    assert raised.value.check == "shapes" and raised.value.cause == "another head"
    assert isinstance(raised.value.__cause__, RuntimeError)


def test_checks_let_skips_pass_and_keep_a_cause_of_the_failure_itself():
    def skipped(subject):
        raise NotApplicable("no such promise")

    def failed(subject):
        raise CheckFailure("rule", "value", cause="its own")

    with pytest.raises(NotApplicable, match="no such promise"):
        Check("a", skipped, "general").run(Subject(toy))
    with pytest.raises(CheckFailure) as raised:
        Check("b", failed, "general").run(Subject(toy))
    assert raised.value.cause == "its own" and raised.value.check == "b"
