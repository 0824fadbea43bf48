"""Likelihoods over a data set, as torchmetrics metrics: sums that batches and processes add to.

The metrics keep three float64 sums in nats, whatever the model's dtype and the metric's unit, so that the figure does
not depend on how a data set was cut into batches or shared among processes.
"""

import math

import torch
from torch import Tensor
from torchmetrics import Metric

from arzoo.errors import ShapeError, check_count


def mean_and_standard_error(total: Tensor, total_square: Tensor, count: Tensor) -> tuple[Tensor, Tensor]:
    """Return the mean of `count` values and its standard error, from their sums.

    The standard error is s / sqrt(n), where s² = (Σx² - (Σx)² / n) / (n - 1) estimates the spread between items: how
    far the figure of another test split of this size would lie. NaN where fewer than two values leave it open.

    Args:
        total: Σx, a float64 scalar.
        total_square: Σx², a float64 scalar.
        count: n, a float64 scalar.

    Returns:
        Mean and standard error, float64 scalars in the unit of x.

    Example:
        >>> mean_and_standard_error(*torch.tensor([6.0, 14.0, 3.0], dtype=torch.float64))  # of 1, 2 and 3
        (tensor(2., dtype=torch.float64), tensor(0.5774, dtype=torch.float64))
    """
    mean = total / count
    variance = (total_square - total * mean).clamp(min=0) / (count - 1)
    return mean, (variance / count).sqrt()


class NegativeLogLikelihood(Metric):
    """Mean negative log-likelihood of the items seen, in nats an item.

    Example:
        >>> metric = NegativeLogLikelihood()
        >>> metric.update(torch.tensor([-81.0, -83.0]))
        >>> metric.compute(), metric.standard_error()
        (tensor(82., dtype=torch.float64), tensor(1., dtype=torch.float64))
    """

    is_differentiable = False
    higher_is_better = False
    full_state_update = False

    total: Tensor
    total_square: Tensor
    count: Tensor
    nats_a_unit: float = 1.0

    def __init__(self) -> None:
        super().__init__()
        for name in ("total", "total_square", "count"):
            self.add_state(name, torch.zeros((), dtype=torch.float64), dist_reduce_fx="sum")

    def update(self, log_prob: Tensor) -> None:
        """Add a batch.

        Args:
            log_prob: Log-probability of each item, nats (B,).

        Raises:
            ShapeError: `log_prob` is not one value an item.
        """
        if log_prob.ndim != 1:
            repair = "Use log_prob.flatten(1).sum(1)." if log_prob.ndim else "Use log_prob[None]."
            raise ShapeError(f"`log_prob` must be one value an item, (B,), got {tuple(log_prob.shape)}. {repair}")
        nats = -log_prob.detach().to(self.total)
        self.total += nats.sum()
        self.total_square += nats.square().sum()
        self.count += len(nats)

    def compute(self) -> Tensor:
        """Return the mean over all items, of all processes."""
        return self._estimate()[0]

    def standard_error(self) -> Tensor:
        """Return the standard error of that mean, see `mean_and_standard_error`."""
        with self.sync_context():
            return self._estimate()[1]

    def local_mean(self) -> float:
        """Return the mean over the items of this process alone, which waits for no other."""
        return self._estimate()[0].item()

    def _estimate(self) -> tuple[Tensor, Tensor]:
        mean, error = mean_and_standard_error(self.total, self.total_square, self.count)
        return mean / self.nats_a_unit, error / self.nats_a_unit


class BitsPerDim(NegativeLogLikelihood):
    """Mean negative log-likelihood of the items seen, in bits per dimension.

    Nats grow with the size of an image and its number of channels; bits per dimension do not, and say how many bits
    an ideal code needs for one symbol. They compare between models of one data set at one number of levels.

    Args:
        num_dims: Symbols in one item: C * H * W, or T.

    Raises:
        ConfigError: `num_dims` is not positive.

    Example:
        >>> metric = BitsPerDim(num_dims=4)
        >>> metric.update(torch.tensor([0.5**4, 0.25**4]).log())  # one bit a dimension, and two
        >>> round(metric.compute().item(), 6)
        1.5
    """

    def __init__(self, num_dims: int) -> None:
        super().__init__()
        check_count("num_dims", num_dims)
        self.nats_a_unit = num_dims * math.log(2)
