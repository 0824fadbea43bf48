"""Weight normalisation, and the initialisation from data that goes with it."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

Layer = TypeVar("Layer", bound=nn.Module)

DEVIATION = 0.05  # of the first weights: Salimans and Kingma 2016, section 3


def weight_normalised(layer: Layer, *, dim: int = 0, init_scale: float = 1.0) -> Layer:
    """Split the weight of a layer into a direction and a length for each output: w = g v / |v|.

    The layer goes on reading its `weight`, which is now computed; v and g are what is trained and saved.

    Args:
        layer: A layer with `weight` and `bias`; changed in place.
        dim: Axis of the output channels in the weight; 1 of a transposed convolution.
        init_scale: Standard deviation that `init_from_data` gives the outputs.

    Returns:
        `layer`.

    References:
        Salimans, Kingma, "Weight Normalization", 2016, equation 2.
    """
    weight: nn.Parameter = layer.weight  # type: ignore[assignment]
    nn.init.normal_(weight, std=DEVIATION)
    nn.init.zeros_(layer.bias)  # type: ignore[arg-type]
    del layer.weight
    layer.init_scale = init_scale  # type: ignore[assignment]
    layer.parametrizations = nn.Module()
    layer.parametrizations.weight = _Parts(weight, dim)
    layer.__class__ = _normalised(type(layer))  # type: ignore[assignment,arg-type]
    return layer


class _Parts(nn.Module):
    """Length and direction of a weight, under the names that torch's own parametrization would save them by."""

    def __init__(self, weight: nn.Parameter, dim: int) -> None:
        super().__init__()
        self.dim = dim
        self.original0 = nn.Parameter(torch.norm_except_dim(weight.detach(), 2, dim))
        self.original1 = weight


class _Normalised:
    """A layer that computes its weight wherever it is read."""

    parametrizations: Any

    @property
    def weight(self) -> Tensor:
        """The direction at its length."""
        parts = self.parametrizations.weight
        return torch._weight_norm(parts.original1, parts.original0, parts.dim)


@cache  # torch makes a class for each layer, which takes longer than all else about a layer
def _normalised(kind: type[nn.Module]) -> type[nn.Module]:
    return type(f"WeightNormalised{kind.__name__}", (_Normalised, kind), {})


def init_from_data(network: nn.Module, run: Callable[[], Any]) -> None:
    """Set lengths and biases so that, on one batch, the outputs of each layer have mean 0 and its initial scale.

    Every layer is set while the batch passes, so that the ones behind it see what it gives from then on.

    Args:
        network: Holds the layers; those that `weight_normalised` has not changed are left alone.
        run: Takes the batch through the network, once.

    References:
        Salimans, Kingma, "Weight Normalization", 2016, section 3, equation 5.
    """
    with ExitStack() as stack, torch.no_grad():
        for layer in normalised_layers(network):
            hook = layer.register_forward_hook(_set_from_outputs)
            stack.callback(hook.remove)
        run()


def normalised_layers(network: nn.Module) -> Iterator[nn.Module]:
    """The layers that `weight_normalised` has changed."""
    return (layer for layer in network.modules() if isinstance(layer, _Normalised))


def _set_from_outputs(layer: Any, inputs: tuple[Tensor, ...], y: Tensor) -> Tensor:
    others = [axis for axis in range(y.ndim) if axis != 1]
    mean, deviation = y.mean(others), y.std(others)
    moves = deviation > 1e-6  # the scale of a channel that does not cannot be told from this batch
    scale = torch.where(moves, layer.init_scale / deviation, layer.init_scale)
    length = layer.parametrizations.weight.original0
    length.mul_(scale.view_as(length))
    layer.bias.copy_((layer.bias - mean) * scale)
    shape = [-1 if axis == 1 else 1 for axis in range(y.ndim)]
    return (y - mean.view(shape)) * scale.view(shape)
