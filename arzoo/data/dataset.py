"""A split of a data set, in memory, as integer levels that a batch is cut from."""

import hashlib
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from arzoo.context import ContextSpec
from arzoo.data.clips import Clips
from arzoo.data.derived import Derived
from arzoo.data.specs import DataSpec
from arzoo.errors import ConfigError, DataError, check_count, did_you_mean
from arzoo.randomness import item_uniforms, shuffled

Draw = Callable[[Tensor, np.ndarray, int, int], Tensor]
"""(items (B, *event_shape), their indices (B,), seed, epoch) -> levels (B, *event_shape)."""


class Batch(NamedTuple):
    """Some items of a data set.

    Attributes:
        x: Integer levels (B, *event_shape); uint8 up to 256 levels.
        context: The value of each context, by name: labels int64 (B,), latents float (B, *shape).
        lengths: How many symbols of each row are the item's, (B,) int64; the rest is padding. None where all items are
            of one shape.
        begins: From which symbol of each row on they count, (B,) int64: before it are those that a piece of a clip has
            as its past alone. None where all count.
    """

    x: Tensor
    context: dict[str, Tensor]
    lengths: Tensor | None = None
    begins: Tensor | None = None

    @property
    def counted(self) -> Tensor:
        """Which symbols a likelihood is made of, booleans that broadcast to the shape of `x`."""
        if self.lengths is None:
            return torch.ones(1, dtype=torch.bool).view([1] * self.x.ndim)
        places = torch.arange(self.x.shape[1])
        there = places < self.lengths[:, None]
        return there if self.begins is None else there & (places >= self.begins[:, None])


@dataclass(frozen=True, eq=False, repr=False)
class Dataset:
    """One split of a data set.

    Args:
        id: Its name in the registry, or `folder:PATH` or `npy:PATH`.
        split: "train", "test", or "all" where the source has one split only.
        items: Levels (N, *event_shape), or clips of different lengths; where `draw` is given, what it draws levels
            from.
        num_levels: Levels are 0 … num_levels-1.
        spec: What the levels stand for; None where nobody said.
        context: What a model may be conditioned on, by name.
        values: For each of those names the items' values, (N, ...).
        derived: Contexts that `with_context` can add, computed from the levels of an item.
        draw: Makes levels of items anew, for each seed and epoch; None where items are levels.
        rows: The items that belong to this data set, int64; None for all of them. Draws are keyed by them, so
            that an item of a subset is drawn as it is in the whole split.
        crop: The most symbols of an item, where items are random pieces of clips; see `cropped`.
        lead_in: Symbols at the head of such a piece that do not count.

    Example:
        >>> from arzoo.data import Pixels
        >>> data = Dataset("dots", "train", torch.zeros(6, 1, 2, 2, dtype=torch.uint8), 2, Pixels(2))
        >>> data
        Dataset('dots', 'train', 6 items of shape (1, 2, 2), 2 levels)
        >>> train, validation = data.hold_out(2)
        >>> len(train), len(validation), validation.batch([0, 1]).x.shape
        (4, 2, torch.Size([2, 1, 2, 2]))
    """

    id: str
    split: str
    items: Tensor | Clips
    num_levels: int
    spec: DataSpec | None = None
    context: Mapping[str, ContextSpec] = field(default_factory=dict)
    values: Mapping[str, Tensor] = field(default_factory=dict)
    derived: Mapping[str, Derived] = field(default_factory=dict)
    draw: Draw | None = None
    rows: Tensor | None = None
    crop: int | None = None
    lead_in: int = 0

    def __len__(self) -> int:
        return len(self._rows)

    def __repr__(self) -> str:
        context = f", context: {', '.join(self.context)}" if self.context else ""
        size = f"{len(self)} items of shape {self.event_shape}, {self.num_levels} levels"
        return f"Dataset({self.id!r}, {self.split!r}, {size}{context})"

    @property
    def event_shape(self) -> tuple[int | None, ...]:
        """Shape of one item: (C, H, W) or (T,); (None,) of clips."""
        return tuple(self.items.shape[1:])

    @property
    def num_dims(self) -> int | None:
        """Symbols in one item, the dimensions of bits per dimension; None where items differ."""
        return None if isinstance(self.items, Clips) else math.prod(self.items.shape[1:])

    @property
    def lengths(self) -> Tensor:
        """Symbols in each item, (len,) int64."""
        if not isinstance(self.items, Clips):
            return torch.full((len(self),), math.prod(self.items.shape[1:]))
        lengths = self.items.lengths[self._rows]
        return lengths if self.crop is None else lengths.clamp(max=self.crop)

    @property
    def available(self) -> dict[str, ContextSpec]:
        """Every context that the data set has or can compute, by name."""
        return {**self.context, **{name: derived.spec for name, derived in self.derived.items()}}

    @cached_property
    def _rows(self) -> Tensor:
        return torch.arange(len(self.items)) if self.rows is None else self.rows

    @cached_property
    def digest(self) -> str:
        """The split's identity, see `split_digest`; of `items` where the levels are drawn."""
        if isinstance(self.items, Clips):
            clips = self.items.unbind()
            return digest_of([clips[row] for row in self._rows.tolist()])
        return split_digest(self.items[self._rows])

    def batch(self, indices: Sequence[int] | Tensor, *, seed: int = 0, epoch: int = 0) -> Batch:
        """Return the items at `indices`.

        Args:
            indices: Positions in this data set, B of them, 0 … len-1.
            seed: Key of the draw; only where levels or crops are drawn.
            epoch: The pass over the data; each draws anew, where levels or crops are drawn.

        Returns:
            x (B, *event_shape), the context (B, ...) of each name, and the lengths of clips.
        """
        chosen = torch.as_tensor(indices, dtype=torch.int64)
        rows = self._rows[chosen]
        if isinstance(self.items, Clips):
            first = None if self.crop is None else self._firsts(chosen, rows, self.crop, seed, epoch)
            x, lengths = self.items.padded(rows, first, self.crop)
            begins = None if first is None else self.lead_in * (first > 0)
        else:
            items, lengths, begins = self.items[rows], None, None
            x = items if self.draw is None else self.draw(items, rows.numpy(), seed, epoch)
        context = {name: self._context_of(name, rows, x, lengths) for name in self.context}
        return Batch(x, context, lengths, begins)

    def _firsts(self, chosen: Tensor, rows: Tensor, crop: int, seed: int, epoch: int) -> Tensor:
        """Where each crop begins: a window slid over the clip from its first symbol to its last, and pushed inside."""
        lengths = self.items.lengths[rows]  # type: ignore[union-attr]
        uniforms = torch.from_numpy(item_uniforms(seed, epoch, chosen.numpy(), 1))[:, 0]
        slid = (uniforms * (lengths + crop - 1)).long() - (crop - 1)
        return slid.clamp(min=0).minimum((lengths - crop).clamp(min=0))

    def _context_of(self, name: str, rows: Tensor, x: Tensor, lengths: Tensor | None) -> Tensor:
        return self.values[name][rows] if name in self.values else self.derived[name].of(x, self.num_levels, lengths)

    def subset(self, indices: Sequence[int] | Tensor, split: str | None = None) -> "Dataset":
        """Return the data set of the items at `indices`; the items themselves are shared.

        Args:
            indices: Positions in this data set.
            split: Name of the new split; this one's where not given.

        Returns:
            A data set with its own length and digest.
        """
        rows = self._rows[torch.as_tensor(indices, dtype=torch.int64)]
        return replace(self, rows=rows, split=split or self.split)

    def cropped(self, length: int, lead_in: int = 0) -> "Dataset":
        """Return the data set of random pieces of this one's clips, for training.

        A clip gives as many items as it has stretches of `length`; each is a new piece of it in every epoch. All
        symbols are about as likely to be seen, those near either end somewhat more, so that the beginning of a clip,
        before which there is nothing, is learned as well.

        A piece from within a clip looks as if there were nothing before it. Where the first of its symbols count, a
        model learns to begin in the middle; as its lead-in, they are but the past of those that follow.

        Args:
            length: The most symbols of a piece; shorter clips stay whole.
            lead_in: Symbols at the head of a piece that do not count, unless the clip begins there: best as many as the
                receptive field.

        Raises:
            ConfigError: Items have one fixed shape, `length` is less than 1, or nothing of a piece would count.
        """
        if not isinstance(self.items, Clips):
            raise ConfigError(
                f"Only clips of free length can be cropped, got a crop of {length} for items of {self.event_shape} "
                f"in {self.id}. Leave data.crop out."
            )
        if check_count("lead_in", lead_in, least=0) >= check_count("crop", length):
            raise ConfigError(f"`lead_in` must be less than the crop, {length}, got {lead_in}. Use crop={2 * lead_in}.")
        rest = (self.items.lengths[self._rows] - lead_in).clamp(min=1)
        pieces = -(-rest // (length - lead_in))
        return replace(self, rows=self._rows.repeat_interleave(pieces), crop=length, lead_in=lead_in)

    def hold_out(self, count: int, seed: int = 0) -> "tuple[Dataset, Dataset]":
        """Cut `count` random items off, for validation; of a lone clip, such as a text, its last `count` symbols.

        Args:
            count: Items to hold out, 1 … len-1.
            seed: Decides which.

        Returns:
            The rest, under this split's name, and the held-out part, "validation"; both in this data set's order.

        Raises:
            DataError: `count` leaves one of the two empty.
        """
        if isinstance(self.items, Clips) and len(self) == 1:
            return self._hold_out_end(self.items.unbind()[int(self._rows)], count)
        if not 0 < count < len(self):
            raise DataError(
                f"The validation part of {self.id} must be 1 to {len(self) - 1} of its {len(self)} items, got {count}."
            )
        order = torch.from_numpy(shuffled(len(self), seed))
        return self.subset(order[count:].sort().values), self.subset(order[:count].sort().values, "validation")

    def _hold_out_end(self, clip: Tensor, count: int) -> "tuple[Dataset, Dataset]":
        if not 0 < count < len(clip):
            raise DataError(
                f"The validation part of {self.id}, a lone clip, must be 1 to {len(clip) - 1} of its {len(clip)} "
                f"symbols, got {count}."
            )
        values = {name: value[self._rows] for name, value in self.values.items()}
        parts = (Clips.of([part]) for part in (clip[:-count], clip[-count:]))
        kept, held_out = (replace(self, items=part, rows=None, values=values) for part in parts)
        return kept, replace(held_out, split="validation")

    def with_context(self, names: Sequence[str]) -> "Dataset":
        """Return the data set with the context of these names only.

        Args:
            names: Some of `available`; none for an unconditional model.

        Returns:
            The same items with other context.

        Raises:
            DataError: The data set has no such context.
        """
        available = self.available
        for name in names:
            if name not in available:
                has = f"has {', '.join(available)}" if available else "has none"
                hint = did_you_mean(name, available)
                raise DataError(f"The context {name!r} must be one that {self.id} has; it {has}.{hint}")
        return replace(self, context={name: available[name] for name in names})


def split_digest(items: Tensor) -> str:
    """Identify a split by its content, whatever its file format and row order.

    The sha256 over the items' own sha256 in ascending order, where an item is its decoded bytes as an image decoder
    gives them: one byte a value (up to 256 levels; little-endian integers of `items`' size above), channels last.

    Args:
        items: Integers (N, *event_shape).

    Returns:
        64 hexadecimal digits.

    Example:
        >>> items = torch.arange(8, dtype=torch.uint8).reshape(2, 1, 2, 2)
        >>> split_digest(items) == split_digest(items.flip(0))
        True
    """
    return digest_of(items.movedim(1, -1) if items.ndim == 4 else items)


def digest_of(decoded: Iterable[Tensor]) -> str:
    """Return `split_digest` of items whose axes lie as a decoder gives them."""
    return hashlib.sha256(b"".join(sorted(_item_digest(item) for item in decoded))).hexdigest()


def _item_digest(item: Tensor) -> bytes:
    array = item.contiguous().numpy()
    return hashlib.sha256(array.astype(array.dtype.newbyteorder("<"), copy=False).tobytes()).digest()
