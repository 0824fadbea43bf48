"""What is set for the whole process and for a whole model: read, and put back."""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import nn

# Each with the function that reads it and the one that puts it back.
SETTINGS: dict[str, tuple[Callable[[], Any], Callable[[Any], Any]]] = {
    "torch.set_default_dtype": (torch.get_default_dtype, torch.set_default_dtype),
    "torch.set_default_device": (torch.get_default_device, torch.set_default_device),
    "torch.set_grad_enabled": (torch.is_grad_enabled, torch.set_grad_enabled),
    "torch.set_num_threads": (torch.get_num_threads, torch.set_num_threads),
    "torch.set_float32_matmul_precision": (
        torch.get_float32_matmul_precision,
        torch.set_float32_matmul_precision,
    ),
    "torch.use_deterministic_algorithms": (
        torch.are_deterministic_algorithms_enabled,
        torch.use_deterministic_algorithms,
    ),
}


@contextlib.contextmanager
def kept() -> Iterator[None]:
    """Put every setting of the process back to where it was found."""
    before = of_process()
    try:
        yield
    finally:
        for name, value in of_process().items():
            if value != before[name]:
                SETTINGS[name][1](before[name])


def of_process() -> dict[str, Any]:
    """The value of each setting of the process."""
    return {name: read() for name, (read, _) in SETTINGS.items()}


def of_model(model: nn.Module) -> dict[str, bool]:
    """Whether each module is training, and whether each parameter requires a gradient."""
    modes = {f"`{name or 'model'}.training`": module.training for name, module in model.named_modules()}
    return modes | {f"`{name}.requires_grad`": weight.requires_grad for name, weight in model.named_parameters()}
