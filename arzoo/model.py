"""An autoregressive model: ordering x backbone x head."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, final

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from arzoo import sampling
from arzoo.backbones import takes_context
from arzoo.context import ContextSpec, validate_context
from arzoo.errors import ConfigError, check_count
from arzoo.events import check_levels
from arzoo.heads import Head
from arzoo.orderings import Ordering

if TYPE_CHECKING:
    from arzoo.data import DataSpec

Context = Mapping[str, Any]


@final
class AutoregressiveModel(nn.Module):
    """A distribution over integer events, factorised along an ordering: p(x) = prod_i p(x_i | x_before_i).

    Args:
        ordering: The permutation of positions, and what a position is.
        backbone: Any `nn.Module` that maps levels (B, *event_shape) to params (B, head.num_params, *ordering.grid),
            those at a position from earlier symbols alone.
        head: The distribution of the symbols at one position, given its params.
        data: How raw things become levels and back, saved with the weights.
        context: What the model is conditioned on, by name.

    Attributes:
        trained_orderings: In how many orderings the weights were trained, more than steps where each was new; None
            where nobody says.

    Raises:
        ConfigError: If head and ordering disagree about the symbols of a position, or a context is declared that the
            backbone has no argument for.

    References:
        Larochelle, Murray, "The Neural Autoregressive Distribution Estimator", 2011, equation 1.
    """

    def __init__(
        self,
        ordering: Ordering,
        backbone: nn.Module,
        head: Head,
        *,
        data: "DataSpec | None" = None,
        context: Mapping[str, ContextSpec] | None = None,
    ) -> None:
        super().__init__()
        self.ordering, self.backbone, self.head, self.data = ordering, backbone, head, data
        self.context = dict(context or {})
        self.architecture: str | None = None
        self.arguments: dict[str, Any] = {}
        self.name: str | None = None
        self.trained_orderings: int | None = None
        self._check_parts()

    def _check_parts(self) -> None:
        if self.ordering.num_symbols != self.head.num_symbols:
            raise ConfigError(
                f"Head and ordering must agree on the symbols of a position, got {self.head.num_symbols} from "
                f"{self.head!r} and {self.ordering.num_symbols} from {self.ordering!r}. "
                f"Use channels_as_positions={self.head.num_symbols == 1}."
            )
        if self.context and not takes_context(self.backbone):
            raise ConfigError(
                f"A backbone of a model with context must take it, got context {sorted(self.context)} and a "
                f"forward(x) of {type(self.backbone).__name__}. Use forward(x, context)."
            )

    @property
    def event_shape(self) -> tuple[int | None, ...]:
        """Shape of one event; (None,) where the length is free."""
        return self.ordering.event_shape

    @property
    def num_levels(self) -> int:
        """Number of levels of a symbol."""
        return self.head.num_levels

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return next(self.parameters()).device

    @property
    def title(self) -> str:
        """The name to use in messages."""
        return self.name or self.architecture or type(self.backbone).__name__

    def forward(self, x: Tensor, context: Context | None = None) -> Tensor:
        """Params at every position.

        Args:
            x: Levels (B, *event_shape), any integer dtype, 0 ... num_levels - 1.
            context: Value of each declared context, by name; single values hold for the whole batch.

        Returns:
            Params (B, head.num_params, *ordering.grid).

        Raises:
            ShapeError: If shape, dtype or range of `x` is not the model's.
            ContextError: If a context is missing, unknown or out of range.
        """
        x = check_levels(x, self.event_shape, self.num_levels, self.title).to(self.device)
        return self.params(x, self.check_context(context, len(x), x.shape[-1]))

    def params(self, x: Tensor, context: dict[str, Tensor] | None) -> Tensor:
        """`forward` for levels and context that have been checked."""
        return self.backbone(x, context) if self.context else self.backbone(x)

    def check_context(self, context: Context | None, batch: int, length: int | None = None) -> dict[str, Tensor] | None:
        """The context as tensors for a batch, on the model's device.

        Args:
            context: Value of each declared context, by name.
            batch: Number of events.
            length: Of the events, where the model leaves it free: a series must cover it.

        Raises:
            ContextError: If a context is missing, unknown or out of range, or a series does not fit the length.
        """
        own = self.event_shape[0] if len(self.event_shape) == 1 else None
        length = length if self.event_shape == (None,) else own
        return validate_context(self.context, context, batch, self.device, length=length)

    def position_log_prob(self, x: Tensor, context: Context | None = None) -> Tensor:
        """Log-probability of each symbol given the ones before it.

        Args:
            x: Levels (B, *event_shape).
            context: Value of each declared context, by name.

        Returns:
            Nats (B, *event_shape), at least float32.
        """
        params = self(x, context)
        return self.head.log_prob(params, x.to(self.device))

    def log_prob(self, x: Tensor, context: Context | None = None) -> Tensor:
        """Log-probability of each event: the sum of `position_log_prob`.

        Returns:
            Nats (B,).
        """
        return self.position_log_prob(x, context).flatten(1).sum(1)

    def bits_per_dim(self, x: Tensor, context: Context | None = None) -> Tensor:
        """Negative log-probability a symbol, in bits.

        Returns:
            Bits per dimension (B,).
        """
        dims = math.prod(x.shape[1:])
        return -self.log_prob(x, context) / (dims * math.log(2))

    def sample(
        self,
        n: int,
        context: Context | None = None,
        *,
        seed: int = 0,
        length: int | None = None,
        known: Tensor | None = None,
        known_mask: Tensor | None = None,
        temperature: float = 1.0,
        top_k: int | None = None,
        top_p: float | None = None,
        cached: bool = True,
        max_batch: int | None = None,
        compile: bool = False,
        progress: bool = True,
        indices: Sequence[int] | None = None,
        shared: bool = True,
    ) -> Tensor:
        """Draw `n` events, one position after another.

        The randomness belongs to the sample: sample k of a seed is the same whatever the batch it is drawn in, cached
        or not, in one process or several.

        Args:
            n: Number of events.
            context: Value of each declared context, by name.
            seed: 0 ... 2**64 - 1.
            length: Length of the events, where the model leaves it free.
            known: Levels (n, *event_shape) of which some are kept.
            known_mask: Booleans, broadcastable to (n, *event_shape): the symbols to keep and condition on.
            temperature: T of pmf**(1/T), renormalised, a symbol; 0 takes the most probable level.
            top_k: Draw from the k most probable levels alone.
            top_p: Draw from the fewest levels that hold this much probability.
            cached: Use the backbone's `step`, where it has one.
            max_batch: The most events to draw at a time; halved, with a warning, where the memory does not hold them.
            compile: Compile the backbone's `step` with torch.compile first, which takes minutes and pays on a GPU.
            progress: Show a bar with the positions a second, on a terminal.
            indices: Which samples of the seed to draw, n of them; 0 ... n - 1 where not given.
            shared: Under `torch.distributed`, draw a share in each process, all of which must ask for the same, and
                return all events in each. False draws all of them here, as a lone process must that draws for itself.

        Returns:
            Levels (n, *event_shape), int64, on the CPU.

        Raises:
            ShapeError: If `known` does not fit the model.
            ConfigError: If an option is out of its range.
            ContextError: If a context is missing, unknown or out of range.
            MemoryLimitError: If the memory does not hold even one event.
        """
        request = sampling.Request(
            n, context, seed, length, known, known_mask, temperature, top_k, top_p, cached, indices, compile
        )
        return sampling.sample(self, request, max_batch=max_batch, progress=progress, shared=shared)

    def stream(
        self,
        n: int,
        context: Context | None = None,
        *,
        seed: int = 0,
        length: int | None = None,
        known: Tensor | None = None,
        known_mask: Tensor | None = None,
        temperature: float = 1.0,
        top_k: int | None = None,
        top_p: float | None = None,
        cached: bool = True,
        compile: bool = False,
    ) -> "Iterator[sampling.Drawn]":
        """Draw as `sample` does, and hand out the symbols of each position as they come.

        What is wrong is said here; a position is drawn when the iterator is asked for it. A position of n sequences is
        a symbol of each, so that `values[k]` is what a data spec takes: for the text of sample 0 while it is drawn,
        `for _, _, values in model.stream(1, length=500): print(model.data.decode(values[0]), end="", flush=True)`.

        Yields:
            The place in the ordering, the flat places in the event of its symbols, and their levels (n, num_symbols).
        """
        request = sampling.Request(
            n, context, seed, length, known, known_mask, temperature, top_k, top_p, cached, compile=compile
        )
        return sampling.stream(self, request)

    def complete(
        self,
        x: Tensor,
        known_mask: Tensor,
        context: Context | None = None,
        *,
        reorder: bool | None = None,
        **options: Any,
    ) -> Tensor:
        """Draw the symbols of `x` that are not known, given those that are.

        Known symbols are kept. A symbol is drawn given the known and drawn symbols at *earlier* positions. So known
        places come first where the model can change its ordering, for each mask of the batch by itself, and the rest is
        an exact draw from p(unknown | known) of that ordering; otherwise a warning says how many known symbols come too
        late to bear on all that is drawn.

        Args:
            x: Levels (B, *event_shape); what stands at unknown places does not matter.
            known_mask: Booleans, broadcastable to (B, *event_shape): True where `x` is known.
            context: Value of each declared context, by name.
            reorder: Whether to put known places first; None where the backbone can follow such an ordering and the
                weights are not known to have been trained in one alone.
            **options: As in `sample`.

        Returns:
            Levels (B, *event_shape), int64.

        Raises:
            ShapeError: If `x` or the mask is not of the model's shape.
            ConfigError: If everything is known, or nothing; or another ordering is asked of a model that has but one.
            ContextError: If a context is missing, unknown or out of range.

        Example:
            >>> import arzoo
            >>> model = arzoo.load("made-digits-orderings")
            >>> x = arzoo.data.load_dataset("digits", "test").batch([0]).x
            >>> lower = torch.arange(8)[:, None].expand(1, 8, 8) >= 4
            >>> completed = model.complete(x.repeat(3, 1, 1, 1), lower, seed=1)  # three of one image
            >>> bool((completed == x)[:, lower].all())
            True

        References:
            Germain et al. 2015, "MADE: Masked Autoencoder for Distribution Estimation", section 4.2.
        """
        return sampling.complete(self, x, known_mask, context, reorder=reorder, **options)

    @property
    def num_features(self) -> int:
        """How many layers `features` knows: 0 ... num_features - 1; 0 where the backbone gives none."""
        return int(getattr(self.backbone, "num_features", 0))

    def features(
        self, x: Tensor, layer: int | Sequence[int], context: Context | None = None, *, regions: int = 1
    ) -> Any:
        """What layers of the backbone make of each event, to be read by another model, such as a linear probe.

        A backbone normalises the features of each position; here they are averaged over positions, as in section 2.4
        of the paper, or over those of each part of the event.

        Args:
            x: Levels (B, *event_shape).
            layer: Which, 0 ... num_features - 1; several are worked out in one pass.
            context: Value of each declared context, by name.
            regions: Into how many parts each side of the event is cut; the means of all parts stand side by side.

        Returns:
            (B, number of features), regions**2 times the channels for images; a list of them for several layers.

        Raises:
            ConfigError: If the backbone has no features, or no such layer.
            ShapeError: If shape, dtype or range of `x` is not the model's.
            ContextError: If a context is missing, unknown or out of range.

        References:
            Chen et al., "Generative Pretraining from Pixels", 2020, section 2.4.
        """
        layers = [layer] if isinstance(layer, int) or not isinstance(layer, Sequence) else list(layer)
        self._check_layers(layers)
        check_count("regions", regions)
        x = check_levels(x, self.event_shape, self.num_levels, self.title).to(self.device)
        backbone: Any = self.backbone
        maps = backbone.features(x, layers, self.check_context(context, len(x), x.shape[-1]))
        means = [_means(each, regions) for each in maps]
        return means if isinstance(layer, Sequence) else means[0]

    def _check_layers(self, layers: Sequence[Any]) -> None:
        last = self.num_features - 1
        if last < 0:
            raise ConfigError(
                f"{self.title} must have a backbone with features() to give them, got layers {layers} of a "
                f"{type(self.backbone).__name__}. Use an architecture that has, such as a transformer."
            )
        for layer in layers:
            if not isinstance(layer, int) or not 0 <= layer <= last:
                raise ConfigError(f"`layer` of features must be 0 ... {last}, got {layer!r}. Use layer={last // 2}.")

    def with_ordering(self, ordering: Ordering) -> "AutoregressiveModel":
        """This model in another ordering, with the very same weights: what trains one trains the other.

        Another ordering is another distribution. It is a good one where the weights were trained for it, among others:
        see `orderings` of a recipe's `[training]`.

        Args:
            ordering: Of the same events, with colours as positions where they are.

        Raises:
            ConfigError: If the backbone can follow one ordering alone, or not this one.
        """
        follow: Any = getattr(self.backbone, "with_ordering", None)
        if follow is None:
            raise ConfigError(
                f"{self.title} can follow {self.ordering!r} alone, got {ordering!r}. "
                "Use an architecture whose backbone has with_ordering()."
            )
        return self._changed(ordering, follow(ordering), {"ordering": ordering.to_config()})

    def with_connectivity(self, connectivity: int) -> "AutoregressiveModel":
        """This model with other masks between its hidden units, in the same ordering and with the very same weights.

        Args:
            connectivity: Which masks; 0 and up.

        Raises:
            ConfigError: If the backbone has no hidden units that are masked at will, or cannot mask them so.
        """
        change: Any = getattr(self.backbone, "with_connectivity", None)
        if change is None:
            raise ConfigError(
                f"{self.title} must have hidden units that are masked at will to change its connectivity, "
                f"got {connectivity} for a {type(self.backbone).__name__}. Leave connectivities out."
            )
        return self._changed(self.ordering, change(connectivity), {"connectivity": connectivity})

    def _changed(self, ordering: Ordering, backbone: nn.Module, arguments: dict[str, Any]) -> "AutoregressiveModel":
        """A model of this one's other parts, which says how it could be built."""
        model = AutoregressiveModel(ordering, backbone, self.head, data=self.data, context=self.context)
        model.architecture, model.arguments = self.architecture, {**self.arguments, **arguments}
        model.training, model.trained_orderings = self.training, self.trained_orderings
        return model

    def extra_repr(self) -> str:
        """The parts that are no modules, for `print(model)`."""
        return f"name={self.title!r}, ordering={self.ordering!r}, head={self.head!r}, context={self.context!r}"


def _means(maps: Tensor, regions: int) -> Tensor:
    """Means over the parts of feature maps (B, C, H, W) or (B, C, T), laid flat."""
    pool = F.adaptive_avg_pool2d if maps.ndim == 4 else F.adaptive_avg_pool1d
    return pool(maps, regions).flatten(1)
