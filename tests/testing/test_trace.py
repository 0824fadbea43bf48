"""The module that is to blame."""

import torch
from torch import nn

from arzoo.testing.generators import seeded
from arzoo.testing.trace import calls, everything, first_difference, of_event


def test_the_first_module_that_differs_is_named():
    network = nn.Sequential(nn.Linear(2, 2), nn.Dropout(0.5), nn.Linear(2, 2)).double()
    x = torch.ones(1, 2, dtype=torch.float64)
    with seeded(0):
        found = first_difference(network, lambda: network(x), lambda: network(x), everything)
        assert found == ", first seen after `1` (Dropout)"
        assert first_difference(network.eval(), lambda: network(x), lambda: network(x), everything) == ""
    seen = calls(network, lambda: network(x))
    assert [call.name for call in seen] == ["0", "1", "2"]
    assert torch.equal(seen[0].inputs[0], x) and torch.equal(seen[2].output, network(x))
    assert not any(module._forward_hooks for module in network.modules())


def test_parts_of_outputs_are_picked_where_their_layout_is_plain():
    image = torch.arange(24.0).view(2, 3, 2, 2)
    assert torch.equal(of_event(1, 2, image), image[1]) and of_event(1, 3, image) is None
