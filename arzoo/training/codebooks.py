"""The training of a VQ-VAE, which comes before, and apart from, that of the model of its codes."""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor

from arzoo import pictures
from arzoo.data.dataset import Dataset
from arzoo.data.kinds import spec_from_config
from arzoo.data.loading import load_dataset
from arzoo.data.specs import DataSpec
from arzoo.data.storing import SPEC, load_spec, save_spec
from arzoo.data.vqvae import VQVAE, as_floats
from arzoo.errors import ConfigError, DataError
from arzoo.progress import progress_bar
from arzoo.provenance import environment
from arzoo.training.acceleration import keep_freed_memory, on_threads, reproducible
from arzoo.training.batches import Batches
from arzoo.training.ema import decay_at
from arzoo.training.journal import Journal
from arzoo.training.spec_recipes import SpecRecipe, SpecTraining

COLUMNS, SHOWN = 10, 40  # images on the sheet of reconstructions
DEAD = 0.05  # of an equal share of the vectors: an entry that gets less is set to a vector of the batch


def spec_of(name: str) -> DataSpec:
    """Return the data spec that a recipe's `data.spec` names.

    Args:
        name: A folder that `train_spec` wrote, or a checkpoint, as `arzoo.load` takes it, of which the spec is taken.

    Raises:
        ConfigError: The checkpoint has no data spec.
        UnknownModelError: There is neither a folder nor a checkpoint of that name.
    """
    import arzoo

    if (Path(name) / SPEC).is_file():
        return load_spec(name)
    spec = arzoo.load(name).data
    if spec is None:
        raise ConfigError(f"`data.spec` must name what has a data spec, got {name!r}, which has none. Leave it out.")
    return spec


def train_spec(
    recipe: SpecRecipe, *, out: str | Path, data_root: str | Path | None = None, progress: bool = True
) -> Path:
    """Train a data spec and leave it in a folder, for `[data] spec` of its prior's recipe.

    Beside it lie `log.jsonl` and `reconstructions.png`: images, and under each what its codes give back.

    Args:
        recipe: What to train on what, and how; see `load_recipe`.
        out: The folder.
        data_root: A folder that holds the data sets, instead of the Hub.
        progress: Show a bar on a terminal.

    Returns:
        The folder, which `arzoo.data.load_spec` reads.

    Raises:
        ConfigError: The folder holds a spec, or the recipe asks for one that is not learned.
        DataError: The data set is not there, or holds no images.
        ShapeError: Its images are not of a size that the spec takes.
    """
    out = Path(out)
    if (out / SPEC).exists():
        raise ConfigError(f"{out} must hold no data spec yet, got one of an earlier training. Use another --out.")
    data = load_dataset(recipe.data.dataset, "train", root=data_root)
    keep_freed_memory()
    with reproducible(torch.device("cpu")), on_threads(recipe.training.threads):
        torch.manual_seed(recipe.training.seed)
        first = _pixels(data, data.batch(range(min(SHOWN, len(data)))).x)
        spec = _fresh(recipe, first.shape[1], len(data))
        spec.check_images(first)
        out.mkdir(parents=True, exist_ok=True)
        _learn(spec, recipe, data, Journal(out, keep=-1), progress)
        _draw_reconstructions(spec, first, out / "reconstructions.png")
    return save_spec(spec, out)


def _learn(spec: VQVAE, recipe: SpecRecipe, data: Dataset, journal: Journal, progress: bool) -> None:
    settings, batches = recipe.training, _batches(data, recipe.training)
    learner = CodebookLearner(spec, settings, _pixels(data, Batches(data, settings.batch_size).start().x))
    journal.write("start", 0, **(spec.training_of or {}))
    with progress_bar(recipe.name, settings.steps, "steps", shown=progress) as show:
        for step, images in enumerate(batches, 1):
            figures = learner.update(images)
            show(step, f"{figures['unexplained']:.2%} of the variance unexplained")
            if step % settings.log_every == 0 or step == settings.steps:
                journal.write("step", step, **figures)
    spec.requires_grad_(False)


class CodebookLearner:
    """A VQ-VAE while it learns: its networks by gradients, the entries as moving averages of what they stand for.

    Args:
        spec: Whose weights learn.
        settings: The recipe's `[training]` section.
        images: A first batch, uint8 (B, C, H, W): the entries begin as vectors of it, and by the variance of its values
            the squared error is measured.

    Attributes:
        counts: Moving average of how many vectors an entry stands for, (K,).
        sums: Moving average of their sum, (K, D).

    References:
        van den Oord, Vinyals, Kavukcuoglu 2017, equation 3 and appendix A.1; entries that die are set anew as in
        Dhariwal et al., "Jukebox", 2020, section 3.1.
    """

    def __init__(self, spec: VQVAE, settings: SpecTraining, images: Tensor) -> None:
        self.spec, self.settings = spec.requires_grad_(True), settings
        self.variance, self.updates = as_floats(images).var().item(), 0
        self.optimizer = torch.optim.AdamW(spec.parameters(), settings.learning_rate, weight_decay=0.0, fused=True)
        self.schedule = torch.optim.lr_scheduler.CosineAnnealingLR(self.optimizer, settings.steps)
        with torch.no_grad():
            vectors = _flat(spec.vectors(as_floats(images)))
        self.share = len(vectors) / spec.num_levels  # of the vectors of a batch, were all entries alike
        self.counts, self.sums = torch.empty(spec.num_levels), torch.empty_like(spec.codebook)
        self._set_anew(torch.ones(spec.num_levels, dtype=torch.bool), vectors)

    def update(self, images: Tensor) -> dict[str, float]:
        """Take one step.

        Args:
            images: uint8 (B, C, H, W).

        Returns:
            The part of the images' variance that the codes leave unexplained, and how many codes are in use: the
            exponential of the entropy of their frequencies.
        """
        x = as_floats(images)
        vectors = self.spec.vectors(x)
        codes = self.spec.nearest(vectors.detach())
        entries = self.spec.entries(codes)
        shown = self.spec.decoder(vectors + (entries - vectors).detach())  # the gradient goes straight through
        unexplained = F.mse_loss(shown, x) / self.variance
        (unexplained + self.settings.commitment * F.mse_loss(vectors, entries)).backward()
        self.optimizer.step()
        self.schedule.step()
        self.optimizer.zero_grad()
        in_use = self._move(_flat(vectors.detach()), codes)
        self.updates += 1
        return {"unexplained": unexplained.item(), "codes_in_use": in_use}

    def _move(self, vectors: Tensor, codes: Tensor) -> float:
        """Move the entries to the vectors (N, D) that they stand for, and return how many are in use."""
        chosen = F.one_hot(codes.flatten(), self.spec.num_levels).to(vectors.dtype)
        found, rest = chosen.sum(0), 1 - decay_at(self.updates, self.settings.codebook_decay)  # at first they run
        self.counts.lerp_(found, rest)
        self.sums.lerp_(chosen.T @ vectors, rest)
        self._set_anew(self.counts < DEAD * self.share, vectors)
        return math.exp(torch.special.entr(found / found.sum()).sum().item())

    def _set_anew(self, dead: Tensor, vectors: Tensor) -> None:
        """Make dead entries random vectors, as if each had stood for an equal share of them."""
        drawn = vectors[torch.randint(len(vectors), (int(dead.sum()),))]
        self.counts[dead], self.sums[dead] = self.share, self.share * drawn
        self.spec.codebook.copy_(self.sums / self.counts[:, None])


def _flat(vectors: Tensor) -> Tensor:
    """Vectors (B, D, h, w) as (B * h * w, D)."""
    return vectors.movedim(1, -1).flatten(0, -2)


def _fresh(recipe: SpecRecipe, channels: int, train_items: int) -> VQVAE:
    """The recipe's spec for images of so many channels, which knows how it comes to be."""
    kind = recipe.spec.get("kind")
    if kind != VQVAE.kind:
        raise ConfigError(
            f"recipe {recipe.name!r}: `spec.kind` must be 'vqvae', which alone is trained, got {kind!r}. "
            'Write kind = "vqvae".'
        )
    origin = {"recipe": recipe.to_config(), "train_items": train_items, **environment(torch.device("cpu"))}
    return cast(VQVAE, spec_from_config({**recipe.spec, "channels": channels, "training": origin}))


def _batches(data: Dataset, settings: SpecTraining) -> Iterator[Tensor]:
    """The images of each step, uint8 (B, C, H, W)."""
    batches = Batches(data, settings.batch_size, seed=settings.seed)
    for step in range(settings.steps):
        yield _pixels(data, batches.step(step)[0].x)


def _pixels(data: Dataset, levels: Tensor) -> Tensor:
    """The images that levels stand for.

    Raises:
        DataError: They stand for none.
    """
    if data.spec is None or data.spec.medium != "image":
        raise DataError(f"A VQ-VAE is trained on images, got {data!r}. Use mnist or cifar10, or a folder of images.")
    return data.spec.decode(levels)


def _draw_reconstructions(spec: VQVAE, images: Tensor, path: Path) -> None:
    """Draw images, and under each row what their codes give back."""
    pairs = zip(images.split(COLUMNS), spec.decode(spec.encode(images)).split(COLUMNS), strict=True)
    pictures.save(pictures.sheet(torch.cat([torch.cat(pair) for pair in pairs]), columns=COLUMNS), path)
