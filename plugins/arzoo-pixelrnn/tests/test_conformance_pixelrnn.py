"""The conformance suite on every tiny config of PixelRNN."""

import pytest

from arzoo.testing import cases


@pytest.mark.parametrize("case", cases("pixelrnn"), ids=str)
def test_conformance(case):
    case.run()
