"""Random numbers that belong to an item or a sample, not to the batch it travels in.

Every draw comes from Philox, a counter-based generator: its output is a function of a key and a counter, so that
the numbers of item 7 in epoch 3 are the same in any batch, order or process. numpy promises that a bit generator keeps
its raw stream across versions, which it does not promise of `permutation` or `integers`.
"""

from collections.abc import Iterable

import numpy as np
import torch
from torch import Tensor

from arzoo.errors import ConfigError

_UINT64_TO_UNIT = 2.0**-53  # of the upper 53 bits, as many as a float64 holds
_LARGEST = 2**64 - 1

# The highest word of the counter keeps uses apart; samples begin at 0.
_ITEM, _ORDER, _COINS = 1, 2, 3

# Positions whose uniforms are drawn at a time: enough to hide the cost, little enough for a stream without an end.
_AHEAD = 1024


class SampleUniforms:
    """Counter-based float64 uniforms in [0, 1), keyed by (seed, sample), numbered by position and symbol.

    Args:
        seed: 0 ... 2**64 - 1.
        indices: Of the samples.
        num_symbols: Symbols a position.
        device: Where the uniforms go, many positions at a time; the CPU where not given.
    """

    def __init__(self, seed: int, indices: Iterable[int], num_symbols: int, device: torch.device | None = None) -> None:
        self._generators = [np.random.Philox(key=np.array([seed, index], np.uint64)) for index in indices]
        self._num_symbols, self._device = num_symbols, device
        self._ahead: tuple[Tensor, ...] = ()
        self._end = 0

    def at(self, position: int) -> Tensor:
        """The uniforms (n, num_symbols) of one position; positions may be left out, and must rise."""
        while position >= self._end:
            self._ahead, self._end = self._next_positions(), self._end + _AHEAD
        return self._ahead[position % _AHEAD]

    def _next_positions(self) -> tuple[Tensor, ...]:
        count = _AHEAD * self._num_symbols
        words = np.stack([generator.random_raw(count) >> np.uint64(11) for generator in self._generators])
        uniforms = words.reshape(len(words), _AHEAD, self._num_symbols).swapaxes(0, 1) * _UINT64_TO_UNIT
        return torch.from_numpy(np.ascontiguousarray(uniforms)).to(self._device).unbind(0)


def check_seed(name: str, value: int) -> int:
    """Return a number that a key can hold.

    Raises:
        ConfigError: It is no whole number from 0 to 2^64 - 1.
    """
    if not isinstance(value, int | np.integer) or not 0 <= value <= _LARGEST:
        raise ConfigError(f"`{name}` must be a whole number from 0 to 2^64 - 1, got {value!r}. Use {name}=0.")
    return int(value)


def item_uniforms(seed: int, epoch: int, indices: Iterable[int], count: int) -> np.ndarray:
    """Draw `count` uniforms for each item, a function of (seed, epoch, index) alone.

    Args:
        seed: Key of the whole run, 0 to 2^64 - 1.
        epoch: Which pass over the data, 0 to 2^64 - 1.
        indices: The items' positions in their split, B of them.
        count: Uniforms an item.

    Returns:
        float64 (B, count) in [0, 1).

    Raises:
        ConfigError: `seed` or `epoch` is negative or too large.

    Example:
        >>> both, second = item_uniforms(0, 3, [7, 8], 5), item_uniforms(0, 3, [8], 5)
        >>> bool((both[1] == second[0]).all())
        True

    References:
        Salmon et al., "Parallel Random Numbers: As Easy as 1, 2, 3", 2011.
    """
    return (_item_words(_ITEM, seed, epoch, indices, count) >> np.uint64(11)) * _UINT64_TO_UNIT


def item_coins(seed: int, epoch: int, indices: Iterable[int], count: int) -> np.ndarray:
    """Toss `count` coins for each item, a function of (seed, epoch, index) alone, independent of `item_uniforms`.

    Args:
        seed: Key of the whole run, 0 to 2^64 - 1.
        epoch: Which pass over the data, 0 to 2^64 - 1.
        indices: The items' positions in their split, B of them.
        count: Coins an item.

    Returns:
        Booleans (B, count).

    Raises:
        ConfigError: `seed` or `epoch` is negative or too large.
    """
    return _item_words(_COINS, seed, epoch, indices, count) >> np.uint64(63) == 1


def _item_words(use: int, seed: int, epoch: int, indices: Iterable[int], count: int) -> np.ndarray:
    key = _key(seed, epoch)
    words = [np.random.Philox(key=key, counter=_counter(use, index)).random_raw(count) for index in indices]
    return np.stack(words) if words else np.empty((0, count), np.uint64)


def shuffled(count: int, seed: int, epoch: int = 0) -> np.ndarray:
    """Return 0 … count-1 in the random order that (seed, epoch) fixes.

    Args:
        count: How many.
        seed: Key of the whole run, 0 to 2^64 - 1.
        epoch: Which pass over the data, 0 to 2^64 - 1.

    Returns:
        int64 (count,), a permutation.

    Raises:
        ConfigError: `seed` or `epoch` is negative or too large.

    Example:
        >>> sorted(shuffled(4, seed=0).tolist())
        [0, 1, 2, 3]
    """
    raw = np.random.Philox(key=_key(seed, epoch), counter=_counter(_ORDER)).random_raw(count)
    return np.argsort(raw, kind="stable")


def _key(seed: int, epoch: int) -> np.ndarray:
    return np.array([check_seed("seed", seed), check_seed("epoch", epoch)], np.uint64)


def _counter(use: int, index: int = 0) -> np.ndarray:
    """Return where a stream begins: 2^128 blocks each, for the generator counts in the two lower words."""
    return np.array([0, 0, index, use], np.uint64)
