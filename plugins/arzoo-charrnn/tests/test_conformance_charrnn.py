"""The conformance suite on every tiny config of the character RNN."""

import pytest

from arzoo.testing import cases


@pytest.mark.parametrize("case", cases("charrnn"), ids=str)
def test_conformance(case):
    case.run()
