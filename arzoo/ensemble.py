"""Mixtures of models: one network in several orderings, or any models of the same events."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, final

import torch
from torch import Tensor, nn

from arzoo.errors import ConfigError, check_count
from arzoo.model import AutoregressiveModel, Context
from arzoo.orderings import RandomOrder
from arzoo.randomness import item_uniforms


@final
class Ensemble(nn.Module):
    """The mixture of K models with equal weights: p(x) = sum_k p_k(x) / K.

    A mixture of whole distributions is a distribution: exact, and normalised. It is never the product of mixed
    conditionals: in different orderings a position has different pasts, and in one ordering the weights of the members
    would move with what was drawn. So it has no log-probability a position, no stream and no completion; and its
    figures belong in a column of their own, for it has K times the cost of a model.

    Args:
        models: At least one, of the same events, levels and contexts; they may share weights.

    Raises:
        ConfigError: If there is none, or they are not of the same events.

    References:
        Uria, Murray and Larochelle 2014, "A Deep and Tractable Density Estimator", section 4.
        Germain et al. 2015, "MADE: Masked Autoencoder for Distribution Estimation", section 6.
    """

    def __init__(self, models: Sequence[AutoregressiveModel]) -> None:
        super().__init__()
        check_count("models", len(models))
        for number, model in enumerate(models):
            _check_same(models[0], model, number)
        self.models = nn.ModuleList(models)
        self.event_shape, self.num_levels = models[0].event_shape, models[0].num_levels
        self.context, self.data = models[0].context, models[0].data

    @property
    def members(self) -> list[AutoregressiveModel]:
        """The models, in their order."""
        return list(self.models)  # type: ignore[arg-type]

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return self.members[0].device

    @property
    def title(self) -> str:
        """The name to use in messages."""
        return f"an ensemble of {len(self.models)} like {self.members[0].title}"

    def log_prob(self, x: Tensor, context: Context | None = None) -> Tensor:
        """Log-probability of each event under the mixture.

        Args:
            x: Levels (B, *event_shape).
            context: Value of each declared context, by name.

        Returns:
            Nats (B,).
        """
        each = torch.stack([model.log_prob(x, context) for model in self.members])
        return each.logsumexp(0) - math.log(len(self.models))

    def bits_per_dim(self, x: Tensor, context: Context | None = None) -> Tensor:
        """Negative log-probability a symbol, in bits, (B,)."""
        return -self.log_prob(x, context) / (math.prod(x.shape[1:]) * math.log(2))

    def choices(self, n: int, seed: int = 0) -> Tensor:
        """Which member draws each of the samples 0 ... n - 1 of a seed, integers (n,)."""
        uniforms = item_uniforms(seed, 0, range(n), 1)[:, 0]
        return torch.from_numpy((uniforms * len(self.models)).astype("int64"))

    def sample(
        self, n: int, context: Mapping[str, Any] | None = None, *, seed: int = 0, progress: bool = True, **options: Any
    ) -> Tensor:
        """Draw `n` events: a member for each, then that member's own sample of that number.

        Sample k of a seed is the same whatever the batch; it is sample k of the seed of the member that draws it.

        Args:
            n: Number of events.
            context: Value of each declared context, by name.
            seed: 0 ... 2**64 - 1.
            progress: Show a bar a member, on a terminal.
            **options: Of `AutoregressiveModel.sample`: temperature, top_k, top_p, cached, max_batch, length.

        Returns:
            Levels (n, *event_shape), int64, on the CPU.

        Raises:
            ConfigError: If an option is out of its range, or asks to keep what is known.
        """
        if options.get("known") is not None or options.get("known_mask") is not None:
            raise ConfigError(
                f"A mixture must be drawn whole, got known symbols to keep for {self.title}. "
                "Use sample(known=...) of one member."
            )
        choices, checked = self.choices(n, seed), self.members[0].check_context(context, n)
        drawn, rows = [], []
        for number, model in enumerate(self.members):
            own = (choices == number).nonzero().flatten()
            values = {name: value[own.to(value.device)] for name, value in (checked or {}).items()} or None
            drawn.append(model.sample(len(own), values, seed=seed, indices=own.tolist(), progress=progress, **options))
            rows.append(own)
        return torch.cat(drawn)[torch.cat(rows).argsort()]

    def extra_repr(self) -> str:
        """The size, for `print(ensemble)`."""
        return f"members={len(self.models)}"


def ensemble_of(model: AutoregressiveModel, orderings: int = 1, connectivities: int = 1) -> Ensemble:
    """The ensemble of a model's variants, as many as there are orderings or connectivities, whichever is more.

    Args:
        model: One that can change its ordering, or its connectivity.
        orderings: Its own and random ones, see `variant`.
        connectivities: Its own and drawn ones.

    Raises:
        ConfigError: If a number is less than 1, or the model cannot change so.
    """
    check_count("orderings", orderings)
    check_count("connectivities", connectivities)
    numbers = range(max(orderings, connectivities))
    return Ensemble([variant(model, number, orderings, connectivities) for number in numbers])


def variant(
    model: AutoregressiveModel, number: int, orderings: int = 1, connectivities: int = 1
) -> AutoregressiveModel:
    """One of the models that share a model's weights: number 0 is the model itself.

    Number k has ordering k modulo `orderings`, and connectivity k modulo `connectivities`; of either, 0 is the model's
    own, and any other number is the seed of a random one. So 32 of both are 32 masks, as Germain et al. cycle through.

    Args:
        model: One that can change its ordering, or its connectivity.
        number: Which variant, 0 and up.
        orderings: How many orderings there are.
        connectivities: How many connectivities there are.

    Raises:
        ConfigError: If the model cannot change so.
    """
    ordering, connectivity = number % orderings, number % connectivities
    if ordering:
        model = model.with_ordering(RandomOrder(model.event_shape, seed=ordering))
    return model.with_connectivity(connectivity) if connectivity else model


def _check_same(first: AutoregressiveModel, model: AutoregressiveModel, number: int) -> None:
    for what in ("event_shape", "num_levels", "context"):
        wanted, has = getattr(first, what), getattr(model, what)
        if wanted != has:
            raise ConfigError(
                f"The models of an ensemble must have the same {what}, {wanted}, got {has} from number {number}. "
                "Leave it out, or make one for the same data."
            )
