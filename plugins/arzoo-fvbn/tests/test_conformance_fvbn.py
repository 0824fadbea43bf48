"""The conformance suite on every tiny config of FVBN."""

import pytest

from arzoo.testing import cases


@pytest.mark.parametrize("case", cases("fvbn"), ids=str)
def test_conformance(case):
    case.run()
