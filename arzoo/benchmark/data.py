"""The data set that a model is measured on, by the name that a user or its own config gives."""

from pathlib import Path
from typing import TYPE_CHECKING

from arzoo import registry
from arzoo.data import load_dataset
from arzoo.errors import ConfigError
from arzoo.evaluation import check_fit

if TYPE_CHECKING:
    from arzoo.checkpoints.config import CheckpointConfig
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
    num_levels = None if id in registry.datasets() else model.num_levels
    data = load_dataset(id, split, root, num_levels=num_levels, spec=model.data, resample=resample)
    check_fit(model, data)
    return data


def trained_on(name: str, config: "CheckpointConfig") -> str:
    """Return the data set that a checkpoint says it was trained on.

    Raises:
        ConfigError: It says nothing.
    """
    recipe = (config.training or {}).get("recipe") or {}
    dataset = recipe.get("data", {}).get("dataset")
    if dataset is None:
        raise ConfigError(
            f"{name} must say what it was trained on, and has no recipe in its config. Use arzoo eval {name} --dataset "
            f"ID; what it writes with --json {name}.likelihood.json stands in a benchmark too."
        )
    return dataset
