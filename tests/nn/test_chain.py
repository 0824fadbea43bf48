"""A chain of causal layers as one causal layer."""

import torch
from torch import nn

from arzoo.nn import CausalResidual, MaskedConv2d


def test_what_is_known_of_a_row_is_added_to_the_chains_output():
    chain = CausalResidual(nn.ReLU(), MaskedConv2d(2, 3, 3, "B"), nn.ReLU(), MaskedConv2d(3, 2, 1, "B")).double()
    x, known = torch.randn(2, 2, 3, 4, dtype=torch.float64), torch.randn(2, 2, 3, 4, dtype=torch.float64)
    expected, state = chain(x) + known, chain.state(2, 3, 4)
    for i in range(3):
        chain.begin(state, i, known[:, :, i])
        for j in range(4):
            seen = chain.at(state, i, j, x[:, :, i, j])
            torch.testing.assert_close(seen, expected[:, :, i, j], rtol=0, atol=1e-12)
