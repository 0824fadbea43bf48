"""Data sets for a model, as the command line names them."""

from pathlib import Path
from typing import TYPE_CHECKING

from arzoo import registry

if TYPE_CHECKING:
    from arzoo.data import Dataset
    from arzoo.model import AutoregressiveModel


def load_for(
    model: "AutoregressiveModel", id: str, split: str, root: Path | None, *, resample: bool = False
) -> "Dataset":
    """Load a split that fits a model; what does not say its levels, such as a folder or a text, gets the model's.

    Args:
        model: The model.
        id: Of the data set, as `load_dataset` takes it.
        split: Which split.
        root: The data root, for registered data sets.
        resample: Whether sounds of another rate than the model's are resampled.

    Raises:
        DataError: There is no such data set or split, or it is not here, or its levels stand for something else.
        ShapeError: Its items are no events of the model.
        ContextError: The model needs a context that it has not.
    """
    from arzoo.data import load_dataset
    from arzoo.evaluation import check_fit

    num_levels = None if id in registry.datasets() else model.num_levels
    data = load_dataset(id, split, root, num_levels=num_levels, spec=model.data, resample=resample)
    check_fit(model, data)
    return data
