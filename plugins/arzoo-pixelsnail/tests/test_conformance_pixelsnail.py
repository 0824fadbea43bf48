"""The conformance suite on every tiny config of PixelSNAIL."""

import pytest

from arzoo.testing import cases


@pytest.mark.parametrize("case", cases("pixelsnail"), ids=str)
def test_conformance(case):
    case.run()
