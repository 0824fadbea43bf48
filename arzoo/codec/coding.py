"""Items to an archive and back, to the bit."""

import contextlib
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from arzoo.codec import tiles as pieces
from arzoo.codec.archive import Header, data_digest, pack, shortened, unpack
from arzoo.codec.coders import Reader, Writer
from arzoo.codec.passes import code_events
from arzoo.codec.surroundings import differences, in_dtype, set_as, surroundings, weights_sha256
from arzoo.codec.tiles import AXES, Size, Tile
from arzoo.errors import ArchiveError, ShapeError, check_count
from arzoo.events import check_levels
from arzoo.progress import progress_bar

if TYPE_CHECKING:
    from arzoo.model import AutoregressiveModel

BATCH = 64
"""Events side by side, where nothing else is asked for."""


def compress(
    model: "AutoregressiveModel",
    x: Tensor | Sequence[Tensor],
    context: Mapping[str, Any] | None = None,
    *,
    batch_size: int = BATCH,
    files: Mapping[str, Any] | None = None,
    progress: bool = True,
) -> bytes:
    """Write items in about as many bits as the model gives them, -log2 p, such that `decompress` restores each level.

    Images may have any size, sequences any length: what is larger than the model's events is cut into tiles, which are
    coded side by side, and what is smaller takes no bits for the rest.

    Args:
        model: The model; the archive can only be read with the very same weights, and for sure only with the same
            version of torch on the same kind of processor.
        x: Levels (B, C, H, W) or (B, T) of any H, W, T; or a sequence of (C, H, W) or (T,), which may differ.
        context: Value of each declared context, by name: one an item, or one for all.
        batch_size: Tiles side by side, which is what is fast; the archive is read in the same batches.
        files: What is to be kept of the files that the items come from; whatever JSON can hold.
        progress: Show a bar, on a terminal.

    Returns:
        The archive.

    Raises:
        ShapeError: If `x` is empty, or of another dtype or range than the model's.
        ContextError: If a context is missing, unknown or out of range.
        ConfigError: If the extra "codec" is not installed, or `batch_size` is no number of at least 1.
        ArchiveError: If the model gives a probability that is no number.
    """
    check_count("batch_size", batch_size)
    items = _checked(model, x)
    sizes = [tuple(item.shape[-len(_axes(model)) :]) for item in items]
    values = _context(model, context, sizes)
    name, about, weights = model.name or "", surroundings(model), weights_sha256(model)
    header = Header(name, shortened(weights), sizes, batch_size, about, values, files or {})
    writer = Writer()
    with _bar("compressing", model, sizes, progress) as show:
        for batch, told in _batches(model, header, show):
            shape = pieces.fixed(model.event_shape, batch)
            code_events(model, writer, pieces.inside(batch, shape), told, pieces.gather(items, batch, shape))
    return pack(replace(header, data=data_digest(header, weights, items)), writer.words())


def decompress(model: "AutoregressiveModel", blob: bytes, *, progress: bool = True) -> Tensor | list[Tensor]:
    """Restore what `compress` wrote, each level of it, or say why that cannot be.

    Args:
        model: The one that the archive was written with. Its dtype, and the threads of torch, are for the time being
            set to what they were then.
        blob: The archive.
        progress: Show a bar, on a terminal.

    Returns:
        Levels (B, C, H, W) or (B, T), int64, where all items have one size; else a list of (C, H, W) or (T,).

    Raises:
        ArchiveError: If the archive is damaged or of a later version, if it was written with other weights, or if the
            arithmetic here gives other numbers than there, which says in what the two differ.
        ConfigError: If the extra "codec" is not installed.
    """
    header, code = unpack(blob)
    model = in_dtype(model, header.surroundings["dtype"])
    weights = _checked_weights(model, header)
    items = pieces.blank(header.sizes, model.event_shape)
    with set_as(header.surroundings), _bar("decompressing", model, header.sizes, progress) as show:
        here, reader = surroundings(model), Reader(code)
        with _explaining(header, here):
            for batch, told in _batches(model, header, show):
                inside = pieces.inside(batch, pieces.fixed(model.event_shape, batch))
                pieces.scatter(code_events(model, reader, inside, told), batch, items)
            if data_digest(header, weights, items) != header.data:
                raise ArchiveError("The levels of an archive must have the checksum that it says, got another.")
    return torch.stack(items) if len(set(header.sizes)) == 1 else items


def _checked(model: "AutoregressiveModel", x: Tensor | Sequence[Tensor]) -> list[Tensor]:
    """Return the items, each an event of the model but for its size.

    Raises:
        ShapeError: There are none, or one is of another dtype, range or number of axes.
    """
    shape = (*model.event_shape[: -len(_axes(model))], *[None] * len(_axes(model)))
    events = [x] if isinstance(x, Tensor) else [item[None] for item in x]
    for batch in events:
        check_levels(batch, shape, model.num_levels, model.title)
    items = [item for batch in events for item in batch.cpu()]
    if not items or not all(item.numel() for item in items):
        came = f"{len(items)} items" if not items else "one of no symbols"
        raise ShapeError(f"`x` must hold at least one item of at least one symbol, got {came}. Leave empty ones out.")
    return items


def _axes(model: "AutoregressiveModel") -> tuple[int | None, ...]:
    """Return the sizes of those axes of an event that an item may have longer or shorter."""
    return model.event_shape[-AXES:]


def _context(
    model: "AutoregressiveModel", context: Mapping[str, Any] | None, sizes: Sequence[Size]
) -> dict[str, Tensor]:
    """Return the context of all items, checked; a series covers the longest."""
    length = max(size[-1] for size in sizes)
    values = model.check_context(context, len(sizes), length) or {}
    return {name: value.cpu() for name, value in values.items()}


def _batches(
    model: "AutoregressiveModel", header: Header, show: Any
) -> Iterator[tuple[list[Tile], dict[str, Tensor] | None]]:
    """Yield the tiles that are coded side by side, and their context; the same on both ways."""
    values = _context(model, header.context or None, header.sizes)
    tiles, done = pieces.tiles_of(header.sizes, model.event_shape), 0
    for first in range(0, len(tiles), header.batch_size):
        batch = tiles[first : first + header.batch_size]
        which = torch.tensor([tile.item for tile in batch])
        yield batch, {name: value[which].to(model.device) for name, value in values.items()} or None
        done += sum(math.prod(tile.size) for tile in batch)
        show(done, "")


def _bar(doing: str, model: "AutoregressiveModel", sizes: Sequence[Size], shown: bool) -> Any:
    return progress_bar(f"{doing} with {model.title}", sum(map(math.prod, sizes)), "places", shown=shown)


def _checked_weights(model: "AutoregressiveModel", header: Header) -> str:
    """Return the digest of the weights, which must be those that wrote the archive.

    Raises:
        ArchiveError: They are others, or their events have another number of axes.
    """
    found = weights_sha256(model)
    if shortened(found) != header.weights:
        rule = f"An archive must be read with the weights that wrote it, {header.weights}... of {header.model!r}"
        repair = f"Use arzoo.load({header.model!r})." if header.model else "Use the model that wrote it."
        raise ArchiveError(f"{rule}, got {shortened(found)}... of {model.title}. {repair}")
    if any(len(size) != len(_axes(model)) for size in header.sizes):
        rule = f"Items of an archive must have {len(_axes(model))} axes for {model.title}"
        raise ArchiveError(f"{rule}, got sizes such as {header.sizes[0]}. Write it anew.")
    return found


@contextlib.contextmanager
def _explaining(header: Header, here: Mapping[str, Any]) -> Iterator[None]:
    """Say why what is read is not what was written: the code is whole, so the arithmetic is not the same."""
    try:
        yield
    except ArchiveError as error:
        differ = differences(header.surroundings, here) or "though nothing differs of what is recorded"
        raise ArchiveError(
            f"An archive must be read by the arithmetic that wrote it, got other levels than were written: {differ}. "
            "Decompress where it was compressed."
        ) from error
