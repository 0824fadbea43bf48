"""Exact likelihood of a model over a data set, on one process or many."""

import json
import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torch import distributed as dist

from arzoo.data import Dataset
from arzoo.errors import ContextError, ShapeError, check_count
from arzoo.metrics import BitsPerDim, NegativeLogLikelihood
from arzoo.progress import progress_bar
from arzoo.sampling import evaluating

if TYPE_CHECKING:
    from arzoo.ensemble import Ensemble
    from arzoo.model import AutoregressiveModel


@dataclass(frozen=True)
class Likelihood:
    """The likelihood of a data set under a model, and what it was measured on.

    Attributes:
        nats: Mean negative log-likelihood of an item.
        nats_se: Standard error of that mean over items; NaN for a single item.
        bits_per_dim: The same in bits per dimension.
        bits_per_dim_se: Its standard error.
        count: Items measured.
        dims: Dimensions of an item.
        dataset: Id of the data set.
        split: Which split.
        digest: Identity of the items measured, see `arzoo.data.split_digest`; the split's, where all were.
    """

    nats: float
    nats_se: float
    bits_per_dim: float
    bits_per_dim_se: float
    count: int
    dims: int
    dataset: str
    split: str
    digest: str

    def __str__(self) -> str:
        bits = f"{self.bits_per_dim:.4f} ± {self.bits_per_dim_se:.4f} bits/dim"
        return f"{bits}, {self.nats:.2f} ± {self.nats_se:.2f} nats ({self.dataset} {self.split}, {self.count} items)"

    def to_json(self) -> str:
        """Return a JSON object of these fields; a figure that is not finite is null, since JSON has none."""
        fields = {name: _finite(value) for name, value in asdict(self).items()}
        return json.dumps(fields, indent=2, allow_nan=False)


def evaluate(
    model: "AutoregressiveModel | Ensemble",
    dataset: Dataset,
    *,
    batch_size: int = 100,
    limit: int | None = None,
    progress: bool = True,
) -> Likelihood:
    """Measure the exact likelihood of every item of a data set once.

    Runs where the model is. Under `torch.distributed` each process takes its share of the items, none twice, and all
    return the figure of the whole.

    Args:
        model: The model, or an ensemble of models; its own context is taken from the data set.
        dataset: A split that fits it.
        batch_size: Items a forward pass.
        limit: Measure this many items only, evenly spread over the split; all of them where not given.
        progress: Show a bar with the figure so far, on a terminal.

    Returns:
        The likelihood, with its standard error and the split's identity.

    Raises:
        ShapeError: The items have another shape or other levels than the model's.
        ContextError: The model needs a context that the data set has not.
        ConfigError: `batch_size` or `limit` is not positive.

    References:
        van den Oord et al., "Pixel Recurrent Neural Networks", 2016, section 5.1.
    """
    check_fit(model, dataset)
    told = dataset.with_context(list(model.context))
    measured = told if limit is None else told.subset(_spread(len(told), check_count("limit", limit)))
    nats, bits = _metrics(model.device, dataset.num_dims)
    batches = _share(len(measured)).split(check_count("batch_size", batch_size))
    bar = progress_bar("evaluating", len(batches), "batches", shown=progress)
    with bar as show, evaluating(model), torch.inference_mode():
        for done, indices in enumerate(batches, 1):
            log_prob = _log_prob(model, measured, indices)
            nats.update(log_prob)
            bits.update(log_prob)
            # `bits.compute()` would wait for the other processes, which are at other batches
            show(done, f"{bits.local_mean():.4f} bits/dim")
    return _likelihood(nats, bits, measured)


def check_fit(model: "AutoregressiveModel | Ensemble", dataset: Dataset) -> None:
    """Refuse a data set whose items are no events of the model, or lack a context it needs.

    Raises:
        ShapeError: Shape or number of levels differ.
        ContextError: The model needs a context that the data set has not.
    """
    shape, levels = dataset.event_shape, dataset.num_levels
    if not _same_shape(model.event_shape, shape) or model.num_levels != levels:
        raise ShapeError(
            f"A data set for {model.title} must have items of shape {model.event_shape} and {model.num_levels} levels, "
            f"got {shape} and {levels} from {dataset.id}. "
            f"Use a model made for it: arzoo.create(..., event_shape={shape}, num_levels={levels})."
        )
    missing = [name for name in model.context if name not in dataset.available]
    if missing:
        has = ", ".join(dataset.available) or "none"
        raise ContextError(
            f"{model.title} needs the context {', '.join(missing)}, {dataset.id} has {has}. "
            "Use another data set, or a model without context."
        )


def _same_shape(wanted: tuple[int | None, ...], came: tuple[int, ...]) -> bool:
    """Return whether an item is an event; a free length, None, takes any."""
    return len(wanted) == len(came) and all(size in (None, other) for size, other in zip(wanted, came, strict=True))


def _log_prob(model: "AutoregressiveModel | Ensemble", dataset: Dataset, indices: Tensor) -> Tensor:
    x, context = dataset.batch(indices)
    return model.log_prob(x.to(model.device), context or None)


def _spread(count: int, limit: int) -> Tensor:
    """Return `limit` positions at even steps: the first part of a split is seldom like the rest of it."""
    return torch.arange(min(limit, count)) * count // min(limit, count)


def _share(count: int) -> Tensor:
    """Return the positions that this process measures: every n-th of them, so that each is measured once."""
    several = dist.is_available() and dist.is_initialized()
    rank, processes = (dist.get_rank(), dist.get_world_size()) if several else (0, 1)
    return torch.arange(rank, count, processes)


def _metrics(device: torch.device, num_dims: int) -> tuple[NegativeLogLikelihood, BitsPerDim]:
    """Return metrics where the process group can add them up; Apple's devices have no float64."""
    place = "cpu" if device.type == "mps" else device
    return NegativeLogLikelihood().to(place), BitsPerDim(num_dims).to(place)


def _likelihood(nats: NegativeLogLikelihood, bits: BitsPerDim, measured: Dataset) -> Likelihood:
    return Likelihood(
        nats=nats.compute().item(),
        nats_se=nats.standard_error().item(),
        bits_per_dim=bits.compute().item(),
        bits_per_dim_se=bits.standard_error().item(),
        count=len(measured),
        dims=measured.num_dims,
        dataset=measured.id,
        split=measured.split,
        digest=measured.digest,
    )


def _finite(value: object) -> object:
    return None if isinstance(value, float) and not math.isfinite(value) else value
