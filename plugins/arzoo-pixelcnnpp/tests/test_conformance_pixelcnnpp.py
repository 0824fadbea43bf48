"""The conformance suite on every tiny config of PixelCNN++."""

import pytest

from arzoo.testing import cases


@pytest.mark.parametrize("case", cases("pixelcnnpp"), ids=str)
def test_conformance(case):
    case.run()
