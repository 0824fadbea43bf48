"""Recipes, the trainer, averaged weights and resumable runs."""

from arzoo.training.codebooks import train_spec
from arzoo.training.recipes import (
    DataPart,
    ModelPart,
    Recipe,
    TrainingPart,
    load_recipe,
    parse_recipe,
    recipe_from_config,
)
from arzoo.training.spec_recipes import SpecRecipe
from arzoo.training.trainer import train

__all__ = [
    "DataPart",
    "ModelPart",
    "Recipe",
    "SpecRecipe",
    "TrainingPart",
    "load_recipe",
    "parse_recipe",
    "recipe_from_config",
    "train",
    "train_spec",
]
