"""The conformance suite on every tiny config of Image Transformer."""

import pytest

from arzoo.testing import cases


@pytest.mark.parametrize("case", cases("imagetransformer"), ids=str)
def test_conformance(case):
    case.run()
