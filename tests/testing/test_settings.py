"""Settings, read and put back."""

import torch
from torch import nn

from arzoo.testing.settings import kept, of_model, of_process


def test_settings_are_put_back():
    before = of_process()
    with kept():
        torch.set_default_dtype(torch.float64)
        torch.set_grad_enabled(False)
        torch.set_float32_matmul_precision("medium")
        assert len([name for name, value in of_process().items() if value != before[name]]) == 3
    assert of_process() == before


def test_the_mode_of_a_model_is_that_of_all_its_modules():
    network = nn.Sequential(nn.Linear(1, 1, bias=False).eval())
    network[0].weight.requires_grad_(False)
    assert of_model(network) == {
        "`model.training`": True,
        "`0.training`": False,
        "`0.weight.requires_grad`": False,
    }
