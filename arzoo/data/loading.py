"""From the name of a data set to one of its splits."""

from pathlib import Path

from arzoo import registry
from arzoo.data.arrays import load_npy
from arzoo.data.dataset import Dataset
from arzoo.data.folders import load_folder
from arzoo.errors import DataError, did_you_mean


def load_dataset(id: str, split: str, root: str | Path | None = None, *, num_levels: int | None = None) -> Dataset:
    """Load a split of a data set.

    Args:
        id: A registered name, `folder:PATH` for a folder of images, or `npy:PATH` for an array of integers, where a
            path that ends in .npy needs no `npy:`.
        split: "train" or "test"; an array, and a folder that has no sub-folders of these names, is one split, "all".
        root: A data root instead of the Hub, see `arzoo.data.sources`; for registered names only.
        num_levels: Levels that the data must have; a folder is quantised to them. The data set's own where not given.

    Returns:
        The split, in memory.

    Raises:
        DataError: There is no such data set or split, it cannot be found or read, or it has other levels.

    Example:
        >>> load_dataset("digits", "train")
        Dataset('digits', 'train', 1437 items of shape (1, 8, 8), 17 levels, context: label)
    """
    kind, _, path = id.partition(":")
    if kind == "folder":
        return load_folder(path, split, 256 if num_levels is None else num_levels)
    if kind == "npy" or id.endswith(".npy"):
        return load_npy(id.removeprefix("npy:"), num_levels)
    dataset = _load_registered(id, split, root)
    if num_levels not in (None, dataset.num_levels):
        raise DataError(f"`num_levels` of {id} must be {dataset.num_levels}, got {num_levels}. Leave it out.")
    return dataset


def _load_registered(id: str, split: str, root: str | Path | None) -> Dataset:
    entries = registry.datasets()
    if id not in entries:
        meant = f" Did you mean 'folder:{id}'?" if Path(id).is_dir() else did_you_mean(id, entries)
        raise DataError(f"Unknown data set {id!r}.{meant} Known are {', '.join(entries)}, folder:PATH and npy:PATH.")
    return registry.resolve(entries[id].load)(split, root)
