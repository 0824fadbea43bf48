"""Text as integer levels: the place of each character in an alphabet."""

import reprlib
from typing import Any

import numpy as np
import torch
from torch import Tensor

from arzoo.data.specs import DataSpec, check_decodable
from arzoo.errors import ConfigError, DataError, ShapeError


class Alphabet(DataSpec):
    """The characters that levels stand for, in order.

    Args:
        characters: At least two, each once.

    Raises:
        ConfigError: They are fewer, or one comes twice.

    Example:
        >>> spec = Alphabet("abc")
        >>> spec.encode("cab")
        tensor([2, 0, 1])
        >>> spec.decode(torch.tensor([2, 0, 1]))
        'cab'
    """

    kind = "alphabet"
    medium = "text"

    def __init__(self, characters: str) -> None:
        super().__init__()
        distinct = len(set(characters))
        if distinct < 2 or distinct < len(characters):
            repair = 'Use Alphabet("".join(sorted(set(text)))).'
            rule = "`characters` of Alphabet must be at least two, all different"
            raise ConfigError(f"{rule}, got {distinct} in {reprlib.repr(characters)}. {repair}")
        self.characters = characters
        self.num_levels = len(characters)

    @classmethod
    def of(cls, text: str) -> "Alphabet":
        """Return the alphabet of a text: its characters, in the order of their code points.

        Raises:
            ConfigError: They are fewer than two.
        """
        return cls("".join(sorted(set(text))))

    def encode(self, raw: str) -> Tensor:
        """Return the place of each character.

        Args:
            raw: Characters of the alphabet, T of them.

        Returns:
            int64 (T,).

        Raises:
            DataError: A character is not in the alphabet.
        """
        points, known = _code_points(raw), _code_points(self.characters)
        order = known.argsort()
        places = order[np.searchsorted(known, points, sorter=order).clip(max=len(known) - 1)]
        outside = (known[places] != points).nonzero()[0]
        if len(outside):
            position = int(outside[0])
            character = raw[position]
            rule = f"Every character of a text must be one of the {self.num_levels} of the alphabet"
            repair = f'Use text.replace({character!r}, "").'
            raise DataError(f"{rule}, got {character!r} at position {position}, counted from 0. {repair}")
        return torch.from_numpy(places)

    def decode(self, levels: Tensor) -> str:
        """Return the text that levels stand for.

        Args:
            levels: Integers 0 … num_levels-1, (T,).

        Returns:
            T characters.

        Raises:
            ShapeError: A level is out of range, or `levels` are no integers (T,).
        """
        check_decodable(levels, self.num_levels)
        if levels.ndim != 1:
            repair = "Use [spec.decode(row) for row in levels]."
            raise ShapeError(f"`levels` of a text must have shape (T,), got {tuple(levels.shape)}. {repair}")
        return "".join(self.characters[level] for level in levels.tolist())

    def to_config(self) -> dict[str, Any]:
        """Return the JSON-able arguments that rebuild this spec, `kind` among them."""
        return {"kind": self.kind, "characters": self.characters}

    def extra_repr(self) -> str:
        """Return what `repr` shows between the brackets, shortened where it is long."""
        return reprlib.repr(self.characters)


def _code_points(text: str) -> np.ndarray:
    """Code points (T,); also the halves of characters that a terminal may hand over, which no alphabet has."""
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.dtype("<u4"))
