"""The conformance suite on every tiny config of Gated PixelCNN."""

import pytest

from arzoo.testing import cases


@pytest.mark.parametrize("case", cases("gatedpixelcnn"), ids=str)
def test_conformance(case):
    case.run()
