"""arzoo: a zoo of autoregressive generative models with a registry of pretrained weights.

Everything below is imported at its first use (PEP 562), so that `import arzoo` and `arzoo list` cost
milliseconds and never import torch.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from arzoo import anomaly as anomaly
    from arzoo import backbones as backbones
    from arzoo import cards as cards
    from arzoo import checkpoints as checkpoints
    from arzoo import codec as codec
    from arzoo import context as context
    from arzoo import data as data
    from arzoo import errors as errors
    from arzoo import evaluation as evaluation
    from arzoo import heads as heads
    from arzoo import metrics as metrics
    from arzoo import nn as nn
    from arzoo import orderings as orderings
    from arzoo import plugins as plugins
    from arzoo import registry as registry
    from arzoo import sampling as sampling
    from arzoo import testing as testing
    from arzoo import training as training
    from arzoo.checkpoints import convert as convert
    from arzoo.checkpoints import load as load
    from arzoo.checkpoints import save as save
    from arzoo.ensemble import Ensemble as Ensemble
    from arzoo.entries import Checkpoint as Checkpoint
    from arzoo.entries import DatasetEntry as DatasetEntry
    from arzoo.entries import File as File
    from arzoo.entries import HeadEntry as HeadEntry
    from arzoo.entries import ModelEntry as ModelEntry
    from arzoo.entries import OrderingEntry as OrderingEntry
    from arzoo.entries import Paper as Paper
    from arzoo.entries import PublishedResult as PublishedResult
    from arzoo.errors import ArchiveError as ArchiveError
    from arzoo.errors import ArzooError as ArzooError
    from arzoo.errors import CheckpointError as CheckpointError
    from arzoo.errors import ConfigError as ConfigError
    from arzoo.errors import ContextError as ContextError
    from arzoo.errors import DataError as DataError
    from arzoo.errors import DuplicateModelError as DuplicateModelError
    from arzoo.errors import MemoryLimitError as MemoryLimitError
    from arzoo.errors import PluginError as PluginError
    from arzoo.errors import PublishError as PublishError
    from arzoo.errors import ShapeError as ShapeError
    from arzoo.errors import TrainingError as TrainingError
    from arzoo.errors import UnknownModelError as UnknownModelError
    from arzoo.factory import create as create
    from arzoo.hookcalls import API_VERSION as API_VERSION
    from arzoo.hookspecs import hookimpl as hookimpl
    from arzoo.model import AutoregressiveModel as AutoregressiveModel
    from arzoo.packaged import locked_checkpoints as locked_checkpoints
    from arzoo.packaged import packaged_recipes as packaged_recipes
    from arzoo.publishing import push_to_hub as push_to_hub
    from arzoo.registry import info as info
    from arzoo.registry import list_models as list_models

    __version__: str

_NAMES = {
    "arzoo.checkpoints": ("convert", "load", "save"),
    "arzoo.ensemble": ("Ensemble",),
    "arzoo.entries": (
        "Checkpoint",
        "DatasetEntry",
        "File",
        "HeadEntry",
        "ModelEntry",
        "OrderingEntry",
        "Paper",
        "PublishedResult",
    ),
    "arzoo.errors": (
        "ArchiveError",
        "ArzooError",
        "CheckpointError",
        "ConfigError",
        "ContextError",
        "DataError",
        "DuplicateModelError",
        "MemoryLimitError",
        "PluginError",
        "PublishError",
        "ShapeError",
        "TrainingError",
        "UnknownModelError",
    ),
    "arzoo.factory": ("create",),
    "arzoo.hookcalls": ("API_VERSION",),
    "arzoo.hookspecs": ("hookimpl",),
    "arzoo.model": ("AutoregressiveModel",),
    "arzoo.packaged": ("locked_checkpoints", "packaged_recipes"),
    "arzoo.publishing": ("push_to_hub",),
    "arzoo.registry": ("info", "list_models"),
}
_MODULES = (
    "anomaly",
    "backbones",
    "cards",
    "checkpoints",
    "codec",
    "context",
    "data",
    "errors",
    "evaluation",
    "heads",
    "metrics",
    "nn",
    "orderings",
    "plugins",
    "registry",
    "sampling",
    "testing",
    "training",
)
_HOME = {name: module for module, names in _NAMES.items() for name in names}


def __getattr__(name: str) -> object:
    """Import a public name where it is first used."""
    if name == "__version__":
        return import_module("importlib.metadata").version("arzoo")
    if name in _MODULES:
        return import_module(f"arzoo.{name}")
    if name not in _HOME:
        from arzoo.errors import did_you_mean

        raise AttributeError(f"module 'arzoo' has no attribute {name!r}.{did_you_mean(name, __dir__())}")
    value = getattr(import_module(_HOME[name]), name)
    globals()[name] = value  # the next look-up does not come here
    return value


def __dir__() -> list[str]:
    return sorted([*_HOME, *_MODULES])
