"""Recipes: everything that decides a training, in one TOML file that ships with the plugin.

    [model]                           [data]                       [training]
    architecture = "gatedpixelcnn"    dataset = "binarized-mnist"  steps = 20000
    config = "small"                  context = ["label"]          batch_size = 64
    [model.arguments]                                              learning_rate = 1e-3
    hidden_channels = 48                                           ...

Two runs of one recipe on one machine end in the same weights; the recipe is written into the checkpoint that it made.
"""

import dataclasses
import json
import tomllib
from collections.abc import Iterable, Mapping
from importlib import resources
from pathlib import Path
from typing import Any, Literal

from arzoo.data.augmentation import check_augmentations
from arzoo.errors import ConfigError, did_you_mean
from arzoo.training.spec_recipes import SpecRecipe, read_spec_recipe
from arzoo.training.tables import key, override, read_table


@dataclasses.dataclass(frozen=True)
class ModelPart:
    """Which model is trained; what the data set fixes (`event_shape`, `num_levels`) need not be said."""

    architecture: str = key(says="the architecture's id")
    config: str = key("", says="the named config of the architecture that is built (left out: small, or its first)")
    arguments: dict[str, Any] = dataclasses.field(
        default_factory=dict, metadata={"says": "arguments of the builder, put over the config"}
    )


@dataclasses.dataclass(frozen=True)
class DataPart:
    """What it is trained on: the `train` split of a data set, less the items kept for validation."""

    dataset: str = key(says="the data set's id")
    num_levels: int = key(0, says="levels that a folder of images is rounded to (0: the data set's own)", at_least=0)
    spec: str = key(
        "",
        says="what makes levels of images: a folder in which a data spec was trained, or a checkpoint that has one",
    )
    context: tuple[str, ...] = key((), says="names of the data set's contexts that condition the model")
    crop: int = key(
        0, says="symbols of the random pieces that clips of free length are trained in (0: items are whole)", at_least=0
    )
    lead_in: int = key(
        0,
        says="symbols at the head of a piece from within a clip that are only its past: best the receptive field",
        at_least=0,
    )
    augment: tuple[str, ...] = key(
        (), says="changes of training images, each made to half of them, anew every epoch: flip, left to right"
    )
    validation: int = key(
        0, says="training items held out to evaluate on; of a lone text, its last symbols (0: none)", at_least=0
    )


@dataclasses.dataclass(frozen=True)
class TrainingPart:
    """How it is trained. A step is one update of the weights; 0 turns off whatever can be turned off."""

    steps: int = key(says="number of updates", at_least=1)
    batch_size: int = key(64, says="items a forward pass on each process", at_least=1)
    accumulate: int = key(1, says="forward passes whose gradients are averaged into one update", at_least=1)
    seed: int = key(
        0, says="seed of initial weights, order of items, random draws and dropout", at_least=0, below=2**64
    )

    learning_rate: float = key(1e-3, says="highest step size of AdamW", above=0)
    warmup_steps: int = key(0, says="updates over which the step size rises in a line from 0", at_least=0)
    decay: Literal["cosine", "none"] = key("cosine", says="how the step size falls after the warm-up")
    final_learning_rate: float = key(0.0, says="step size of the last update under decay", at_least=0)
    weight_decay: float = key(0.0, says="AdamW's decay of all weights of two dimensions or more", at_least=0)
    betas: tuple[float, float] = key((0.9, 0.999), says="AdamW's decays of the two moments", at_least=0, below=1)
    clip_norm: float = key(
        1.0, says="largest norm of the gradient of nats per dimension, longer ones are scaled (0: any)", at_least=0
    )
    ema_decay: float = key(0.999, says="decay an update of the averaged weights (0: no averaging)", at_least=0, below=1)

    orderings: int = key(
        1,
        says="orderings trained in turn, one an update: the model's own and random ones (more than steps: always new)",
        at_least=1,
    )
    connectivities: int = key(
        1, says="connectivities of hidden units trained in turn, likewise: 32 of both are 32 masks", at_least=1
    )

    precision: Literal["float32", "bf16", "float64"] = key(
        "float32", says="arithmetic of the backbone; heads keep 32 bits"
    )
    channels_last: bool = key(False, says="whether image tensors lie channels last in memory")
    threads: int = key(
        0, says="threads of a CPU; a small network is done before a second one is awake (0: torch's choice)", at_least=0
    )
    compile: bool = key(False, says="whether the backbone goes through torch.compile")
    fused: bool = key(True, says="whether AdamW runs as one kernel")

    log_every: int = key(50, says="updates between two lines of the log", at_least=1)
    evaluate_every: int = key(
        500, says="updates between two evaluations on the validation items (0: never)", at_least=0
    )
    sample_every: int = key(1000, says="updates between two sheets of samples (0: never)", at_least=0)
    samples: int = key(40, says="samples on a sheet", at_least=1)
    checkpoint_every: int = key(500, says="updates between two snapshots to resume from", at_least=1)
    patience: int = key(
        0,
        says="evaluations without improvement after which training stops and the best weights win (0: never)",
        at_least=0,
    )


@dataclasses.dataclass(frozen=True)
class Recipe:
    """A whole training, decided.

    Args:
        name: What it is called, for provenance.
        model: The `[model]` section.
        data: The `[data]` section.
        training: The `[training]` section.
    """

    name: str
    model: ModelPart
    data: DataPart
    training: TrainingPart

    def __post_init__(self) -> None:
        training = self.training
        check_augmentations(self.data.augment)
        if training.warmup_steps > training.steps:
            raise ConfigError(
                f"{self.name}: `training.warmup_steps` must be at most training.steps = {training.steps}, "
                f"got {training.warmup_steps}."
            )
        if training.final_learning_rate > training.learning_rate:
            raise ConfigError(
                f"{self.name}: `training.final_learning_rate` must be at most training.learning_rate = "
                f"{training.learning_rate}, got {training.final_learning_rate}."
            )
        variants = max(training.orderings, training.connectivities)
        if training.compile and variants > 1:
            raise ConfigError(
                f"{self.name}: `training.compile` must be false where masks change from update to update, got true "
                f"with {variants} of them. Write compile = false."
            )
        if training.patience and not (self.data.validation and training.evaluate_every):
            raise ConfigError(
                f"{self.name}: `training.patience` = {training.patience} needs items to evaluate on, got "
                f"data.validation = {self.data.validation} and training.evaluate_every = {training.evaluate_every}. "
                "Write data.validation = 500."
            )

    def to_config(self) -> dict[str, Any]:
        """Return the recipe as JSON types, every default spelt out."""
        return json.loads(json.dumps(dataclasses.asdict(self)))


@dataclasses.dataclass(frozen=True)
class _Sections:
    model: ModelPart
    data: DataPart
    training: TrainingPart


def load_recipe(name_or_path: str | Path, overrides: Iterable[str] = ()) -> Recipe | SpecRecipe:
    """Read a recipe of the zoo by its name, or any other by the path of its file.

    Args:
        name_or_path: A recipe's name (`gatedpixelcnn-mnist`), or a path that ends in `.toml`.
        overrides: Texts `section.key=value` that win over the file.

    Returns:
        The recipe, checked: of a model, or, where the file has a section [spec], of a data spec.

    Raises:
        ConfigError: If there is no such recipe, it is no TOML, or a key is unknown, missing, of the
            wrong type or out of range.
    """
    name = str(name_or_path)
    if not name.endswith(".toml"):
        return parse_recipe(_packaged_text(name), overrides, name=name)
    path = Path(name_or_path)
    if not path.is_file():
        raise ConfigError(
            f"A recipe must be a file, got {name!r}, which is not there. Name a file or one of the zoo's recipes."
        )
    return parse_recipe(path.read_text(encoding="utf-8"), overrides, name=path.stem)


def parse_recipe(text: str, overrides: Iterable[str] = (), *, name: str) -> Recipe | SpecRecipe:
    r"""Read a recipe from TOML text.

    Example:
        >>> text = '[model]\narchitecture = "made"\n[data]\ndataset = "digits"\n[training]\nsteps = 10'
        >>> parse_recipe(text, ["training.steps=20"], name="made-digits").training.steps
        20
    """
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"The recipe {name!r} must be TOML, but it does not parse: {error}.") from error
    table = override(table, overrides)
    return read_spec_recipe(name, table) if "spec" in table else _recipe(name, table)


def recipe_from_config(config: Mapping[str, Any]) -> Recipe:
    """Return the recipe whose `to_config` was written into a snapshot or a checkpoint.

    Keys that are younger than the file take their defaults, under which everything is as it was before them.

    Args:
        config: `name` and the three sections.

    Raises:
        ConfigError: If a key is unknown, missing, of the wrong type or out of range.
    """
    return _recipe(config["name"], {section: table for section, table in config.items() if section != "name"})


def _recipe(name: str, table: Mapping[str, Any]) -> Recipe:
    sections = read_table(_Sections, table, source=f"recipe {name!r}")
    return Recipe(name, sections.model, sections.data, sections.training)


def _packaged_text(name: str) -> str:
    from arzoo import registry

    known = {recipe: where for entry in registry.models().values() for recipe, where in entry.recipes.items()}
    if name not in known:
        raise ConfigError(
            f"Unknown recipe {name!r}.{did_you_mean(name, known)} The zoo has {len(known)} recipes; "
            "a file of your own ends in .toml."
        )
    package, _, file = known[name].partition(":")
    return resources.files(package).joinpath(file).read_text(encoding="utf-8")
