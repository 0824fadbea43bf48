"""The conformance suite on every tiny config of Image GPT."""

import pytest

from arzoo.testing import cases


@pytest.mark.parametrize("case", cases("imagegpt"), ids=str)
def test_conformance(case):
    case.run()
