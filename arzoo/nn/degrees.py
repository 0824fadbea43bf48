"""Degrees: which unit of a network of linear layers may see which, by one number each.

A symbol has the degree of its place in the ordering, from 1 to D; what a context says has degree 0, and so has nothing
to wait for. A hidden unit of degree m sees units and symbols of degrees up to m, an output of degree d those below d.
For three symbols in the order 2 3 1, and hidden units of degrees 1 2 2 1:

    hidden unit of degree    symbol  1  2  3  has degree 3 1 2        output of degree    unit of degree 1 2 2 1
                        1            .  1  .                                       3                    1 1 1 1
                        2            .  1  1                                       1                    . . . .
                        2            .  1  1                                       2                    1 . . 1
                        1            .  1  .

References:
    Germain et al. 2015, "MADE: Masked Autoencoder for Distribution Estimation", section 4.
"""

import numpy as np
import torch
from torch import Tensor

from arzoo.orderings import Ordering


def symbol_degrees(ordering: Ordering) -> Tensor:
    """Return the degree of each symbol, m(d) of the paper's first layer: its place in the ordering.

    Args:
        ordering: Of fixed length, with one symbol a position.

    Returns:
        Integers (E,) from 1 to E, flat in the event.

    Example:
        >>> from arzoo.orderings import Snake
        >>> symbol_degrees(Snake((1, 2, 2)))
        tensor([1, 2, 4, 3])
    """
    degrees = torch.arange(1, ordering.num_positions + 1, device="cpu")
    return torch.empty_like(degrees).scatter(0, ordering.symbols.flatten(), degrees)


def hidden_degrees(num_units: int, lowest: int, highest: int, *, connectivity: int = 0, layer: int = 0) -> Tensor:
    """Return the degrees of the units of a hidden layer, m(k) of section 4.

    Args:
        num_units: Number of units, K.
        lowest: The lowest degree, that of the layer below; a unit of a lower one would see nothing.
        highest: The highest degree, D - 1; what a unit of a higher one says would reach no output.
        connectivity: 0 spreads the degrees evenly, which leaves nothing to chance; any other number is the seed by
            which they are drawn uniformly, as the paper does.
        layer: Which hidden layer, so that the draws of two layers differ.

    Returns:
        Integers (K,) from `lowest` to `highest`.

    Example:
        >>> hidden_degrees(6, 1, 3)
        tensor([1, 1, 2, 2, 3, 3])
        >>> hidden_degrees(6, 1, 3, connectivity=1)
        tensor([1, 3, 1, 1, 3, 1])
    """
    count = max(1, highest - lowest + 1)
    if not connectivity:
        return lowest + torch.arange(num_units, device="cpu") * count // num_units
    raw = np.random.Philox(key=np.array([connectivity, layer], np.uint64)).random_raw(num_units)
    return torch.from_numpy(lowest + (raw >> np.uint64(32)).astype(np.int64) * count // 2**32)
