"""What a head is: the distribution of the symbols at one position, given what a backbone says about them."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, fields
from typing import Any, ClassVar, NamedTuple

import torch
from torch import Tensor

from arzoo.errors import ConfigError, ShapeError
from arzoo.heads.drawing import adjust, inverse_cdf

Adjustment = tuple[float, int | None, float | None]
"""Temperature, top-k and top-p."""

PLAIN: Adjustment = (1.0, None, None)


class Kept(NamedTuple):
    """What stands at a position already.

    Attributes:
        levels: (B, num_symbols), or None where nothing is known.
        mask: (B, num_symbols) bool, True where the level is known.
    """

    levels: Tensor | None = None
    mask: Tensor | None = None

    def over(self, drawn: Tensor, symbol: int) -> Tensor:
        """Levels of a symbol, of the shape of `drawn`: the known ones where they are known, else the drawn ones."""
        if self.levels is None or self.mask is None:
            return drawn
        known, mask = (part[:, symbol].view(drawn.shape) for part in (self.levels, self.mask))
        return torch.where(mask, known, drawn)

    def at(self, rows: Tensor) -> "Kept":
        """Of some rows of the batch."""
        return Kept(*(None if part is None else part[rows] for part in self))


@dataclass(frozen=True)
class Head(ABC):
    """The output distribution of a model, as an ordinary object that holds no weights.

    The public methods check shapes, choose the precision and handle what lies outside the support. A subclass is a
    frozen dataclass of its arguments that gives `_log_prob` and `_pmf`, and may give a faster `_draw`.

    Args:
        num_levels: At least 2; the support is 0 … num_levels-1.

    Attributes:
        name: The id in the registry.

    Raises:
        ConfigError: `num_levels` is less than 2.
    """

    name: ClassVar[str]
    num_levels: int

    def __post_init__(self) -> None:
        if not isinstance(self.num_levels, int) or self.num_levels < 2:
            raise ConfigError(
                f"`num_levels` of {self.name} must be at least 2, got {self.num_levels!r}. Use 256 for 8 bits."
            )

    @property
    @abstractmethod
    def num_params(self) -> int:
        """Channels that a backbone hands over at each position."""

    @property
    @abstractmethod
    def num_symbols(self) -> int:
        """Symbols drawn at one position: 1, or the colours of a pixel that the head owns."""

    def log_prob(self, params: Tensor, x: Tensor) -> Tensor:
        """Return the log probability of each symbol, given the earlier symbols of its position.

        Args:
            params: (B, num_params, *grid), any floating dtype; float16 and bfloat16 are widened to float32.
            x: (B, num_symbols, *grid) levels of any integer dtype, or (B, *grid) where num_symbols is 1.

        Returns:
            Nats, the shape of `x`; `-inf` outside 0 … num_levels-1.

        Raises:
            ShapeError: `params` or `x` has another shape.
        """
        self._check_params(params)
        symbols = self._with_symbol_axis(x, params.shape).long()  # uint8 would wrap when compared with 256
        levels = symbols.clamp(0, self.num_levels - 1)
        log_prob = self._log_prob(params.to(torch.promote_types(params.dtype, torch.float32)), levels)
        return log_prob.masked_fill((symbols < 0) | (symbols >= self.num_levels), -torch.inf).reshape(x.shape)

    def pmf(self, params: Tensor, prefix: Tensor) -> Tensor:
        """Return the distribution of the next symbol at a position.

        Args:
            params: (B, num_params), any floating dtype.
            prefix: (B, k) levels of the k < num_symbols symbols that the position has already; (B, 0) at its start.

        Returns:
            (B, num_levels), float64, each row sums to 1.

        Raises:
            ShapeError: `params` or `prefix` has another shape.
        """
        self._check_params(params, at_one_position=True)
        if prefix.ndim != 2 or prefix.shape[0] != params.shape[0] or prefix.shape[1] >= self.num_symbols:
            rule = f"({params.shape[0]}, k) with k < {self.num_symbols}"
            raise ShapeError(f"`prefix` must have shape {rule}, got {tuple(prefix.shape)}.")
        return self._pmf(params.double(), prefix.long())

    def sample(
        self,
        params: Tensor,
        uniforms: Tensor,
        known: Tensor | None = None,
        known_mask: Tensor | None = None,
        *,
        temperature: float = 1.0,
        top_k: int | None = None,
        top_p: float | None = None,
    ) -> Tensor:
        """Draw the symbols of one position, each by the inverse CDF of its `pmf` given those before it.

        Args:
            params: (B, num_params), any floating dtype.
            uniforms: (B, num_symbols), float64 in [0, 1): one number is one draw, whatever the rest of the batch.
            known: (B, num_symbols) levels to keep, and to condition the later symbols on, where `known_mask` is True.
            known_mask: (B, num_symbols) bool.
            temperature: Each symbol is drawn from `pmf^(1/temperature)`; 0 takes its most probable level.
            top_k: Draw among this many most probable levels.
            top_p: Draw among the most probable levels that reach this mass together, in (0, 1].

        Returns:
            (B, num_symbols), int64.

        Raises:
            ShapeError: `params` or `uniforms` has another shape.
            ConfigError: `temperature`, `top_k` or `top_p` is outside its range.
        """
        self._check_params(params, at_one_position=True)
        self._check_uniforms(uniforms, params.shape[0])
        kept, adjustment = Kept(None if known is None else known.long(), known_mask), (temperature, top_k, top_p)
        if adjustment == PLAIN:
            return self._draw(params.double(), uniforms, kept)
        return self._draw_by_pmf(params.double(), uniforms, kept, adjustment)

    def to_config(self) -> dict[str, Any]:
        """Return the JSON-able arguments that `head_from_config` rebuilds this head from."""
        return {"name": self.name, **{f.name: getattr(self, f.name) for f in fields(self) if f.init}}

    @abstractmethod
    def _log_prob(self, params: Tensor, x: Tensor) -> Tensor:
        """Return nats (B, num_symbols, *grid) of levels of that shape, all inside the support."""

    @abstractmethod
    def _pmf(self, params: Tensor, prefix: Tensor) -> Tensor:
        """Return (B, num_levels) float64 of float64 params (B, num_params) and an int64 prefix (B, k)."""

    def _draw(self, params: Tensor, uniforms: Tensor, kept: Kept) -> Tensor:
        """Return the plain draw, int64 (B, num_symbols): `_draw_by_pmf`, or the same found faster."""
        return self._draw_by_pmf(params, uniforms, kept)

    def _draw_by_pmf(self, params: Tensor, uniforms: Tensor, kept: Kept, adjustment: Adjustment = PLAIN) -> Tensor:
        """Return what a draw is by definition: symbol by symbol the inverse CDF of the adjusted `pmf`."""
        drawn = uniforms.new_empty(len(params), 0, dtype=torch.long)
        for symbol, uniform in enumerate(uniforms.split(1, 1)):
            level = inverse_cdf(adjust(self._pmf(params, drawn), *adjustment), uniform)
            drawn = torch.cat([drawn, kept.over(level, symbol)], 1)
        return drawn

    def _check_params(self, params: Tensor, *, at_one_position: bool = False) -> None:
        if params.ndim < 2 or params.shape[1] != self.num_params or (at_one_position and params.ndim > 2):
            rule = f"(B, {self.num_params}{'' if at_one_position else ', *grid'})"
            raise ShapeError(f"`params` must have shape {rule} for {self}, got {tuple(params.shape)}.")

    def _check_uniforms(self, uniforms: Tensor, batch: int) -> None:
        if uniforms.shape != (batch, self.num_symbols):
            raise ShapeError(f"`uniforms` must have shape {(batch, self.num_symbols)}, got {tuple(uniforms.shape)}.")

    def _with_symbol_axis(self, x: Tensor, params_shape: torch.Size) -> Tensor:
        batch, _, *grid = params_shape
        wanted = (batch, self.num_symbols, *grid)
        if x.shape == wanted or (self.num_symbols == 1 and x.shape == (batch, *grid)):
            return x.reshape(wanted)
        raise ShapeError(f"`x` must have shape {wanted} for {self}, got {tuple(x.shape)}.")
