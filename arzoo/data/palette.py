"""Images of few colours: each pixel is one of the colours of a palette."""

from typing import Any, Self

import torch
from torch import Tensor

from arzoo.data.specs import DataSpec, check_decodable
from arzoo.errors import ConfigError, ShapeError

CHUNK = 1 << 16  # pixels compared with all colours at a time


class Palette(DataSpec):
    """The colours that levels stand for; an image (B, 3, H, W) is levels (B, 1, H, W).

    A palette that is not known gives the levels their number alone: what a model draws cannot be shown.

    Args:
        num_levels: Number of colours, K.
        known: Whether there is a palette, which comes with the weights or by `Palette.of`.

    Attributes:
        colours: (K, 3) float32 in [-1, 1], RGB; None where they are not known.

    References:
        Chen et al. 2020, "Generative Pretraining from Pixels", section 3.2: 512 colours, by k-means.

    Example:
        >>> spec = Palette.of(torch.tensor([[-1.0, -1.0, -1.0], [1.0, -1.0, -1.0]]))
        >>> red = torch.tensor([200, 10, 10], dtype=torch.uint8).view(1, 3, 1, 1)
        >>> spec.encode(red).item(), spec.decode(spec.encode(red)).flatten().tolist()
        (1, [255, 0, 0])
    """

    kind = "palette"
    levels_are = "colours of a palette"
    raw_channels = 3
    colours: Tensor | None

    def __init__(self, num_levels: int = 512, known: bool = False) -> None:
        super().__init__()
        if not isinstance(num_levels, int):
            came = type(num_levels).__name__
            raise ConfigError(f"`num_levels` of Palette must be a whole number, got a {came}. Use Palette.of(colours).")
        if num_levels < 2:
            raise ConfigError(f"`num_levels` of Palette must be at least 2, got {num_levels}. Use Palette(512).")
        self.num_levels = num_levels
        self.register_buffer("colours", torch.zeros(num_levels, 3) if known else None)

    @classmethod
    def of(cls, colours: Tensor) -> Self:
        """Return the spec of a palette (K, 3), floats in [-1, 1].

        Raises:
            ShapeError: `colours` are something else.
        """
        if colours.ndim != 2 or colours.shape[1] != 3 or not colours.is_floating_point():
            came = f"{colours.dtype} of shape {tuple(colours.shape)}"
            raise ShapeError(
                f"A palette must be floats of shape (K, 3), got {came}. Use (rgb / 127.5 - 1).view(-1, 3)."
            )
        if not (colours.abs() <= 1).all():
            ends = f"{colours.min().item():.4g} to {colours.max().item():.4g}"
            raise ShapeError(f"The colours of a palette must lie in [-1, 1], got {ends}. Use rgb / 127.5 - 1.")
        spec = cls(len(colours), known=True)
        spec.colours = colours.detach().to("cpu", torch.float32, copy=True)
        return spec

    def encode(self, raw: Tensor) -> Tensor:
        """Return the nearest colour of each pixel, by the sum of squared differences.

        Args:
            raw: uint8 (B, 3, H, W).

        Returns:
            int64 levels (B, 1, H, W); of two colours as near as each other, the first.

        Raises:
            ConfigError: The palette is not known.
            ShapeError: `raw` are no RGB images of uint8.
        """
        colours = self._known().double()
        if raw.dtype != torch.uint8 or raw.ndim != 4 or raw.shape[1] != 3:
            came = f"{raw.dtype} of shape {tuple(raw.shape)}"
            raise ShapeError(f"`raw` must be torch.uint8 of shape (B, 3, H, W), got {came}. Use RGB images, 0 to 255.")
        pixels = raw.movedim(1, -1).reshape(-1, 3)
        nearest = [_nearest(chunk.to(colours) / 127.5 - 1, colours) for chunk in pixels.split(CHUNK)]
        return torch.cat(nearest).view(len(raw), 1, *raw.shape[2:])

    def decode(self, levels: Tensor) -> Tensor:
        """Return the colour of each level, rint(127.5 (c + 1)).

        Args:
            levels: Integers 0 ... K - 1, (B, 1, H, W).

        Returns:
            uint8 (B, 3, H, W).

        Raises:
            ConfigError: The palette is not known.
            ShapeError: A level is out of range, or `levels` are no integers (B, 1, H, W).
        """
        colours = self._known()
        check_decodable(levels, self.num_levels)
        if levels.ndim != 4 or levels.shape[1] != 1:
            raise ShapeError(
                f"`levels` must have shape (B, 1, H, W), got {tuple(levels.shape)}. Decode what `sample` returns."
            )
        table = (127.5 * (colours.double() + 1)).round().to(torch.uint8)  # half to even, as rint has it
        return table[levels[:, 0].long()].movedim(-1, 1).contiguous()

    def to_config(self) -> dict[str, Any]:
        """Return the JSON-able arguments that rebuild this spec, `kind` among them; colours lie with the weights."""
        return {"kind": self.kind, "num_levels": self.num_levels, "known": self.colours is not None}

    def extra_repr(self) -> str:
        """Return what `repr` shows between the brackets."""
        return f"{self.num_levels}, known={self.colours is not None}"

    def _known(self) -> Tensor:
        if self.colours is None:
            raise ConfigError(
                f"A palette must be known to turn levels into colours or back, got {self!r}. "
                "Use model.data = arzoo.data.Palette.of(colours)."
            )
        return self.colours


def _nearest(pixels: Tensor, colours: Tensor) -> Tensor:
    """Index of the colour nearest to each pixel, (N,)."""
    products = pixels @ colours.T
    return (colours.square().sum(1) - 2 * products).argmin(1)
