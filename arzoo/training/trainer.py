"""A run: the loop around the updates, and what happens between them."""

import copy
import dataclasses
import math
import time
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

import arzoo
from arzoo.data.dataset import Dataset
from arzoo.data.loading import load_dataset
from arzoo.evaluation import evaluate
from arzoo.training.acceleration import accelerator_for, reproducible
from arzoo.training.batches import Batches, ahead
from arzoo.training.display import Show, display
from arzoo.training.journal import Journal
from arzoo.training.learner import Learner
from arzoo.training.meter import Meter
from arzoo.training.models import build_model, initialise_from_data
from arzoo.training.provenance import environment
from arzoo.training.recipes import Recipe
from arzoo.training.schedule import learning_rate
from arzoo.training.sheets import draw_sheet
from arzoo.training.snapshots import remove_leftovers, snapshot_to_resume, write_snapshot


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
    `log.jsonl`, `samples/step-....png` and `snapshot.pt`, from which a killed run goes on: on a CPU in float32
    to the same weights, to the bit, that an undisturbed run ends in.

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
        ConfigError: If accelerate is missing, the parts do not fit, or `out` holds another run.
        CheckpointError: If a snapshot cannot be read or written.
        DataError: If the data set is not there.
        TrainingError: If loss or gradient stop being numbers; the step is named and the snapshot before it kept.
    """
    out = Path(out)
    accelerator = accelerator_for(recipe.training)
    processes = accelerator.num_processes
    snapshot = snapshot_to_resume(out, recipe, resume=resume, init_from=init_from, processes=processes)
    data = load_dataset(recipe.data.dataset, "train", root=data_root, num_levels=recipe.data.num_levels or None)
    out.mkdir(parents=True, exist_ok=True)
    with reproducible(accelerator.device):
        torch.manual_seed(recipe.training.seed)
        run = Run(recipe, data, accelerator, out, init_from, snapshot)
        with display(recipe.name, recipe.training.steps, wanted=progress and accelerator.is_main_process) as show:
            run.go(show)
    return out


@dataclasses.dataclass
class State:
    """How far a run is: the part of a snapshot that is no tensor.

    Attributes:
        step: Updates done.
        seconds: Wall time spent on them, over all resumes.
        best_bits_per_dim: The lowest validation figure so far.
        best_step: When it was measured.
        stale: Evaluations since then.
    """

    step: int = 0
    seconds: float = 0.0
    best_bits_per_dim: float = math.inf
    best_step: int = 0
    stale: int = 0


class Run:
    """One training, on one of its processes.

    Args:
        recipe: What to train, and how.
        data: The training split.
        accelerator: Owner of device, precision and gradients.
        out: The run's folder.
        init_from: The checkpoint whose weights are the start, or None.
        snapshot: Where to go on from, or None.
    """

    def __init__(
        self,
        recipe: Recipe,
        data: Dataset,
        accelerator: Any,
        out: Path,
        init_from: str | None,
        snapshot: dict[str, Any] | None,
    ) -> None:
        self.recipe, self.settings, self.accelerator, self.out = recipe, recipe.training, accelerator, out
        self.data, self.validation = _cut(data.with_context(recipe.data.context), recipe.data.validation)
        self.batches = self._batches()
        self.state, self.init_from = State(), init_from
        self.best: dict[str, Tensor] | None = None
        model = build_model(recipe, data, None if snapshot else init_from)
        if snapshot is None and init_from is None:
            initialise_from_data(model, self.batches.step(0)[0])
        self.learner = Learner(model, self.settings, accelerator)
        if snapshot is not None:
            self._restore(snapshot)
        self.meter = Meter(self.batches.images_per_step)
        self.environment = environment(accelerator.device, accelerator.num_processes)
        self.journal = Journal(out, keep=self.state.step, writes=accelerator.is_main_process)

    def _batches(self) -> Batches:
        return Batches(
            self.data,
            self.settings.batch_size,
            accumulate=self.settings.accumulate,
            seed=self.settings.seed,
            processes=self.accelerator.num_processes,
            rank=self.accelerator.process_index,
        )

    def go(self, show: Show) -> None:
        """Train until the last step or until patience runs out, and leave the checkpoint."""
        self._begin()
        for batches in ahead(self.batches.step, range(self.state.step, self.settings.steps)):
            if self._out_of_patience:
                break
            self.meter.add(self.learner.update(self.state.step, batches))
            self.state.step += 1
            self._after_update(show)
        self._publish()
        self.journal.write("end", self.state.step, **self._clock())

    def _begin(self) -> None:
        self._zero = time.monotonic() - self.state.seconds
        if self.accelerator.is_main_process:
            remove_leftovers(self.out)
        event = "resume" if self.state.step else "start"
        origin = {**self._origin(), **self.environment, "recipe": self.recipe.to_config()}
        self.journal.write(event, self.state.step, **self._clock(), **origin)
        if not self.state.step:
            self._snapshot()  # from here on the start is in the folder, whatever it was made from
        self.meter.restart()

    def _after_update(self, show: Show) -> None:
        events = [
            (self.settings.log_every, self._log),
            (self.settings.evaluate_every, self._evaluate),
            (self.settings.sample_every, self._draw_sheet),
            (self.settings.checkpoint_every, self._keep),
        ]
        due = [happen for every, happen in events if self._due(every)]
        if due or self.meter.due:  # nothing is kept or shown of weights whose loss has not been looked at
            reading = self.meter.look(self.state.step)
            show(self.state.step, reading.nats_per_dim / math.log(2), reading.images_per_second)
        with self.meter.paused():
            for happen in due:
                happen()

    def _due(self, every: int) -> bool:
        last = self.state.step == self.settings.steps
        return bool(every) and (last or self.state.step % every == 0)

    def _log(self) -> None:
        reading = self.meter.look(self.state.step)
        nats = torch.tensor(reading.nats_per_dim, device=self.accelerator.device)
        nats_per_dim = self.accelerator.reduce(nats, "mean").item()
        self.journal.write(
            "step",
            self.state.step,
            train_nats_per_item=nats_per_dim * self.data.num_dims,
            train_bits_per_dim=nats_per_dim / math.log(2),
            gradient_norm=reading.gradient_norm,
            learning_rate=learning_rate(self.state.step - 1, self.settings),
            images_per_second=round(reading.images_per_second, 2),
            **self._clock(),
        )
        self.meter.restart()

    def _evaluate(self) -> None:
        """Measure the average on the held-out images, in the arithmetic it is trained in."""
        if self.validation is None:
            return
        with self.accelerator.autocast():
            found = evaluate(
                self.learner.average.model, self.validation, batch_size=self.settings.batch_size, progress=False
            )
        self.journal.write(
            "validation",
            self.state.step,
            validation_nats_per_item=found.nats,
            validation_bits_per_dim=found.bits_per_dim,
            validation_bits_per_dim_se=found.bits_per_dim_se,
            validation_items=found.count,
            **self._clock(),
        )
        self._compare(found.bits_per_dim)

    def _compare(self, bits_per_dim: float) -> None:
        if bits_per_dim < self.state.best_bits_per_dim:
            self.state.best_bits_per_dim, self.state.best_step, self.state.stale = bits_per_dim, self.state.step, 0
            if self.settings.patience:  # nobody asks for them otherwise
                self.best = {name: weight.clone() for name, weight in self.learner.average.model.state_dict().items()}
        else:
            self.state.stale += 1

    @property
    def _out_of_patience(self) -> bool:
        return bool(self.settings.patience) and self.state.stale >= self.settings.patience

    def _draw_sheet(self) -> None:
        if self.accelerator.is_main_process:
            path = self.out / "samples" / f"step-{self.state.step:08d}.png"
            draw_sheet(self.learner.average.model, self.data, self.settings.samples, path)

    def _keep(self) -> None:
        self._snapshot()
        self._publish()

    def _snapshot(self) -> None:
        """Write what `_restore` reads."""
        self.state.seconds = time.monotonic() - self._zero
        if self.accelerator.is_main_process:
            content = {**self._origin(), "state": dataclasses.asdict(self.state), "best": self.best}
            write_snapshot(self.out, {**content, "recipe": self.recipe.to_config(), **self.learner.state()})
        self.accelerator.wait_for_everyone()

    def _restore(self, snapshot: dict[str, Any]) -> None:
        self.state, self.best, self.init_from = State(**snapshot["state"]), snapshot["best"], snapshot["init_from"]
        self.learner.restore(snapshot)

    def _publish(self) -> None:
        """Make the folder a checkpoint of the averaged weights: the best under patience, else the last."""
        if self.accelerator.is_main_process:
            model = self.learner.average.model
            if self.best is not None:
                model = copy.deepcopy(model)
                model.load_state_dict(self.best)
            arzoo.save(model, self.out, training=self._provenance(), dtype=torch.float32)

    def _provenance(self) -> dict[str, Any]:
        return {
            "recipe": self.recipe.to_config(),
            **self._origin(),
            "step": self.state.best_step if self.best is not None else self.state.step,
            "steps_done": self.state.step,
            "images_seen": self.state.step * self.batches.images_per_step,
            "seed": self.settings.seed,
            "best_validation_bits_per_dim": self.state.best_bits_per_dim if self.state.best_step else None,
            "train_items": len(self.data),
            "averaged": self.settings.ema_decay > 0,
            **self._clock(),
            **self.environment,
        }

    def _origin(self) -> dict[str, Any]:
        return {"init_from": self.init_from, "processes": self.accelerator.num_processes}

    def _clock(self) -> dict[str, float]:
        return {"wall_time_s": round(time.monotonic() - self._zero, 3)}


def _cut(data: Dataset, validation: int) -> tuple[Dataset, Dataset | None]:
    """Hold out the same images whatever the seed of the run, so that runs can be compared."""
    return data.hold_out(validation) if validation else (data, None)
