"""What a failed check says."""

from arzoo.testing.failures import CheckFailure


def test_failures_say_check_rule_place_value_and_cause():
    failure = CheckFailure("x must be y", 3, where="layer 1", cause="haste", check="rule")
    assert str(failure) == "[rule] x must be y, seen at layer 1: 3. Usual cause: haste."
    assert isinstance(failure, AssertionError)
