"""Exact likelihood of a model over a data set, on one process or many."""

import json
import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from arzoo.backbones import takes_stretches
from arzoo.context import Series
from arzoo.data import Batch, Dataset
from arzoo.ensemble import Ensemble
from arzoo.errors import ContextError, ShapeError, check_count
from arzoo.metrics import BitsPerDim, NegativeLogLikelihood
from arzoo.processes import rank_and_count
from arzoo.progress import progress_bar
from arzoo.sampling import evaluating, stretches

if TYPE_CHECKING:
    from arzoo.model import AutoregressiveModel

PASSAGE = 1000
"""Symbols of a passage of a lone clip: far longer than what a symbol depends on."""

MOST_SYMBOLS = 2**15
"""Symbols of clips that pass through a model at a time."""


@dataclass(frozen=True)
class Likelihood:
    """The likelihood of a data set under a model, and what it was measured on.

    Attributes:
        nats: Mean negative log-likelihood of an item.
        nats_se: Standard error of that mean over items; NaN for a single item.
        bits_per_dim: The same in bits per dimension; of clips, all their bits by all their symbols.
        bits_per_dim_se: Its standard error over items; of a lone clip, over its passages of `PASSAGE` symbols.
        count: Items measured.
        dims: Dimensions of an item; None for clips, whose lengths differ.
        symbols: Dimensions of all items together.
        dataset: Id of the data set.
        split: Which split.
        digest: Identity of the items measured, see `arzoo.data.split_digest`; the split's, where all were.
    """

    nats: float
    nats_se: float
    bits_per_dim: float
    bits_per_dim_se: float
    count: int
    dims: int | None
    symbols: int
    dataset: str
    split: str
    digest: str

    def __str__(self) -> str:
        return self.told()

    def told(self, symbol: str = "dim") -> str:
        """Return the figures as a line; of clips, whose lengths differ, nats a symbol too.

        Args:
            symbol: What one dimension is: a sample of a sound, a character of a text.
        """
        bits, error = self.bits_per_dim, self.bits_per_dim_se
        nats = f"{self.nats:.2f} ± {self.nats_se:.2f} nats"
        if self.dims is None:
            nats = f"{bits * math.log(2):.4f} ± {error * math.log(2):.4f} nats/{symbol}"
        items = f"{self.count} item{'' if self.count == 1 else 's'}"
        return f"{bits:.4f} ± {error:.4f} bits/{symbol}, {nats} ({self.dataset} {self.split}, {items})"

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

    Every symbol of a clip counts once, given all before it that the model can see; what pads a shorter clip counts for
    nothing. Long clips pass in stretches, if the backbone takes them, so that memory is bounded.

    Runs where the model is. Under `torch.distributed` each process takes its share of the items, none twice, and all
    return the figure of the whole.

    Args:
        model: The model, or an ensemble of models; its own context is taken from the data set.
        dataset: A split that fits it.
        batch_size: Items a forward pass; clips that have a series as context go one at a time.
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
    nats, bits = _metrics(model.device)
    nats.update(torch.empty(0))  # of a process to which the others leave no item, torchmetrics would warn
    bits.update(torch.empty(0), torch.empty(0))
    size = check_count("batch_size", batch_size)
    batches = _batches(measured, 1 if _alone(model, measured) else size)
    bar = progress_bar("evaluating", len(batches), "batches", shown=progress)
    with bar as show, evaluating(model), torch.inference_mode():
        for done, indices in enumerate(batches, 1):
            log_prob, lengths = _log_prob(model, measured.batch(indices))
            nats.update(log_prob.sum(1))
            bits.update(*(_passages(log_prob, lengths) if len(measured) == 1 else (log_prob.sum(1), lengths)))
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


def _same_shape(wanted: tuple[int | None, ...], came: tuple[int | None, ...]) -> bool:
    """Return whether an item is an event; a free length, None, takes any."""
    return len(wanted) == len(came) and all(size in (None, other) for size, other in zip(wanted, came, strict=True))


def _log_prob(model: "AutoregressiveModel | Ensemble", batch: Batch) -> tuple[Tensor, Tensor]:
    """Return nats that add up to those of each item, (B, parts), 0 for padding, and the items' lengths (B,)."""
    x, context = batch.x.to(model.device), batch.context or None
    if batch.lengths is None:
        return model.log_prob(x, context)[:, None], torch.full((len(x),), math.prod(x.shape[1:]))
    if isinstance(model, Ensemble):  # which has no say on single symbols
        return model.log_prob(x, context)[:, None], batch.lengths
    log_prob = _symbol_log_prob(model, x, context)
    return log_prob.where(batch.counted.to(log_prob.device), 0), batch.lengths


def _symbol_log_prob(model: "AutoregressiveModel", x: Tensor, context: dict[str, Tensor] | None) -> Tensor:
    """Return the nats of each symbol of clips (B, T)."""
    if not takes_stretches(model.backbone):
        return model.position_log_prob(x, context)
    size = max(1, MOST_SYMBOLS // len(x))
    params = stretches(model, x, context, size)
    return torch.cat([model.head.log_prob(*both) for both in zip(params, x.split(size, 1), strict=True)], 1)


def _passages(log_prob: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
    """Cut a lone clip into passages, whose spread gives a standard error where there are no other items."""
    if log_prob.shape[1] == 1:  # an image
        return log_prob.sum(1), lengths
    parts = log_prob[0].split(PASSAGE)
    return torch.stack([part.sum() for part in parts]), torch.tensor([len(part) for part in parts])


def _alone(model: "AutoregressiveModel | Ensemble", dataset: Dataset) -> bool:
    """Whether padding behind a clip would change it: frames of a series are blended with their neighbours."""
    if dataset.num_dims is not None:
        return False
    return isinstance(model, Ensemble) or any(isinstance(spec, Series) for spec in model.context.values())


def _spread(count: int, limit: int) -> Tensor:
    """Return `limit` positions at even steps: the first part of a split is seldom like the rest of it."""
    return torch.arange(min(limit, count)) * count // min(limit, count)


def _batches(dataset: Dataset, size: int) -> tuple[Tensor, ...]:
    """Return the items that this process measures, in batches: every n-th, so that each is measured once.

    Clips go by their lengths, so that there is little to pad.
    """
    rank, processes = rank_and_count()
    share = dataset.lengths.argsort(stable=True)[rank::processes]
    return share.split(size) if len(share) else ()  # of no items, torch would make one batch


def _metrics(device: torch.device) -> tuple[NegativeLogLikelihood, BitsPerDim]:
    """Return metrics where the process group can add them up; Apple's devices have no float64."""
    place = "cpu" if device.type == "mps" else device
    return NegativeLogLikelihood().to(place), BitsPerDim().to(place)


def _likelihood(nats: NegativeLogLikelihood, bits: BitsPerDim, measured: Dataset) -> Likelihood:
    return Likelihood(
        nats=nats.compute().item(),
        nats_se=nats.standard_error().item(),
        bits_per_dim=bits.compute().item(),
        bits_per_dim_se=bits.standard_error().item(),
        count=len(measured),
        dims=measured.num_dims,
        symbols=int(measured.lengths.sum()),
        dataset=measured.id,
        split=measured.split,
        digest=measured.digest,
    )


def _finite(value: object) -> object:
    return None if isinstance(value, float) and not math.isfinite(value) else value
