"""What a context may be: labels, features of an event, features along a sequence."""

import dataclasses
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor

from arzoo.errors import ContextError, did_you_mean

NAMES_LISTED = 20


@dataclass(frozen=True)
class ContextSpec(ABC):
    """What one named context must be: a frozen dataclass of JSON-able fields.

    Attributes:
        kind: The name under which `context_from_config` finds the class.
    """

    kind: ClassVar[str]

    @abstractmethod
    def check(self, value: Any, batch: int, *, length: int | None = None) -> Tensor:
        """Return `value` as a tensor for the whole batch; a single value holds for all of it.

        Args:
            value: What the caller gave.
            batch: Number of events, B.
            length: Length of the events, where there is one to compare with.

        Returns:
            (B, ...), on the device that `value` was on.

        Raises:
            ContextError: `value` does not fit.
        """

    @abstractmethod
    def parse(self, text: str) -> Any:
        """Return the value that a text on the command line stands for.

        Raises:
            ContextError: It stands for none.
        """

    def to_config(self) -> dict[str, Any]:
        """Return the JSON-able form that `context_from_config` reads."""
        return {"kind": self.kind, **dataclasses.asdict(self)}


@dataclass(frozen=True)
class Labels(ContextSpec):
    """One of `num_classes` classes, which may have names.

    Args:
        num_classes: At least 1.
        names: A different name for each class, or None.

    Raises:
        ContextError: `num_classes` is less than 1, or the `names` are not as many or not different.

    Example:
        >>> Labels(3, ("cat", "dog", "owl")).check("owl", batch=2)
        tensor([2, 2])
        >>> Labels(3).parse("0,2")
        [0, 2]
    """

    kind: ClassVar[str] = "labels"
    num_classes: int
    names: Sequence[str] | None = None

    def __post_init__(self) -> None:
        if self.num_classes < 1:
            raise ContextError(f"`num_classes` must be at least 1, got {self.num_classes}.")
        if self.names is None:
            return
        object.__setattr__(self, "names", tuple(self.names))  # a list, as JSON has it, could not be hashed
        if len(self.names) != self.num_classes or len(set(self.names)) != self.num_classes:
            raise ContextError(f"`names` must be {self.num_classes} different names, got {list(self.names)}.")

    def check(self, value: Any, batch: int, *, length: int | None = None) -> Tensor:
        """Return (B,) int64 for class numbers or names: one, or one an event."""
        labels = _as_tensor(self._indices(value), "Labels must be integers")
        if labels.is_floating_point() or labels.dtype == torch.bool:
            raise ContextError(f"Labels must be integers, got {labels.dtype}. Use labels.long().")
        if labels.shape not in [(), (batch,)]:
            raise ContextError(f"Labels must be one number or {batch}, one an event, got shape {tuple(labels.shape)}.")
        if ((labels < 0) | (labels >= self.num_classes)).any():
            names = f" ({self._known()})" if self.names else ""
            raise ContextError(f"Labels must be 0 to {self.num_classes - 1}{names}, got {labels.unique().tolist()}.")
        return labels.long().expand(batch)

    def parse(self, text: str) -> int | list[int]:
        """Return the class of a name or number, or a list for several with commas between them."""
        if self.names is not None and text in self.names:
            return self._index(text)
        several = [self._index(part.strip()) for part in text.split(",")]
        return several if len(several) > 1 else several[0]

    def _indices(self, value: Any) -> Any:
        if isinstance(value, str):
            return self._index(value)
        if isinstance(value, Sequence):
            return [self._index(item) if isinstance(item, str) else item for item in value]
        return value

    def _index(self, name: str) -> int:
        names = list(self.names or ())
        if name in names:
            return names.index(name)
        if name.isdecimal():
            return int(name)
        rule = f"one of {self._known()}" if names else f"a number from 0 to {self.num_classes - 1}"
        raise ContextError(f"A label must be {rule}, got {name!r}.{did_you_mean(name, names)}")

    def _known(self) -> str:
        """List the names, so many as a sentence can hold."""
        names = self.names or ()
        return ", ".join(names[:NAMES_LISTED]) + (", ..." if len(names) > NAMES_LISTED else "")


@dataclass(frozen=True)
class Latent(ContextSpec):
    """A tensor of features for each event, such as an image embedding.

    Args:
        shape: Of one event's features.

    Raises:
        ContextError: A size in `shape` is less than 1.

    Example:
        >>> Latent((2,)).check([0.5, -1.0], batch=2)
        tensor([[ 0.5000, -1.0000],
                [ 0.5000, -1.0000]])
    """

    kind: ClassVar[str] = "latent"
    shape: Sequence[int]

    def __post_init__(self) -> None:
        object.__setattr__(self, "shape", tuple(self.shape))
        if not self.shape or min(self.shape) < 1:
            raise ContextError(f"`shape` of a latent must be sizes of at least 1, got {self.shape}.")

    def check(self, value: Any, batch: int, *, length: int | None = None) -> Tensor:
        """Return (B, *shape), of the floating dtype that came."""
        latent = _floats(value, "A latent")
        if latent.shape not in [self.shape, (batch, *self.shape)]:
            raise ContextError(f"A latent must have shape {(batch, *self.shape)}, got {tuple(latent.shape)}.")
        return latent.expand(batch, *self.shape)

    def parse(self, text: str) -> Tensor:
        """Return the array in the .npy file of that path."""
        return _read_array(text, "A latent")


@dataclass(frozen=True)
class Series(ContextSpec):
    """Features along a sequence, one frame for every `hop` of its symbols, such as a mel spectrogram.

    Args:
        channels: Features a frame.
        hop: Symbols a frame.

    Raises:
        ContextError: `channels` or `hop` is less than 1.

    Example:
        >>> Series(channels=1, hop=4).check([[0.1, 0.2, 0.3]], batch=2, length=10).shape
        torch.Size([2, 1, 3])
    """

    kind: ClassVar[str] = "series"
    channels: int
    hop: int

    def __post_init__(self) -> None:
        if min(self.channels, self.hop) < 1:
            raise ContextError(f"`channels` and `hop` must be at least 1, got {self.channels} and {self.hop}.")

    def check(self, value: Any, batch: int, *, length: int | None = None) -> Tensor:
        """Return (B, channels, frames), with ceil(length / hop) frames where there is a length."""
        series = _floats(value, "A series")
        frames = series.shape[-1] if length is None and series.ndim else -(-(length or 0) // self.hop)
        if series.shape not in [(self.channels, frames), (batch, self.channels, frames)]:
            rule = f"({batch}, {self.channels}, {frames if length is not None else 'frames'})"
            raise ContextError(f"A series must have shape {rule} at hop {self.hop}, got {tuple(series.shape)}.")
        return series.expand(batch, self.channels, frames)

    def parse(self, text: str) -> Tensor:
        """Return the array in the .npy file of that path."""
        return _read_array(text, "A series")


def _floats(value: Any, what: str) -> Tensor:
    values = _as_tensor(value, f"{what} must be of a floating dtype")
    if not values.is_floating_point():
        raise ContextError(f"{what} must be of a floating dtype, got {values.dtype}. Use .float().")
    if not values.isfinite().all():
        raise ContextError(f"{what} must be finite, got {values[~values.isfinite()][0].item()}.")
    return values


def _as_tensor(value: Any, rule: str) -> Tensor:
    try:
        return torch.as_tensor(value)
    except (TypeError, ValueError, RuntimeError):
        raise ContextError(f"{rule}, got {type(value).__name__}. Use a number, a list or a tensor.") from None


def _read_array(path: str, what: str) -> Tensor:
    try:
        return torch.from_numpy(np.load(path, allow_pickle=False))
    except (OSError, ValueError, EOFError, TypeError) as error:
        raise ContextError(f"{what} must be the path of a .npy file of floats, got {path!r} ({error}).") from None
