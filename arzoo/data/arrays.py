"""`npy:PATH`: an array of integer levels, images, codes or sequences, as a data set.

codes.npy                   integers (N, H, W)
codes.context/label.npy     integers (N,): the context "label"
codes.context/style.npy     floats (N, D) or (N, c, h, w): the context "style"
"""

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from arzoo.context import ContextSpec, Labels, Latent
from arzoo.data.dataset import Dataset
from arzoo.data.specs import Pixels
from arzoo.errors import ConfigError, DataError

_LAYOUTS = "(N, H, W), (N, C, H, W) or (N, T)"
_CHANNELS = (1, 2, 3, 4)
_LARGEST = 2**31 - 1


def load_npy(path: str | Path, num_levels: int | None = None) -> Dataset:
    """Load an array of levels; a file is one split, "all".

    Args:
        path: A file that `numpy.save` wrote: integers (N, H, W), (N, C, H, W) or (N, T).
        num_levels: Levels are 0 … num_levels-1; where not given, one more than the largest in the file.

    Returns:
        Levels (1, H, W), (C, H, W) or (T,), with the contexts that lie in the folder beside it. Images of at most 256
        levels have the spec `Pixels`, others none.

    Raises:
        DataError: The file cannot be read, or is no such array, or has levels out of range; or a context does not fit.
        ConfigError: `num_levels` is less than 2.
    """
    array = _read(Path(path))
    _check_layout(array, path)
    num_levels = _num_levels(array, path, num_levels)
    levels = torch.from_numpy(array.astype(_smallest_dtype(num_levels - 1)))
    levels = levels.unsqueeze(1) if levels.ndim == 3 else levels
    spec = Pixels(num_levels) if levels.ndim == 4 and num_levels <= 256 else None
    values = _contexts(Path(path), len(levels))
    specs = {name: _spec(value) for name, value in values.items()}
    return Dataset(f"npy:{path}", "all", levels, num_levels, spec, specs, values)


def _contexts(path: Path, count: int) -> dict[str, Tensor]:
    """Read the values of every context in the folder beside the array, by name."""
    files = sorted(path.with_suffix(".context").glob("*.npy"))
    return {file.stem: torch.from_numpy(_checked_values(_read(file), file, count)) for file in files}


def _checked_values(array: np.ndarray, path: Path, count: int) -> np.ndarray:
    labels = np.issubdtype(array.dtype, np.integer) and array.ndim == 1
    if not labels and not (np.issubdtype(array.dtype, np.floating) and array.ndim > 1):
        raise DataError(
            f"A context must be integers (N,) or floats (N, ...), got {array.dtype} {array.shape} in {path}."
        )
    if len(array) != count:
        raise DataError(f"A context must have a value for each of the {count} items, got {len(array)} in {path}.")
    if labels and array.min() < 0:
        raise DataError(f"Labels must be 0 or more, got {array.min()} in {path}.")
    return array.astype(np.int64 if labels else np.float32)


def _spec(values: Tensor) -> ContextSpec:
    return Latent(values.shape[1:]) if values.is_floating_point() else Labels(int(values.max()) + 1)


def _read(path: Path) -> np.ndarray:
    try:
        with path.open("rb") as file:  # not `numpy.load`, which opens archives and pickles as well
            return np.lib.format.read_array(file, allow_pickle=False)
    except (OSError, ValueError) as error:
        raise DataError(f"npy:PATH must name a file that numpy.save wrote; {path} cannot be read: {error}.") from error


def _check_layout(array: np.ndarray, path: str | Path) -> None:
    if not np.issubdtype(array.dtype, np.integer):
        raise DataError(f"The array in {path} must be of integers, got {array.dtype}. Save array.astype(numpy.uint8).")
    if array.ndim not in (2, 3, 4) or not array.size:
        raise DataError(f"The array in {path} must be {_LAYOUTS} and not empty, got {array.shape}.")
    if array.ndim == 4 and array.shape[3] in _CHANNELS and array.shape[1] not in _CHANNELS:
        repair = "Save array.transpose(0, 3, 1, 2)."
        raise DataError(f"The array in {path} must be (N, C, H, W), got {array.shape}, as if (N, H, W, C). {repair}")


def _num_levels(array: np.ndarray, path: str | Path, num_levels: int | None) -> int:
    if num_levels is not None and num_levels < 2:
        raise ConfigError(f"`num_levels` of {path} must be 2 or more, got {num_levels}. Leave it out.")
    lowest, largest = int(array.min()), int(array.max())
    most = _LARGEST if num_levels is None else num_levels - 1
    if lowest < 0 or largest > most:
        raise DataError(f"The levels in {path} must be 0 to {most}, got {lowest} to {largest}.")
    return max(2, largest + 1) if num_levels is None else num_levels


def _smallest_dtype(largest: int) -> type[np.integer]:
    return np.uint8 if largest <= 255 else np.int32
