"""The model that a recipe asks for, fitted to its data set."""

from typing import Any

import torch
from torch import nn

from arzoo.data.dataset import Batch, Dataset
from arzoo.errors import ConfigError
from arzoo.evaluation import check_fit
from arzoo.model import AutoregressiveModel
from arzoo.training.recipes import Recipe


def build_model(recipe: Recipe, dataset: Dataset, init_from: str | None = None) -> AutoregressiveModel:
    """Build the recipe's model for a data set, with fresh weights or a checkpoint's.

    Args:
        recipe: Its `[model]` section names the builder's arguments; those that it leaves out come from the data set.
        dataset: Gives `event_shape`, `num_levels`, the data spec and the context.
        init_from: What `arzoo.load` takes. Weights that hear of a context which that model is not told stay fresh.

    Returns:
        The model on the CPU. Fresh weights come from torch's global generator.

    Raises:
        ShapeError: If the data set's items are no events of the model.
        ContextError: If the model needs a context that the data set has not.
        ConfigError: If the recipe does not name the model's contexts, or the checkpoint does not fit the model.
    """
    import arzoo

    chosen = dataset.with_context(recipe.data.context)
    arguments = {**_arguments_of(chosen), **recipe.model.arguments}
    model = arzoo.create(recipe.model.architecture, config=recipe.model.config or None, **arguments)
    check_fit(model, dataset)
    if set(model.context) != set(chosen.context):
        raise ConfigError(
            f"recipe {recipe.name!r}: [data] context must name what the model is conditioned on, "
            f"{sorted(model.context)}, got {sorted(chosen.context)}."
        )
    if init_from is not None:
        source = arzoo.load(init_from)
        copy_weights(source, model, init_from, partly=set(source.context) < set(model.context))
    return model


def _arguments_of(dataset: Dataset) -> dict[str, Any]:
    arguments = {"event_shape": dataset.event_shape, "num_levels": dataset.num_levels, "data": dataset.spec}
    return {**arguments, "context": dict(dataset.context)} if dataset.context else arguments


def copy_weights(source: nn.Module, target: nn.Module, name: str, *, partly: bool = False) -> None:
    """Copy every weight of one model into another of the same shape.

    Args:
        source: Where the weights come from.
        target: Where they go.
        name: What the source is called, for the error.
        partly: Whether the target may have weights of its own besides, which stay as they are.

    Raises:
        ConfigError: If a tensor is missing, too many, or of another shape, naming the first.
    """
    theirs, ours = _shapes(source), _shapes(target)
    compared = theirs.keys() if partly else theirs.keys() | ours.keys()
    differing = sorted(key for key in compared if theirs.get(key) != ours.get(key))
    if differing:
        key = differing[0]
        raise ConfigError(
            f"The weights of {name!r} must fit the recipe's model, but `{key}` is {theirs.get(key, 'missing')} there "
            f"and {ours.get(key, 'missing')} here. Put the checkpoint's arguments into [model.arguments]."
        )
    target.load_state_dict(source.state_dict(), strict=not partly)


def _shapes(model: nn.Module) -> dict[str, tuple[int, ...]]:
    return {key: tuple(tensor.shape) for key, tensor in model.state_dict().items()}


def initialise_from_data(model: AutoregressiveModel, batch: Batch) -> None:
    """Show a first batch to a backbone that sets its initial scales by it."""
    initialise = getattr(model.backbone, "init_from_data", None)
    if initialise is not None:
        with torch.no_grad():
            initialise(batch.x, model.check_context(batch.context or None, len(batch.x)))
