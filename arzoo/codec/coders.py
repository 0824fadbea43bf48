"""The range coder: symbols in, words out, and back. The library is `constriction`, the extra "codec".

All here is numpy's, as the library is: it codes on the host, where a small array costs less in numpy than in torch.
"""

import math
from typing import Any, Protocol

import numpy as np

from arzoo.errors import ArchiveError, ConfigError

TINY = 1e-300
"""A probability of nothing, which the library turns into the least that it can write, 2^-24; all of 0 it refuses."""

WORD = np.dtype("<u4")


class Coder(Protocol):
    """Writes symbols, or reads them: both take the same steps, so that there is one loop for the two."""

    def __call__(self, masses: np.ndarray, symbols: np.ndarray | None) -> np.ndarray:
        """Write or read one symbol of each row.

        Args:
            masses: What each row is the distribution of, up to a factor, (n, K) float64, which the coder may change.
                Where there are but 0 and 1, the probability of 1 will do, (n,) float32 or float64.
            symbols: 0 ... K - 1, (n,) of integers, to be written; a reader does not look at them.

        Returns:
            The symbols, (n,) of integers.
        """
        ...


class Writer:
    """Writes symbols."""

    def __init__(self) -> None:
        library = _library()
        self._encoder, self._models = library.stream.queue.RangeEncoder(), _Models(library)

    def __call__(self, masses: np.ndarray, symbols: np.ndarray | None) -> np.ndarray:
        """Write one symbol of each row, see `Coder`.

        Raises:
            ArchiveError: A probability is no number.
        """
        if symbols is None:
            raise ConfigError("A writer needs the symbols that it is to write, got None. Use a Reader.")
        try:
            self._encoder.encode(symbols.astype(np.int32), *self._models(masses))
        except ValueError as error:
            raise ArchiveError(_no_numbers(masses)) from error
        return symbols

    def words(self) -> bytes:
        """Return what has been written."""
        return self._encoder.get_compressed().astype(WORD).tobytes()


class Reader:
    """Reads the symbols that a `Writer` wrote, given the same distributions.

    Args:
        words: From `Writer.words`.
    """

    def __init__(self, words: bytes) -> None:
        library = _library()
        self._decoder = library.stream.queue.RangeDecoder(np.frombuffer(words, WORD).astype(np.uint32))
        self._models = _Models(library)

    def __call__(self, masses: np.ndarray, symbols: np.ndarray | None = None) -> np.ndarray:
        """Read one symbol of each row, see `Coder`.

        Raises:
            ArchiveError: A probability is no number, or the words cannot come from these distributions.
        """
        try:
            return self._decoder.decode(*self._models(masses))
        except ValueError as error:
            raise ArchiveError(_no_numbers(masses)) from error
        except AssertionError as error:  # the library's own check
            raise ArchiveError(f"Words must be read by the distributions that they were written by: {error}") from error


class _Models:
    """Distributions of 24 bits, in which every symbol has at least one part of 2^24."""

    def __init__(self, library: Any) -> None:
        self._many = library.stream.model.Categorical(lazy=True, perfect=False)
        self._two = library.stream.model.Bernoulli(perfect=False)

    def __call__(self, masses: np.ndarray) -> tuple[Any, np.ndarray]:
        """Return the library's model, and what it takes.

        Raises:
            ValueError: A probability of two symbols is no number; of more the library says so itself.
        """
        if masses.ndim > 1:
            return self._many, np.maximum(masses, TINY, out=masses)
        if math.isnan(masses[masses.argmax()]):  # numpy takes what is no number for the highest
            raise ValueError
        return self._two, masses


def _no_numbers(masses: np.ndarray) -> str:
    rule = "Every probability of a code must be a number"
    return f"{rule}, got {np.sum(~np.isfinite(masses))} of {masses.size} that are none. Use dtype='float32'."


def _library() -> Any:
    try:
        import constriction
    except ImportError as error:
        raise ConfigError(
            'Compressing needs the extra "codec", which is not installed. Run: pip install "arzoo[codec]"'
        ) from error
    return constriction
