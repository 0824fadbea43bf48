"""Levels without an order, such as the codes of a codebook, as learned vectors."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class LevelEmbedding(nn.Module):
    """A learned vector for each level of each colour.

    To scale levels to a line says that neighbours are alike, which is true of intensities and not of codes.

    Args:
        num_colours: C; each has a table of its own.
        num_levels: Levels are 0 ... num_levels - 1.
        channels: D, length of a vector.

    Example:
        >>> LevelEmbedding(num_colours=3, num_levels=512, channels=4)(torch.zeros(1, 3, 8, 8, dtype=torch.uint8)).shape
        torch.Size([1, 12, 8, 8])
    """

    def __init__(self, num_colours: int, num_levels: int, channels: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(num_colours, num_levels, channels))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw vectors from a standard normal distribution, so that their numbers are as large as scaled levels."""
        nn.init.normal_(self.weight)

    def forward(self, x: Tensor, first: int = 0) -> Tensor:
        """The vectors of some levels.

        Args:
            x: Levels (B, k, ...) of k colours.
            first: The first of these colours.

        Returns:
            (B, k * D, ...), colour by colour, as the groups of `MaskedConv2d` have it.
        """
        num_levels = self.weight.shape[1]
        tables = torch.arange(first, first + x.shape[1], device=x.device).view(-1, *[1] * (x.dim() - 2))
        found = F.embedding(x.long() + tables * num_levels, self.weight.flatten(0, 1))
        return found.movedim(-1, 2).flatten(1, 2)
