"""Data sets for a model, as the command line names them."""

from pathlib import Path
from typing import TYPE_CHECKING

from arzoo import registry

if TYPE_CHECKING:
    from arzoo.data import Dataset
    from arzoo.model import AutoregressiveModel


def load_for(model: "AutoregressiveModel", id: str, split: str, root: Path | None) -> "Dataset":
    """Load a split that fits a model; a folder or an array, which do not say their levels, gets the model's.

    Raises:
        DataError: There is no such data set or split, or it is not here.
        ShapeError: Its items are no events of the model.
        ContextError: The model needs a context that it has not.
    """
    from arzoo.data import load_dataset
    from arzoo.evaluation import check_fit

    num_levels = None if id in registry.datasets() else model.num_levels
    data = load_dataset(id, split, root, num_levels=num_levels)
    check_fit(model, data)
    return data
