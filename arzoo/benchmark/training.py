"""How long an update of a training takes: forward, backward, clipping, optimizer and average, as the recipe has it."""

import statistics
from typing import Any

import torch

from arzoo.benchmark.subjects import LENGTH
from arzoo.benchmark.timing import peak_memory
from arzoo.checkpoints import config_of
from arzoo.checkpoints.loading import load
from arzoo.data import Batch
from arzoo.errors import ConfigError
from arzoo.model import AutoregressiveModel
from arzoo.roofline import synchronized
from arzoo.testing.subject import draw_context
from arzoo.training.acceleration import accelerator_for
from arzoo.training.learner import Learner, NatsPerDim
from arzoo.training.recipes import Recipe, recipe_from_config
from arzoo.training.throughput import flops_per_item

WARM = 2
"""Updates that do not count: the first one makes the optimizer's tensors."""


def measure_training(
    name: str, *, device: str | None = None, rounds: int = 10, seconds: float = 20.0
) -> dict[str, Any]:
    """Measure updates of a checkpoint by its own recipe, on random levels.

    Args:
        name: The checkpoint; its weights in memory change, the file does not.
        device: Where it is trained.
        rounds: The most updates that are timed.
        seconds: No further update begins after this time.

    Returns:
        The median update, items a second, operations an item, and operations of the whole training that made the
        weights, as JSON types.

    Raises:
        ConfigError: The checkpoint's config has no recipe, accelerate is missing, or it trains on another device.
    """
    recipe, model = recipe_of(name), load(name, device=device, dtype="float32")
    batch = random_batch(model, recipe)
    settings = recipe.training
    flops = flops_per_item(NatsPerDim(model.cpu(), settings.orderings, settings.connectivities), batch)
    with peak_memory(torch.device(device or "cpu")) as most:
        times = _times(model, recipe, batch, rounds, seconds, device)
    update, items = statistics.median(times), settings.batch_size * settings.accumulate
    seen = (config_of(name).training or {}).get("items_seen") or (config_of(name).training or {}).get("images_seen")
    return {
        "recipe": recipe.name,
        "batch": settings.batch_size,
        "accumulate": settings.accumulate,
        "precision": settings.precision,
        "rounds": len(times),
        "update_seconds": float(f"{update:.4g}"),
        "items_per_second": float(f"{items / update:.4g}"),
        "flops_per_item": round(flops),
        "items_seen": seen,
        "training_flops": round(flops * seen) if seen else None,
        "peak_bytes": most[0],
    }


def recipe_of(name: str) -> Recipe:
    """Return the recipe in a checkpoint's config.

    Raises:
        ConfigError: There is none.
    """
    recipe = (config_of(name).training or {}).get("recipe")
    if not recipe:
        raise ConfigError(
            f"{name} must have a recipe in its config for its training step to be measured, got {recipe!r}. "
            "Train it with `arzoo train`."
        )
    return recipe_from_config(recipe)


def random_batch(model: AutoregressiveModel, recipe: Recipe) -> Batch:
    """Return what one forward pass of a recipe takes, random levels and contexts; clips are as long as its pieces."""
    generator, count = torch.Generator().manual_seed(0), recipe.training.batch_size
    shape = [recipe.data.crop or LENGTH if size is None else size for size in model.event_shape]
    levels = torch.randint(model.num_levels, (count, *shape), generator=generator)
    specs = model.context.items()
    context = {name: draw_context(spec, count, levels[0].numel(), generator) for name, spec in specs}
    return Batch(levels, model.check_context(context or None, count, levels[0].numel()) or {})


def _times(
    model: AutoregressiveModel, recipe: Recipe, batch: Batch, rounds: int, seconds: float, device: str | None
) -> list[float]:
    accelerator = accelerator_for(recipe.training)
    if accelerator.device.type != torch.device(device or accelerator.device).type:
        raise ConfigError(
            f"A training step must be measured where accelerate trains, {accelerator.device.type}, got {device}. "
            "Leave --part training out."
        )
    learner = Learner(model.train(), recipe.training, accelerator)
    times: list[float] = []
    end = synchronized(accelerator.device) + seconds
    while len(times) < WARM + 1 or (len(times) < WARM + rounds and synchronized(accelerator.device) < end):
        start = synchronized(accelerator.device)
        learner.update(len(times), [batch] * recipe.training.accumulate)
        times.append(synchronized(accelerator.device) - start)
    return times[WARM:]
