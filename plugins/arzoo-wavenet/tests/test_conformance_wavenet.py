"""The conformance suite on every tiny config of WaveNet."""

import pytest

from arzoo.testing import cases


@pytest.mark.parametrize("case", cases("wavenet"), ids=str)
def test_conformance(case):
    case.run()
