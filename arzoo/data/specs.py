"""Data specs: how raw things become integer levels and back, saved with the weights that were trained on them."""

from collections.abc import Callable
from typing import Any, Self

import torch
from torch import Tensor, nn

from arzoo.errors import ConfigError, ShapeError


class DataSpec(nn.Module):
    """What a level stands for.

    A module, so that the tensors of a palette or a codebook travel with the model: to a device, into its
    weights file, and back.

    Attributes:
        kind: The name under which `spec_from_config` finds the class.
        medium: What raw data are: "image", "audio" or "text".
        num_levels: Levels are 0 … num_levels-1.
        raw_channels: Channels of raw images, where they are not those of an event: levels are then made of images, and
            are no pixels.
        patch: Side of the square of raw pixels that a level stands for.
        levels_are: What levels are, in words, where they are not the raw values: a likelihood is then one of them, and
            compares with none of raw values.
    """

    kind: str
    medium: str = "image"
    num_levels: int
    raw_channels: int | None = None
    patch: int = 1
    levels_are: str = ""

    def encode(self, raw: Any) -> Tensor:
        """Return the levels of raw data."""
        raise NotImplementedError

    def decode(self, levels: Tensor) -> Any:
        """Return the raw data that levels stand for."""
        raise NotImplementedError

    def to_config(self) -> dict[str, Any]:
        """Return the JSON-able arguments that rebuild this spec, `kind` among them."""
        raise NotImplementedError

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> Self:
        """Go where the model goes, but keep the precision: a colour rounded to half precision is another colour."""
        return super()._apply(lambda tensor: tensor.to(fn(tensor).device), recurse)


class Pixels(DataSpec):
    """8-bit pixels at `num_levels` evenly spaced intensities.

    256 levels are the pixels themselves; 2 split black from white at the middle.

    Args:
        num_levels: 2 to 256.

    Raises:
        ConfigError: `num_levels` is outside that range.

    Example:
        >>> spec = Pixels(17)
        >>> spec.encode(torch.tensor([0, 100, 255], dtype=torch.uint8))
        tensor([ 0,  6, 16], dtype=torch.uint8)
        >>> spec.decode(torch.tensor([0, 6, 16]))
        tensor([  0,  96, 255], dtype=torch.uint8)
    """

    kind = "pixels"

    def __init__(self, num_levels: int = 256) -> None:
        super().__init__()
        if not 2 <= num_levels <= 256:
            nearest = min(max(num_levels, 2), 256)
            raise ConfigError(f"`num_levels` of Pixels must be 2 to 256, got {num_levels}. Use Pixels({nearest}).")
        self.num_levels = num_levels

    def encode(self, raw: Tensor) -> Tensor:
        """Return the nearest level of each 8-bit value.

        Args:
            raw: uint8, any shape; images are (B, C, H, W).

        Returns:
            uint8 levels of the same shape.

        Raises:
            ShapeError: `raw` is not uint8.
        """
        if raw.dtype != torch.uint8:
            raise ShapeError(f"`raw` must be torch.uint8, 0 to 255, got {raw.dtype}. Use raw.to(torch.uint8).")
        if self.num_levels == 256:  # the pixels themselves; a look-up would take several times their memory
            return raw
        return self._table(255, self.num_levels - 1, raw.device)[raw.int()]

    def decode(self, levels: Tensor) -> Tensor:
        """Return the 8-bit value of each level.

        Args:
            levels: Integers 0 … num_levels-1, any shape.

        Returns:
            uint8 of the same shape.

        Raises:
            ShapeError: A level is out of range, or `levels` are no integers.
        """
        check_decodable(levels, self.num_levels)
        return self._table(self.num_levels - 1, 255, levels.device)[levels.long()]

    def to_config(self) -> dict[str, Any]:
        """Return the JSON-able arguments that rebuild this spec, `kind` among them."""
        return {"kind": self.kind, "num_levels": self.num_levels}

    def extra_repr(self) -> str:
        """Return what `repr` shows between the brackets."""
        return str(self.num_levels)

    @staticmethod
    def _table(largest_in: int, largest_out: int, device: torch.device) -> Tensor:
        values = torch.arange(largest_in + 1, dtype=torch.float64) * largest_out / largest_in
        return values.round().to(torch.uint8).to(device)


def check_decodable(levels: Tensor, num_levels: int) -> None:
    """Refuse what no `sample` returns.

    Raises:
        ShapeError: A level is out of range, or `levels` are no integers.
    """
    rule = f"`levels` must be integers from 0 to {num_levels - 1}"
    if levels.is_floating_point():
        raise ShapeError(f"{rule}, got {levels.dtype}. Decode what `sample` returns.")
    lowest, highest = map(int, levels.aminmax()) if levels.numel() else (0, 0)
    if lowest < 0 or highest >= num_levels:
        raise ShapeError(f"{rule}, got {lowest} to {highest}. Decode what `sample` returns, unscaled.")
