"""What scores are made of: the bits of an event, the bits that the model expected, and those of an image coder."""

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from torch import Tensor

from arzoo.anomaly.complexity import complexity
from arzoo.errors import ConfigError, check_count
from arzoo.events import check_levels
from arzoo.orderings import Ordering
from arzoo.progress import progress_bar
from arzoo.randomness import item_uniforms
from arzoo.sampling import evaluating, fixed_ordering

if TYPE_CHECKING:
    from arzoo.model import AutoregressiveModel


_KEY = 2020
"""Of the redrawn symbols: no data set is binarised by it, and no outliers are made by it."""


class Measured(NamedTuple):
    """Three figures of each event, in bits per dimension, (N,) float64.

    Attributes:
        bits: -log2 p(x): what the model pays for it.
        expected: -log2 p(x') of an event x' whose every symbol is drawn anew, each given the x before it: an unbiased
            estimate of the sum of the entropies of p(x_i | x_before_i), which is what the model expected to pay.
        complexity: What a lossless image coder pays.
    """

    bits: Tensor
    expected: Tensor
    complexity: Tensor

    @property
    def surprise(self) -> Tensor:
        """What the model pays beyond its expectation: of mean 0 over events that the model draws itself."""
        return self.bits - self.expected

    @property
    def vectors(self) -> Tensor:
        """Bits, surprise and complexity of each event, (N, 3)."""
        return torch.stack([self.bits, self.surprise, self.complexity], 1)


def measure(
    model: "AutoregressiveModel",
    x: Tensor,
    context: Mapping[str, Any] | None = None,
    *,
    coder: str = "webp",
    batch_size: int = 20,
    progress: bool = False,
) -> Measured:
    """Measure images. One pass gives bits and expectation; what is measured of an event is the same in any batch.

    Args:
        model: A model of images, whose data spec says what they look like.
        x: Levels (N, *event_shape).
        context: Value of each declared context, by name.
        coder: Of the complexity, see `arzoo.anomaly.complexity`.
        batch_size: Events a pass.
        progress: Show a bar, on a terminal.

    Raises:
        ConfigError: The model has no images, or there is no such coder.
        ShapeError: `x` is not of the model's shape.
        ContextError: A context is missing, unknown or out of range.
    """
    if model.data is None or model.data.medium != "image":
        rule = f"Outliers are found among images, whose complexity a coder says, got the data spec {model.data!r}"
        raise ConfigError(f"{rule} of {model.title}. Use model.bits_per_dim(x).")
    check_levels(x, model.event_shape, model.num_levels, model.title)
    told = model.check_context(context, len(x)) or {}
    nats = []
    parts = torch.arange(len(x)).split(check_count("batch_size", batch_size)) if len(x) else ()
    bar = progress_bar("measuring", len(x), "images", shown=progress)
    with bar as show, evaluating(model), torch.inference_mode():
        for rows in parts:
            values = {name: value[rows.to(value.device)] for name, value in told.items()} or None
            nats.append(_nats(model, x[rows.to(x.device)].to(model.device), values))
            show(int(rows[-1]) + 1, "")
    bits = torch.cat(nats) / (math.log(2) * x[0].numel()) if nats else torch.zeros(0, 2, dtype=torch.float64)
    return Measured(bits[:, 0], bits[:, 1], complexity(model.data.decode(x).cpu(), coder))


def _nats(model: "AutoregressiveModel", x: Tensor, context: dict[str, Tensor] | None) -> Tensor:
    """Negative log-probability of events, and of their redrawn symbols, (B, 2) float64."""
    ordering, params = fixed_ordering(model.ordering, None, x), model.params(x, context)
    both = (x, _redrawn(model, ordering, params, x))
    return torch.stack([-model.head.log_prob(params, each).double().flatten(1).sum(1).cpu() for each in both], 1)


def _redrawn(model: "AutoregressiveModel", ordering: Ordering, params: Tensor, x: Tensor) -> Tensor:
    """Draw the symbols of every position anew, given the params that x gave; by the same uniforms for each event."""
    positions, symbols = ordering.symbols.shape
    places = ordering.permutation.to(x.device)
    rows = params.flatten(2)[:, :, places].transpose(1, 2).flatten(0, 1)
    uniforms = torch.from_numpy(item_uniforms(_KEY, 0, [0], positions * symbols)).view(positions, symbols)
    drawn = model.head.sample(rows, uniforms.to(x.device).repeat(len(x), 1))
    events = torch.empty(x.shape, dtype=torch.int64, device=x.device)
    events.flatten(1)[:, ordering.symbols.flatten().to(x.device)] = drawn.view(len(x), -1)
    return events
