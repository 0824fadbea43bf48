"""Recipes of data specs: how the codebook is learned whose codes another recipe's model learns.

    [spec]              [data]               [training]
    kind = "vqvae"      dataset = "mnist"    steps = 3000
    num_levels = 128                         batch_size = 128

What comes out lies in a folder, by whose name the recipe of the model knows it.
"""

import dataclasses
import json
from collections.abc import Mapping
from typing import Any

from arzoo.training.tables import key, read_table


@dataclasses.dataclass(frozen=True)
class SpecData:
    """What it is trained on: the `train` split of a data set of images."""

    dataset: str = key(says="the data set's id")


@dataclasses.dataclass(frozen=True)
class SpecTraining:
    """How it is trained. A step is one update of the weights."""

    steps: int = key(says="number of updates", at_least=1)
    batch_size: int = key(128, says="images an update", at_least=1)
    seed: int = key(0, says="seed of initial weights and order of images", at_least=0, below=2**64)
    learning_rate: float = key(1e-3, says="step size of AdamW, which falls to 0 along half a cosine", above=0)
    commitment: float = key(0.25, says="weight of the distance between vectors and their entries", above=0)
    codebook_decay: float = key(0.99, says="decay an update of the averages that the entries are", at_least=0, below=1)
    threads: int = key(1, says="threads of a CPU (0: torch's choice)", at_least=0)
    log_every: int = key(50, says="updates between two lines of the log", at_least=1)


@dataclasses.dataclass(frozen=True)
class SpecRecipe:
    """The training of a data spec, decided.

    Args:
        name: What it is called, for provenance.
        spec: The `[spec]` section: `kind` and the arguments of that class; what the data set fixes need not be said.
        data: The `[data]` section.
        training: The `[training]` section.
    """

    name: str
    spec: dict[str, Any]
    data: SpecData
    training: SpecTraining

    def to_config(self) -> dict[str, Any]:
        """Return the recipe as JSON types, every default spelt out."""
        return json.loads(json.dumps(dataclasses.asdict(self)))


@dataclasses.dataclass(frozen=True)
class _Sections:
    spec: dict[str, Any]
    data: SpecData
    training: SpecTraining


def read_spec_recipe(name: str, table: Mapping[str, Any]) -> SpecRecipe:
    """Return the recipe in a parsed TOML file that has a section [spec].

    Raises:
        ConfigError: If a key is unknown, missing, of the wrong type or out of range.
    """
    sections = read_table(_Sections, table, source=f"recipe {name!r}")
    return SpecRecipe(name, sections.spec, sections.data, sections.training)
