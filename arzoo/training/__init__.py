"""Recipes, the trainer, averaged weights and resumable runs."""

from arzoo.training.recipes import (
    DataPart,
    ModelPart,
    Recipe,
    TrainingPart,
    load_recipe,
    parse_recipe,
    recipe_from_config,
)
from arzoo.training.trainer import train

__all__ = [
    "DataPart",
    "ModelPart",
    "Recipe",
    "TrainingPart",
    "load_recipe",
    "parse_recipe",
    "recipe_from_config",
    "train",
]
