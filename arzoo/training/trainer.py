"""Train a recipe: from its name to a checkpoint."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from arzoo.data.loading import load_dataset
from arzoo.errors import CheckpointError, ConfigError
from arzoo.training.acceleration import accelerator_for, keep_freed_memory, on_threads, reproducible
from arzoo.training.codebooks import spec_of
from arzoo.training.display import display
from arzoo.training.recipes import Recipe
from arzoo.training.run import Run
from arzoo.training.snapshots import FILE, snapshot_to_resume

if TYPE_CHECKING:
    from accelerate import Accelerator


def train(
    recipe: Recipe,
    *,
    out: str | Path,
    data_root: str | Path | None = None,
    resume: bool = False,
    init_from: str | None = None,
    progress: bool = True,
) -> Path:
    """Train a recipe's model and leave a checkpoint.

    The folder is a checkpoint (`arzoo.load("local-dir:OUT")`) of the averaged weights, and beside it lie
    `log.jsonl`, `samples/step-....png` (`.txt` of a text) and `snapshot.pt`, from which a killed run goes on: on a CPU
    in float32 to the same weights, to the bit, that an undisturbed run ends in.

    Args:
        recipe: What to train on what, and how; see `load_recipe`.
        out: The run's folder.
        data_root: A folder that holds the data sets, instead of the Hub.
        resume: Continue the run that stands in `out`; start where there is none.
        init_from: A checkpoint, as `arzoo.load` takes it, whose weights are the start.
        progress: Show a bar on a terminal, or a line every few seconds elsewhere.

    Returns:
        The folder.

    Raises:
        ConfigError: If accelerate is missing, the parts do not fit, or `out` holds another run, or one that some
            processes do not find.
        CheckpointError: If a snapshot cannot be read, or the folder not written.
        DataError: If the data set is not there.
        TrainingError: If loss or gradient stop being numbers; the step is named and the snapshot before it kept.
    """
    out = Path(out)
    keep_freed_memory()
    accelerator = accelerator_for(recipe.training)
    processes = accelerator.num_processes
    snapshot = snapshot_to_resume(out, recipe, resume=resume, init_from=init_from, processes=processes)
    _check_shared(out, snapshot, accelerator)
    spec = spec_of(recipe.data.spec) if recipe.data.spec else None
    levels = recipe.data.num_levels or None
    data = load_dataset(recipe.data.dataset, "train", root=data_root, num_levels=levels, spec=spec)
    with _writing(out), reproducible(accelerator.device), on_threads(recipe.training.threads):
        out.mkdir(parents=True, exist_ok=True)
        torch.manual_seed(recipe.training.seed)
        run = Run(recipe, data, accelerator, out, init_from, snapshot)
        with display(recipe.name, recipe.training.steps, wanted=progress and accelerator.is_main_process) as show:
            run.go(show)
    return out


def _check_shared(out: Path, snapshot: dict[str, Any] | None, accelerator: "Accelerator") -> None:
    """Refuse a start from which every process would go its own way.

    Raises:
        ConfigError: The processes do not find the same snapshot.
    """
    step = -1 if snapshot is None else snapshot["state"]["step"]
    steps = accelerator.gather(torch.tensor([step], device=accelerator.device)).tolist()
    if len(set(steps)) > 1:
        found = ", ".join("none" if step < 0 else f"step {step}" for step in steps)
        raise ConfigError(
            f"Every process must find the same snapshot in {out}, got {found}. Use a folder that all machines share."
        )


@contextmanager
def _writing(out: Path) -> Iterator[None]:
    """Say in one sentence that the disk is full, or whatever else keeps a file from being written."""
    try:
        yield
    except OSError as error:
        kept = "its last snapshot is whole" if (out / FILE).exists() else "it has no snapshot yet"
        raise CheckpointError(
            f"The run in {out} cannot be written ({error.strerror or error}); {kept}. "
            "Make room and go on with --resume.",
            file=error.filename or out,
        ) from error
