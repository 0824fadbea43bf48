"""The paths along which places are visited, from raster to Hilbert's curve.

Each class draws its path on a small image; the numbers are the steps at which the pixels are visited.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from arzoo.errors import ConfigError
from arzoo.orderings.base import Ordering


@dataclass(frozen=True)
class Raster(Ordering):
    """Row after row, each from left to right.

    ::

        0 1 2
        3 4 5
        6 7 8

    Example:
        >>> Raster((2, 1, 2)).symbols.flatten()  # both colours of the first pixel, then of the second
        tensor([0, 2, 1, 3])
    """

    name: ClassVar[str] = "raster"

    def _path(self) -> np.ndarray:
        return self._places().ravel()


@dataclass(frozen=True)
class Snake(Ordering):
    """Row after row, by turns from left to right and from right to left, so that each pixel touches the next.

    ::

        0 1 2
        5 4 3
        6 7 8
    """

    name: ClassVar[str] = "snake"

    def _path(self) -> np.ndarray:
        places = self._places()
        places[1::2] = places[1::2, ::-1]
        return places.ravel()


@dataclass(frozen=True)
class Zigzag(Ordering):
    """Anti-diagonal after anti-diagonal, each from top right to bottom left.

    They do not alternate, so that the earlier neighbours of a pixel lie in the same directions everywhere and one fixed
    mask can follow the path.

    ::

        0 1 3
        2 4 6
        5 7 8

    References:
        PixelSNAIL: An Improved Autoregressive Generative Model, Chen et al. 2018 (its zigzag ordering).
    """

    name: ClassVar[str] = "zigzag"

    def _path(self) -> np.ndarray:
        rows, columns = np.indices(self._places().shape).reshape(2, -1)
        return np.lexsort((rows, rows + columns))


@dataclass(frozen=True)
class Spiral(Ordering):
    """Clockwise from the top left corner, along the border and then inwards.

    ::

        0 1 2
        7 8 3
        6 5 4
    """

    name: ClassVar[str] = "spiral"

    def _path(self) -> np.ndarray:
        places, turns = self._places(), []
        while places.size:
            turns.append(places[0])
            places = np.rot90(places[1:])  # the column down which the path goes on becomes the top row
        return np.concatenate(turns)


@dataclass(frozen=True)
class Hilbert(Ordering):
    """Hilbert's curve, generalised to rectangles of any size: each pixel touches the next.

    The curve leaves at another corner of the side along which it runs. Pixels alternate in colour along it as on a
    chessboard, which rules that corner out where the side is odd and the other even; so it runs along an even side if
    there is one, and otherwise along the longer. No size then needs a diagonal step.

    ::

         0  1 14 15
         3  2 13 12
         4  7  8 11
         5  6  9 10

    References:
        Hilbert, "Über die stetige Abbildung einer Linie auf ein Flächenstück", 1891.
        Červený, "Generalized Hilbert space-filling curve for rectangular domains of arbitrary sizes", 2018.
    """

    name: ClassVar[str] = "hilbert"

    def _path(self) -> np.ndarray:
        height, width = self._places().shape
        if (height % 2, -height) < (width % 2, -width):  # even before odd, then long before short
            pixels = _hilbert(0j, 1 + 0j, height, 1j, width)
        else:
            pixels = _hilbert(0j, 1j, width, 1 + 0j, height)
        return np.array([int(pixel.real) * width + int(pixel.imag) for pixel in pixels])


@dataclass(frozen=True)
class SubScale(Ordering):
    """A coarse image first, every `factor`-th pixel of every `factor`-th row, then the rest; both in raster order.

    ::

         0  4  1  5
         6  7  8  9
         2 10  3 11
        12 13 14 15

    Args:
        factor: At least 2: pixels of the fine image to one of the coarse, along each side.

    Raises:
        ConfigError: `factor` is less than 2.

    References:
        Pixel Recurrent Neural Networks, van den Oord et al. 2016, section 3.4 (multi-scale PixelRNN).
    """

    name: ClassVar[str] = "subscale"
    factor: int = 2

    def __post_init__(self) -> None:
        super().__post_init__()
        if not isinstance(self.factor, int) or self.factor < 2:
            raise ConfigError(f"`factor` of subscale must be at least 2, got {self.factor!r}. Use raster instead of 1.")

    def _path(self) -> np.ndarray:
        places = self._places()
        coarse = np.zeros_like(places, dtype=bool)
        coarse[:: self.factor, :: self.factor] = True
        return np.concatenate([places[coarse], places[~coarse]])


@dataclass(frozen=True)
class RandomOrder(Ordering):
    """A random order of the places, the same for a seed wherever it is drawn.

    Places are sorted by the raw output of a counter-based generator, which, unlike the shuffles of numpy and torch, is
    promised never to change.

    Args:
        seed: 0 … 2^64-1.

    Raises:
        ConfigError: `seed` is out of that range.

    Example:
        >>> RandomOrder((8,), seed=0).permutation
        tensor([0, 2, 1, 5, 4, 3, 6, 7])
    """

    name: ClassVar[str] = "random"
    ranks: ClassVar[tuple[int, ...]] = (3, 1)
    seed: int = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        if not isinstance(self.seed, int) or not 0 <= self.seed < 2**64:
            raise ConfigError(f"`seed` of random must be 0 to 2**64 - 1, got {self.seed!r}. Use seed=0.")

    def _path(self) -> np.ndarray:
        return np.argsort(np.random.Philox(key=self.seed).random_raw(self._places().size), kind="stable")


@dataclass(frozen=True)
class LeftToRight(Ordering):
    """One moment after another.

    Example:
        >>> LeftToRight((None,)).with_length(3).permutation
        tensor([0, 1, 2])
    """

    name: ClassVar[str] = "left-to-right"
    ranks: ClassVar[tuple[int, ...]] = (1,)

    def _path(self) -> np.ndarray:
        return self._places()


@dataclass(frozen=True)
class Explicit(Ordering):
    """Any order at all, spelt out; such as one that visits first what is known.

    Args:
        places: Every place once, as flat indices in the order they are visited: pixels of (H, W), or moments.

    Raises:
        ConfigError: `places` is no such list.

    Example:
        >>> Explicit((2, 1, 2), places=(1, 0)).symbols.flatten()  # both colours of the second pixel, then of the first
        tensor([1, 3, 0, 2])
    """

    name: ClassVar[str] = "explicit"
    ranks: ClassVar[tuple[int, ...]] = (3, 1)
    places: Sequence[int] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "places", tuple(self.places))  # a list, as JSON has it, could not be hashed
        size = self._places().size
        if sorted(self.places) != list(range(size)):
            raise ConfigError(
                f"`places` of explicit must be each of 0 to {size - 1} once, got {self.places!r:.80}. "
                f"Use tuple(range({size})) and sort it."
            )

    def _path(self) -> np.ndarray:
        return np.array(self.places)


def natural(event_shape: Sequence[int | None]) -> Raster | LeftToRight:
    """Return the ordering of a model that is told no other: raster for images, left to right for sequences.

    Example:
        >>> natural((5,))
        LeftToRight(event_shape=(5,), channels_as_positions=True)
    """
    return (LeftToRight if len(event_shape) == 1 else Raster)(tuple(event_shape))


def _hilbert(corner: complex, a: complex, n: int, b: complex, m: int) -> Iterator[complex]:
    """Visit the n by m pixels spanned from `corner` by the unit vectors a and b, and leave at the corner along a.

    A pixel is row + column·i. A long rectangle is halved along a. A stout one is crossed in three strokes: away from
    the corner along b, across along a, and back along -b, the first and last of even length so that they leave where
    the next one starts.
    """
    if min(n, m) == 1:
        yield from (corner + step * (a if m == 1 else b) for step in range(n * m))
    elif 2 * n > 3 * m:
        half = _even_half(n)
        yield from _hilbert(corner, a, half, b, m)
        yield from _hilbert(corner + half * a, a, n - half, b, m)
    else:
        away, half = _even_half(m), n // 2
        yield from _hilbert(corner, b, away, a, half)
        yield from _hilbert(corner + away * b, a, n, b, m - away)
        yield from _hilbert(corner + (n - 1) * a + (away - 1) * b, -b, away, -a, n - half)


def _even_half(length: int) -> int:
    half = length // 2
    return half + half % 2 if length > 2 else half
