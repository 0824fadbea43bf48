"""Gaps between results."""

import pytest
import torch

from arzoo.testing.compare import differ, gaps, require_same
from arzoo.testing.failures import CheckFailure


def test_gaps_are_relative_to_large_values_and_infinite_at_nan():
    assert gaps(torch.tensor([100.0, 1.0]), torch.tensor([101.0, 1.0])).tolist() == pytest.approx([1 / 101, 0])
    assert differ(torch.tensor(torch.nan), torch.tensor(0.0), 1e9)
    assert not differ(torch.tensor(-torch.inf), torch.tensor(-torch.inf))


def test_require_same_names_the_greatest_gap():
    with pytest.raises(CheckFailure, match=r"must agree, seen at index \(1, 0\): 5 instead of 1"):
        require_same(torch.tensor([[1.0, 2.0], [5.0, 1.0]]), torch.ones(2, 2), "must agree")
    with pytest.raises(CheckFailure, match=r"must agree, of shape \(2,\), seen: shape \(3,\)"):
        require_same(torch.ones(3), torch.ones(2), "must agree")
    with pytest.raises(CheckFailure, match="seen at row 1: 2 instead of 1"):
        require_same(torch.tensor([1, 2]), torch.tensor([1, 1]), "must agree", where=lambda index: f"row {index[0]}")
