"""The symbols of one position through a coder: as two levels, as many of them whole, or digit by digit.

There is one way for each kind of head, chosen once for all positions: beside the steps of a small network each call
tells.
"""

from collections.abc import Callable
from functools import partial

import numpy as np
import torch
from torch import Tensor

from arzoo.codec.coders import Coder
from arzoo.codec.digits import digits_of
from arzoo.heads import Bernoulli, Head
from arzoo.heads.mixtures import DiscretizedMixture

SymbolCoder = Callable[[Tensor, Tensor | None], Tensor]
"""Writes the symbols of one position, or reads them.

From params (n, num_params), and levels (n, num_symbols) to be written or None, to the levels, int64.
"""


def symbol_coder(head: Head, code: Coder) -> SymbolCoder:
    """Return what writes the symbols of each position, or reads them, by what a model says of them.

    Args:
        head: Of the model.
        code: Writer or reader.
    """
    if isinstance(head, Bernoulli):
        return partial(_of_two, head, code)
    if isinstance(head, DiscretizedMixture):
        return partial(_by_digits, head, code)
    return partial(_whole, head, code)


def _of_two(head: Bernoulli, code: Coder, params: Tensor, levels: Tensor | None) -> Tensor:
    """Code a level by the probability of 1 alone, in float32, which has the coder's 24 bits."""
    ones = head.ones(params.float()).numpy(force=True)[:, 0]
    found = code(ones, None if levels is None else levels.numpy(force=True)[:, 0])
    return torch.from_numpy(found.astype(np.int64)[:, None]).to(params.device)


def _whole(head: Head, code: Coder, params: Tensor, levels: Tensor | None) -> Tensor:
    """Code each level by the probabilities of all."""
    done = np.empty((len(params), head.num_symbols), np.int64)
    for symbol, level in enumerate(_columns(head, levels)):
        prefix = torch.from_numpy(done[:, :symbol]).to(params.device)
        done[:, symbol] = code(head.pmf(params, prefix).numpy(force=True), level)
    return torch.from_numpy(done).to(params.device)


def _by_digits(head: DiscretizedMixture, code: Coder, params: Tensor, levels: Tensor | None) -> Tensor:
    """Code each level by what its CDF is at few places."""
    digits, known = digits_of(head.num_levels, params.device), _columns(head, levels)
    return head.settle(params.double(), lambda symbol, cdf, total: digits.place(cdf, code, known[symbol]))


def _columns(head: Head, levels: Tensor | None) -> list[np.ndarray | None]:
    """Return the levels of each symbol to be written; None for each where they are to be read."""
    return [None] * head.num_symbols if levels is None else list(levels.numpy(force=True).T)
