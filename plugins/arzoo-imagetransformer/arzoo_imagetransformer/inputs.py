"""What the Image Transformer is shown at a position: the symbol before it as a vector, and where the position is.

References:
    Parmar et al. 2018, "Image Transformer", section 3.1.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from arzoo.orderings import Ordering


class SubPixels(nn.Embedding):
    """Inputs where colours are positions: a learned vector for each level of each colour (section 3.1, categorical).

    Args:
        num_colours: C.
        num_levels: Levels of a colour.
        channels: d.
    """

    def __init__(self, num_colours: int, num_levels: int, channels: int) -> None:
        super().__init__(num_colours * num_levels, channels)
        self.num_levels = num_levels

    def forward(self, levels: Tensor, colour: Tensor | int) -> Tensor:
        """Vectors (..., d) of levels (..., 1) of the colours given, which broadcast to them."""
        return super().forward((levels + colour * self.num_levels).squeeze(-1))


class WholePixels(nn.Linear):
    """Inputs where a position is a pixel: one vector of its C scaled values (section 3.1, the 1x3 convolution).

    Args:
        num_colours: C.
        num_levels: Levels of a colour.
        channels: d.
    """

    def __init__(self, num_colours: int, num_levels: int, channels: int) -> None:
        super().__init__(num_colours, channels)
        self.num_levels = num_levels

    def forward(self, levels: Tensor, colour: Tensor | int) -> Tensor:
        """Vectors (..., d) of levels (..., C); there is no single colour."""
        return super().forward(levels.to(self.weight.dtype) * (2 / (self.num_levels - 1)) - 1)


class LearnedCoordinates(nn.Module):
    """Half a vector learned for each row, half for each column and colour (section 3.1).

    Args:
        coordinates: Row, and column with colour, of each position, (P, 2), along the ordering.
        channels: d, an even number.
    """

    coordinates: Tensor

    def __init__(self, coordinates: Tensor, channels: int) -> None:
        super().__init__()
        self.register_buffer("coordinates", coordinates, persistent=False)
        sizes = [int(size) + 1 for size in coordinates.amax(0)]
        self.tables = nn.ParameterList(torch.empty(size, channels // 2) for size in sizes)
        for table in self.tables:
            nn.init.normal_(table, std=0.5**0.5)  # as large as sines

    def forward(self) -> Tensor:
        """(P, 1, d)."""
        halves = (F.embedding(at, table) for at, table in zip(self.coordinates.T, self.tables, strict=True))
        return torch.cat([*halves], 1).unsqueeze(1)


class SineCoordinates(nn.Module):
    """Sines and cosines of the row in one half of a vector, of column and colour in the other (section 3.1).

    Args:
        coordinates: Row, and column with colour, of each position, (P, 2), along the ordering.
        channels: d, a multiple of 4.
    """

    table: Tensor

    def __init__(self, coordinates: Tensor, channels: int) -> None:
        super().__init__()
        waves = 10_000 ** -torch.linspace(0, 1, channels // 4, dtype=torch.float64, device="cpu")
        angles = coordinates.double()[:, :, None] * waves
        table = torch.cat([angles.sin(), angles.cos()], 2).flatten(1).unsqueeze(1)
        self.register_buffer("table", table.to(torch.get_default_dtype()), persistent=False)

    def forward(self) -> Tensor:
        """(P, 1, d)."""
        return self.table


def rows_and_columns(ordering: Ordering) -> Tensor:
    """Row of each position, and its column and colour as one number, (P, 2), along the ordering."""
    *colour, row, column = ordering.coordinates.T
    return torch.stack([row, column * ordering.grid[0] + colour[0] if colour else column], 1)


COORDINATES = {"sine": SineCoordinates, "learned": LearnedCoordinates}
