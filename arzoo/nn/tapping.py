"""What the layers of a network give while it runs, for features."""

from collections.abc import Callable, Sequence
from typing import Any

import torch.nn.functional as F
from torch import Tensor, nn


def tapped(layers: Sequence[nn.Module], run: Callable[[], object]) -> list[Any]:
    """Return what each of some layers gives while a network runs.

    Args:
        layers: Modules of the network, each called once.
        run: Runs it.

    Example:
        >>> import torch
        >>> network = nn.Sequential(nn.ReLU(), nn.Flatten())
        >>> tapped(network, lambda: network(torch.tensor([[-1.0, 2.0]])))[0]
        tensor([[0., 2.]])
    """
    given: dict[int, Any] = {}
    hooks = [
        layer.register_forward_hook(lambda _, __, output, place=place: given.update({place: output}))
        for place, layer in enumerate(layers)
    ]
    try:
        run()
    finally:
        for hook in hooks:
            hook.remove()
    return [given[place] for place in range(len(layers))]


def normalised(x: Tensor) -> Tensor:
    """Feature maps (B, C, ...) with mean 0 and variance 1 over the channels of each position.

    References:
        Ba, Kiros, Hinton, "Layer Normalization", 2016, equation 3, without gain and bias.
    """
    return F.layer_norm(x.movedim(1, -1), (x.shape[1],)).movedim(-1, 1)
