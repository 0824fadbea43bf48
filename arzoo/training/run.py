"""A run: the loop around the updates, and what happens between them."""

import copy
import dataclasses
import math
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

import arzoo
from arzoo.data.augmentation import augmented
from arzoo.data.dataset import Dataset
from arzoo.errors import ConfigError
from arzoo.evaluation import evaluate
from arzoo.provenance import environment
from arzoo.training.batches import Batches, ahead
from arzoo.training.display import Show
from arzoo.training.journal import Journal
from arzoo.training.learner import Learner, NatsPerDim
from arzoo.training.meter import Meter, Reading, check_finite
from arzoo.training.models import build_model, initialise_from_data
from arzoo.training.recipes import DataPart, Recipe
from arzoo.training.schedule import learning_rate
from arzoo.training.sheets import draw_sheet
from arzoo.training.snapshots import remove_leftovers, write_snapshot
from arzoo.training.state import State
from arzoo.training.throughput import throughput_of

if TYPE_CHECKING:
    from accelerate import Accelerator


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
        accelerator: "Accelerator",
        out: Path,
        init_from: str | None,
        snapshot: dict[str, Any] | None,
    ) -> None:
        self.recipe, self.settings, self.accelerator, self.out = recipe, recipe.training, accelerator, out
        self.data, self.validation = _cut(data.with_context(recipe.data.context), recipe.data)
        self.batches = self._batches()
        self.state, self.init_from, self.resumed = State(), init_from, snapshot is not None
        self.best: dict[str, Tensor] | None = None
        model = build_model(recipe, data, None if snapshot else init_from)
        if snapshot is None and init_from is None:
            initialise_from_data(model, self.batches.start())
        self.throughput = throughput_of(
            NatsPerDim(model, self.settings.orderings, self.settings.connectivities),
            self.batches.step(0)[0],
            self.settings.precision,
            accelerator.device,
            accelerator.num_processes,
        )
        self.learner = Learner(model, self.settings, accelerator)
        if snapshot is not None:
            self._restore(snapshot)
        self.environment = environment(accelerator.device, accelerator.num_processes)
        self.journal = Journal(out, keep=self.state.step if snapshot else -1, writes=accelerator.is_main_process)
        self.timed_before = self.state.timed_items, self.state.timed_seconds
        self.meter = Meter(self.batches.items_per_step)

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
        with self.meter.paused():
            self._begin()
        for batches in ahead(self.batches.step, range(self.state.step, self.settings.steps)):
            if self.state.out_of(self.settings.patience):
                break
            self.meter.add(self.learner.update(self.state.step, batches))
            self.state.step += 1
            self._after_update(show)
        with self.meter.paused():
            self._publish()
            self.journal.write("end", self.state.step, **self._speed(), **self._clock())

    def _begin(self) -> None:
        self._zero = time.monotonic() - self.state.seconds
        if self.accelerator.is_main_process:
            remove_leftovers(self.out)
        machine = {**self.environment, **dataclasses.asdict(self.throughput)}
        origin = {**self._origin(), **machine, "recipe": self.recipe.to_config()}
        self.journal.write("resume" if self.resumed else "start", self.state.step, **self._clock(), **origin)
        if not self.resumed:
            self._snapshot()  # from here on the start is in the folder, whatever it was made from

    def _after_update(self, show: Show) -> None:
        events = [
            (self.settings.evaluate_every, self._evaluate),
            (self.settings.sample_every, self._draw_sheet),
            (self.settings.checkpoint_every, self._keep),
        ]
        due = [happen for every, happen in events if self._due(every)]
        log = self._due(self.settings.log_every)
        if due or log or self.meter.due:  # nothing is kept or shown of weights whose loss has not been looked at
            reading = self.meter.look(self.state.step)
            show(self.state.step, reading.nats_per_dim / math.log(2), reading.items_per_second)
        if log:
            self._log(reading)
        with self.meter.paused():
            for happen in due:
                happen()

    def _due(self, every: int) -> bool:
        last = self.state.step == self.settings.steps
        return bool(every) and (last or self.state.step % every == 0)

    def _log(self, reading: Reading) -> None:
        nats = torch.tensor(reading.nats_per_dim, device=self.accelerator.device)
        nats_per_dim = self.accelerator.reduce(nats, "mean").item()
        self.journal.write(
            "step",
            self.state.step,
            **({} if self.data.num_dims is None else {"train_nats_per_item": nats_per_dim * self.data.num_dims}),
            train_bits_per_dim=nats_per_dim / math.log(2),
            gradient_norm=reading.gradient_norm,
            learning_rate=learning_rate(self.state.step - 1, self.settings),
            **self.throughput.figures(reading.items_per_second),
            **self._clock(),
        )
        self.meter.restart()

    def _evaluate(self) -> None:
        """Measure the average on the held-out items, in the arithmetic it is trained in."""
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
        if self.state.compare(found.bits_per_dim) and self.settings.patience:  # nobody asks for the best otherwise
            self.best = {name: weight.clone() for name, weight in self.learner.average.model.state_dict().items()}

    def _draw_sheet(self) -> None:
        if self.accelerator.is_main_process:
            path = self.out / "samples" / f"step-{self.state.step:08d}"
            draw_sheet(self.learner.average.model, self.data, self.settings.samples, path)

    def _keep(self) -> None:
        """Keep weights that are of use: the last update may have ruined them, which only the next loss would tell."""
        weights, average = self.learner.worth(self.batches.step(self.state.step)[0])
        check_finite({"The loss": weights, "The loss of the average": average}, f"after step {self.state.step}")
        self._snapshot()
        self._publish()

    def _snapshot(self) -> None:
        """Write what `_restore` reads."""
        self.state.seconds = time.monotonic() - self._zero
        self.state.timed_items, self.state.timed_seconds = self._timed()
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

    def _timed(self) -> tuple[int, float]:
        """Items and seconds of all lives of the run."""
        items, seconds = self.meter.timed
        return self.timed_before[0] + items, self.timed_before[1] + seconds

    def _speed(self) -> dict[str, float]:
        items, seconds = self._timed()
        return self.throughput.figures(items / max(1e-9, seconds))

    def _provenance(self) -> dict[str, Any]:
        return {
            "recipe": self.recipe.to_config(),
            **self._origin(),
            "step": self.state.best_step if self.best is not None else self.state.step,
            "steps_done": self.state.step,
            "items_seen": self.state.step * self.batches.items_per_step,
            "seed": self.settings.seed,
            "validation_bits_per_dim": self.state.bits_per_dim if self.best is None else self.state.best_bits_per_dim,
            "train_items": len(self.data),
            "averaged": self.settings.ema_decay > 0,
            **self._speed(),
            **dataclasses.asdict(self.throughput),
            **self._clock(),
            **self.environment,
        }

    def _origin(self) -> dict[str, Any]:
        return {"init_from": self.init_from, "processes": self.accelerator.num_processes}

    def _clock(self) -> dict[str, float]:
        return {"wall_time_s": round(time.monotonic() - self._zero, 3)}


def _cut(data: Dataset, part: DataPart) -> tuple[Dataset, Dataset | None]:
    """Hold out the same items whatever the seed of the run, so that runs can be compared; crop or augment the others.

    Raises:
        ConfigError: Clips are to be trained on whole, items of one shape in pieces, or what is no image changed.
    """
    if data.num_dims is None and not part.crop:
        raise ConfigError(
            f"Clips of free length, as those of {data.id}, are trained on in pieces, got data.crop = 0. "
            "Write crop = 4096."
        )
    train, validation = data.hold_out(part.validation) if part.validation else (data, None)
    return augmented(train.cropped(part.crop, part.lead_in) if part.crop else train, part.augment), validation
