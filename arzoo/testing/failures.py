"""What a check says when it fails, and when it has nothing to prove."""

from unittest import SkipTest

from arzoo.errors import ArzooError


class CheckFailure(ArzooError, AssertionError):  # noqa: N818 - a failed check is a finding, not an error of the suite
    """A model breaks a promise of the interface.

    Args:
        expected: The rule, as half a sentence: "the params at a position must not depend on later symbols".
        seen: What the model did instead, with the values.
        where: The position, symbol, parameter or module at fault, as "position (0, 2, 1)".
        cause: What usually causes it; the suite fills in the check's own where this is empty.
        check: The name of the check; the suite fills it in.

    Example:
        >>> print(CheckFailure("params must be finite", "nan", where="position (2,)", check="interface"))
        [interface] params must be finite, seen at position (2,): nan.
    """

    def __init__(self, expected: str, seen: object, *, where: str = "", cause: str = "", check: str = "") -> None:
        super().__init__(expected)
        self.expected, self.seen, self.where, self.cause, self.check = expected, str(seen), where, cause, check

    def __str__(self) -> str:
        name = f"[{self.check}] " if self.check else ""
        place = f" at {self.where}" if self.where else ""
        usual = f" Usual cause: {self.cause}." if self.cause else ""
        return f"{name}{self.expected}, seen{place}: {self.seen}.{usual}"


class NotApplicable(SkipTest):
    """The model makes no promise that this check could test."""
