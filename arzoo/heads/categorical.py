"""Heads that give every level a probability of its own."""

from dataclasses import dataclass, field
from typing import ClassVar

import torch
from torch import Tensor
from torch.nn import functional as F

from arzoo.heads.base import Head, Kept
from arzoo.heads.drawing import inverse_cdf


@dataclass(frozen=True)
class Bernoulli(Head):
    """Two levels; the one parameter is the logit of level 1.

    Example:
        >>> Bernoulli().log_prob(torch.tensor([[0.0]]), torch.tensor([[1]]))  # ln ½
        tensor([[-0.6931]])
    """

    name: ClassVar[str] = "bernoulli"
    num_levels: int = field(default=2, init=False, repr=False)

    @property
    def num_params(self) -> int:
        """The logit."""
        return 1

    @property
    def num_symbols(self) -> int:
        """One symbol."""
        return 1

    def ones(self, params: Tensor) -> Tensor:
        """Return the probability of level 1, of the shape and dtype of `params`."""
        return torch.sigmoid(params)

    def _log_prob(self, params: Tensor, x: Tensor) -> Tensor:
        return -F.binary_cross_entropy_with_logits(params, x.to(params.dtype), reduction="none")

    def _pmf(self, params: Tensor, prefix: Tensor) -> Tensor:
        return self.ones(torch.cat([-params, params], 1))

    def _draw(self, params: Tensor, uniforms: Tensor, kept: Kept) -> Tensor:
        return kept.over((torch.sigmoid(-params) <= uniforms).long(), 0)


@dataclass(frozen=True)
class Categorical(Head):
    """A softmax over all levels; the parameters are their logits.

    Args:
        num_levels: At least 2.

    Raises:
        ConfigError: `num_levels` is less than 2.

    Example:
        >>> Categorical(4).pmf(torch.zeros(1, 4), torch.empty(1, 0))
        tensor([[0.2500, 0.2500, 0.2500, 0.2500]], dtype=torch.float64)
    """

    name: ClassVar[str] = "categorical"

    @property
    def num_params(self) -> int:
        """One logit a level."""
        return self.num_levels

    @property
    def num_symbols(self) -> int:
        """One symbol."""
        return 1

    def _log_prob(self, params: Tensor, x: Tensor) -> Tensor:
        return -F.cross_entropy(params, x[:, 0], reduction="none").unsqueeze(1)

    def _pmf(self, params: Tensor, prefix: Tensor) -> Tensor:
        return torch.softmax(params, 1)

    def _draw(self, params: Tensor, uniforms: Tensor, kept: Kept) -> Tensor:
        return kept.over(inverse_cdf(self._pmf(params, params[:, :0]), uniforms), 0)
