"""`npy:PATH`: an array of integer levels, images or sequences, as a data set."""

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from arzoo.data.dataset import Dataset
from arzoo.data.specs import DataSpec, Pixels
from arzoo.errors import DataError

_LAYOUTS = "(N, H, W), (N, C, H, W) or (N, T)"
_CHANNELS = (1, 2, 3, 4)


def load_npy(path: str | Path, split: str = "all", num_levels: int | None = None) -> Dataset:
    """Load an array of levels, which is one split, "all", whichever is asked for.

    Args:
        path: A file that `numpy.save` wrote: integers (N, H, W), (N, C, H, W) or (N, T).
        split: Not used: the file is the split.
        num_levels: Levels are 0 … num_levels-1; where not given, one more than the largest in the file.

    Returns:
        Levels (1, H, W), (C, H, W) or (T,). Images of at most 256 levels have the spec `Pixels`, others none.

    Raises:
        DataError: The file cannot be read, or is no such array, or has levels out of range.
    """
    array = _read(path)
    levels = _levels(array, path, num_levels)
    num_levels = num_levels or max(2, int(array.max()) + 1)
    spec: DataSpec | None = Pixels(num_levels) if levels.ndim == 4 and num_levels <= 256 else None
    return Dataset(f"npy:{path}", "all", levels, num_levels, spec)


def _read(path: str | Path) -> np.ndarray:
    try:
        array = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise DataError(f"npy:PATH must name a file that numpy.save wrote; {path} cannot be read: {error}.") from error
    if not isinstance(array, np.ndarray):
        raise DataError(f"npy:PATH must hold one array; {path} is an archive of {len(array.files)}. Save one of them.")
    return array


def _levels(array: np.ndarray, path: str | Path, num_levels: int | None) -> Tensor:
    _check_layout(array, path)
    lowest, largest = int(array.min()), int(array.max())
    if lowest < 0 or (num_levels is not None and largest >= num_levels):
        allowed = "0 and up" if num_levels is None else f"0 to {num_levels - 1}"
        raise DataError(f"The levels in {path} must be {allowed}, got {lowest} to {largest}.")
    levels = torch.from_numpy(array.astype(_smallest_dtype(largest)))
    return levels.unsqueeze(1) if levels.ndim == 3 else levels


def _check_layout(array: np.ndarray, path: str | Path) -> None:
    if not np.issubdtype(array.dtype, np.integer):
        raise DataError(f"The array in {path} must be of integers, got {array.dtype}. Save array.astype(numpy.uint8).")
    if array.ndim not in (2, 3, 4) or not array.size:
        raise DataError(f"The array in {path} must be {_LAYOUTS} and not empty, got {array.shape}.")
    if array.ndim == 4 and array.shape[3] in _CHANNELS and array.shape[1] not in _CHANNELS:
        repair = "Save array.transpose(0, 3, 1, 2)."
        raise DataError(f"The array in {path} must be (N, C, H, W), got {array.shape}, as if (N, H, W, C). {repair}")


def _smallest_dtype(largest: int) -> type[np.integer]:
    return next(dtype for dtype in (np.uint8, np.int16, np.int32, np.int64) if largest <= np.iinfo(dtype).max)
