"""The conformance suite on every tiny config of MADE."""

import pytest

from arzoo.testing import cases


@pytest.mark.parametrize("case", cases("made"), ids=str)
def test_conformance(case):
    case.run()
