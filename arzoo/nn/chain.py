"""Causal layers one after another, as one causal layer."""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn

from arzoo.nn.masks import through


class CausalSequential(nn.Sequential):
    """Causal layers and pointwise functions in a row, with the incremental form that follows from theirs.

    A layer without a `state` (an activation, say) is applied position by position as it is, to (B, channels).
    """

    @property
    def layers(self) -> list[Any]:
        """The layers in their order."""
        return list(self.children())

    def causal_layers(self) -> Iterator[tuple[int, Any]]:
        """The layers that keep a state, each with its place."""
        return ((k, layer) for k, layer in enumerate(self.layers) if hasattr(layer, "state"))

    def dependence(self, grid: tuple[int, int, int]) -> Tensor:
        """Which positions the chain reads, booleans (C*H*W, C*H*W)."""
        seen = torch.eye(grid[0] * grid[1] * grid[2], dtype=torch.bool)
        for _, layer in self.causal_layers():
            seen = through(layer.dependence(grid), seen)
        return seen

    def state(self, batch: int, height: int, width: int) -> list[Any]:
        """The states of the layers, None where a layer keeps none."""
        return [layer.state(batch, height, width) if hasattr(layer, "state") else None for layer in self.layers]

    def begin(self, state: list[Any], i: int, *known: Tensor) -> None:
        """Begin row `i` in every layer.

        Args:
            state: The states of the layers.
            i: Row.
            *known: What is added to the chain's output at every position of the row, (B, out, W), if anything; the last
                layer is told, and must be causal for it.
        """
        last = len(self.layers) - 1
        for k, layer in self.causal_layers():
            layer.begin(state[k], i, *(known if k == last else ()))

    def at(self, state: list[Any], i: int, j: int, x: Tensor, group: int = 0) -> Tensor:
        """Take the input (B, in of the group) at a position through all layers."""
        for layer, own in zip(self.layers, state, strict=True):
            x = layer(x) if own is None else layer.at(own, i, j, x, group)
        return x


class CausalResidual(CausalSequential):
    """A chain added to its own input; the mask type of its layers must be "B"."""

    def forward(self, x: Tensor) -> Tensor:
        """Add the chain's output to its input, (B, C, H, W)."""
        return x + super().forward(x)

    def dependence(self, grid: tuple[int, int, int]) -> Tensor:
        """Which positions the block reads: the chain's, and the position itself."""
        seen = super().dependence(grid)
        return seen | torch.eye(len(seen), dtype=torch.bool)

    def at(self, state: list[Any], i: int, j: int, x: Tensor, group: int = 0) -> Tensor:
        """Add the chain's output at a position to its input there."""
        return x + super().at(state, i, j, x, group)
