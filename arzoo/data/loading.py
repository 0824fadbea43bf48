"""From the name of a data set to one of its splits."""

from pathlib import Path

from arzoo import registry
from arzoo.data.arrays import load_npy
from arzoo.data.dataset import Dataset
from arzoo.data.encoding import encoded
from arzoo.data.folders import load_folder
from arzoo.data.sounds import load_sounds
from arzoo.data.specs import DataSpec
from arzoo.data.text import load_text
from arzoo.errors import DataError, did_you_mean

_OF_A_PATH = "folder:PATH, npy:PATH, audio:PATH and text:PATH"


def load_dataset(
    id: str,
    split: str,
    root: str | Path | None = None,
    *,
    num_levels: int | None = None,
    spec: DataSpec | None = None,
    resample: bool = False,
) -> Dataset:
    """Load a split of a data set.

    Args:
        id: A registered name, `folder:PATH` for a folder of images, `audio:PATH` for one of sounds, `text:PATH` for a
            file of UTF-8, or `npy:PATH` for an array of integers, where a path that ends in .npy needs no `npy:`.
        split: "train" or "test"; a text, an array, and a folder that has no sub-folders of these names, is one
            split, "all".
        root: A data root instead of the Hub, see `arzoo.data.sources`; for registered names only.
        num_levels: Levels that the data must have; a folder is quantised to them. The data set's own where not given.
        spec: What levels must stand for, such as a model's `data`; sounds and texts are encoded by it, and images where
            its levels are no pixels, but codes or the colours of a palette. The data set's own where not given.
        resample: Whether sounds of other rates than `spec` has are resampled; for `audio:PATH` only.

    Returns:
        The split, in memory.

    Raises:
        DataError: There is no such data set or split, it cannot be found or read, or its levels are others.

    Example:
        >>> load_dataset("digits", "train")
        Dataset('digits', 'train', 1437 items of shape (1, 8, 8), 17 levels, context: label)
    """
    kind, _, path = id.partition(":")
    if spec is not None and spec.levels_are and kind != "npy" and not id.endswith(".npy"):
        return encoded(load_dataset(id, split, root), spec)
    if kind == "folder":
        return load_folder(path, split, 256 if num_levels is None else num_levels)
    if kind == "npy" or id.endswith(".npy"):
        return load_npy(id.removeprefix("npy:"), num_levels)
    if kind == "audio":
        return _checked(load_sounds(path, split, num_levels, spec, resample=resample), num_levels, spec)
    if kind == "text":
        return _checked(load_text(path, spec), num_levels, spec)
    return _checked(_load_registered(id, split, root), num_levels, spec)


def _checked(dataset: Dataset, num_levels: int | None, spec: DataSpec | None) -> Dataset:
    """Refuse levels that are others than those asked for, or that stand for something else."""
    if num_levels not in (None, dataset.num_levels):
        raise DataError(f"`num_levels` of {dataset.id} must be {dataset.num_levels}, got {num_levels}. Leave it out.")
    if spec and dataset.spec and spec.num_levels == dataset.num_levels and spec.to_config() != dataset.spec.to_config():
        raise DataError(
            f"The levels of {dataset.id} stand for {dataset.spec!r}, got a model of {spec!r}. Use a model made for it."
        )
    return dataset


def _load_registered(id: str, split: str, root: str | Path | None) -> Dataset:
    entries = registry.datasets()
    if id not in entries:
        meant = f" Did you mean '{_prefix(id)}:{id}'?" if Path(id).exists() else did_you_mean(id, entries)
        raise DataError(f"Unknown data set {id!r}.{meant} Known are {', '.join(entries)}, {_OF_A_PATH}.")
    return registry.resolve(entries[id].load)(split, root)


def _prefix(path: str) -> str:
    return "folder" if Path(path).is_dir() else "text"
