"""One update of the weights: forward, backward, clip, step, average."""

import math
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from arzoo.data.dataset import Batch
from arzoo.ensemble import variant
from arzoo.model import AutoregressiveModel
from arzoo.sampling import evaluating
from arzoo.training.acceleration import seed_step
from arzoo.training.ema import AveragedModel
from arzoo.training.recipes import TrainingPart
from arzoo.training.schedule import learning_rate

if TYPE_CHECKING:
    from accelerate import Accelerator


class NatsPerDim(nn.Module):
    """What is minimised: -log p(x) in nats per dimension, averaged over a batch.

    Per dimension, so that one `clip_norm` means the same for digits of 64 pixels and for photographs of 3,072 values.
    A module of its own because accelerate puts precision and the synchronisation of gradients around `forward`.

    Args:
        model: Whose likelihood.
        orderings: How many orderings of it are trained, with the same weights.
        connectivities: How many connectivities.
    """

    def __init__(self, model: AutoregressiveModel, orderings: int = 1, connectivities: int = 1) -> None:
        super().__init__()
        self.model, self.orderings, self.connectivities = model, orderings, connectivities

    def forward(
        self, x: Tensor, context: dict[str, Tensor] | None, counted: Tensor, step: int, among: Tensor | None = None
    ) -> Tensor:
        """Return the nats per dimension of levels (B, *event_shape) in the turn's ordering, a scalar.

        Whose turn it is follows from the update alone, so that all processes and forward passes of it agree, and a
        resumed run goes on where it was.

        Args:
            x: Levels (B, *event_shape).
            context: Value of each context, or None.
            counted: Which symbols are no padding, booleans that broadcast to the shape of `x`.
            step: Which update.
            among: Symbols to divide by, an integer scalar; those of `x` that count, where not given.
        """
        model = variant(self.model, step, self.orderings, self.connectivities)
        counted = counted.expand(x.shape)
        return -model.position_log_prob(x, context).where(counted, 0).sum() / (
            counted.sum() if among is None else among
        )


class Learner:
    """A model, its average and its optimizer: all that an update changes.

    Args:
        model: What is trained.
        settings: The recipe's `[training]` section.
        accelerator: Owner of device, precision and gradients.
    """

    def __init__(self, model: AutoregressiveModel, settings: TrainingPart, accelerator: "Accelerator") -> None:
        self.settings, self.accelerator = settings, accelerator
        self.model = _laid_out(model, settings)
        objective = NatsPerDim(self.model, settings.orderings, settings.connectivities)
        self.loss_nats, self.optimizer = accelerator.prepare(objective, adamw(self.model, settings))
        self.average = AveragedModel(self.model, settings.ema_decay)
        if settings.compile:  # the network alone: the checks around it depend on values and would break its graph
            self.model.backbone.compile()

    def update(self, step: int, batches: list[Batch]) -> Tensor:
        """Take one step.

        Nothing here waits for the device: the figures are read later, many at once.

        Args:
            step: Which update, from 0; decides step size, ordering, dropout and the reach of the average.
            batches: One for each forward pass.

        Returns:
            Nats per dimension, averaged over this process's batches, and the norm of their gradient before it is
            clipped: (2,).
        """
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate(step, self.settings)
        seed_step(self.settings.seed, step, self.accelerator.process_index)
        nats, among = [], self._symbols(batches)
        for batch in batches:
            with self.accelerator.accumulate(self.loss_nats):  # lets gradients meet and the optimizer step at the last
                nats.append(self._backward(batch, step, among))
                if self.accelerator.sync_gradients:
                    norm = self._clip()
                self.optimizer.step()
                self.optimizer.zero_grad()
        self.average.update(self.model, step)
        return torch.stack([torch.stack(nats).mean(), norm])

    def _symbols(self, batches: list[Batch]) -> Tensor:
        """Count the symbols that an update is a mean over: shares of clips differ in them, and each weighs alike."""
        own = sum(int(batch.counted.expand(batch.x.shape).sum()) for batch in batches)
        return self.accelerator.reduce(torch.tensor(own, device=self.accelerator.device), "sum")

    def _backward(self, batch: Batch, step: int, among: Tensor) -> Tensor:
        """Return the batch's nats, so weighted that the mean over all passes and processes is that of the symbols."""
        device, passes = self.accelerator.device, self.settings.accumulate * self.accelerator.num_processes
        context = {name: value.to(device, non_blocking=True) for name, value in batch.context.items()}
        x, counted = (each.to(device, non_blocking=True) for each in (batch.x, batch.counted))
        nats = passes * self.loss_nats(x, context or None, counted, step, among)
        self.accelerator.backward(nats)
        return nats.detach()

    def _clip(self) -> Tensor:
        longest = self.settings.clip_norm or math.inf
        return self.accelerator.clip_grad_norm_(self.model.parameters(), longest)

    def worth(self, batch: Batch) -> list[float]:
        """Return the nats per dimension of a batch under the weights and under their average, without learning."""
        device, context = self.accelerator.device, batch.context or None
        found = []
        for model in (self.model, self.average.model):
            with evaluating(model), torch.inference_mode(), self.accelerator.autocast():
                nats = -model.position_log_prob(batch.x.to(device), context).where(batch.counted.to(device), 0)
            found.append(nats.mean().item())
        return found

    def state(self) -> dict[str, Any]:
        """Return everything that an update depends on."""
        return {
            "model": self.model.state_dict(),
            "average": self.average.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go back to a state that `state` returned."""
        self.model.load_state_dict(state["model"])
        self.average.model.load_state_dict(state["average"])
        self.optimizer.load_state_dict(state["optimizer"])


def adamw(model: nn.Module, settings: TrainingPart) -> torch.optim.AdamW:
    """Return AdamW that decays weights of two dimensions or more, and leaves biases and gains alone.

    References:
        Loshchilov and Hutter 2019, Decoupled Weight Decay Regularization, algorithm 2.
    """
    parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
    weights = {"params": [each for each in parameters if each.ndim >= 2], "weight_decay": settings.weight_decay}
    others = {"params": [each for each in parameters if each.ndim < 2], "weight_decay": 0.0}
    groups = [group for group in (weights, others) if group["params"]]
    return torch.optim.AdamW(groups, lr=settings.learning_rate, betas=settings.betas, fused=settings.fused)


def _laid_out(model: AutoregressiveModel, settings: TrainingPart) -> AutoregressiveModel:
    """Put the weights into the dtype and memory order of the recipe."""
    if settings.precision == "float64":
        model = model.double()
    if settings.channels_last:
        model = model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return model.train()
