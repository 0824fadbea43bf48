"""Likelihoods over a data set, as torchmetrics metrics: sums that batches and processes add to.

The metrics keep float64 sums in nats, whatever the model's dtype and the metric's unit, so that the figure does
not depend on how a data set was cut into batches or shared among processes.
"""

import math
from collections.abc import Mapping

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


def ratio_and_standard_error(sums: Mapping[str, Tensor]) -> tuple[Tensor, Tensor]:
    """Return the ratio of two sums over `count` items, and its standard error.

    Of nats N_i and symbols T_i the ratio is r = ΣN / ΣT. Its standard error is that of the mean of N_i - r T_i, by the
    mean of T_i: items count by their size, and where all have one size it is that of the plain mean.

    Args:
        sums: Float64 scalars: `nats`, `dims`, `nats_square`, `dims_square`, `product` and `count`.

    Returns:
        Ratio and standard error, float64 scalars.

    References:
        Cochran, "Sampling Techniques", 1977, section 2.11.
    """
    ratio = sums["nats"] / sums["dims"]
    squares = sums["nats_square"] - 2 * ratio * sums["product"] + ratio.square() * sums["dims_square"]
    spread = squares.clamp(min=0) * sums["count"] / (sums["count"] - 1)
    return ratio, spread.sqrt() / sums["dims"]


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
        nats = _nats(log_prob, self.total)
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

    def _estimate(self) -> tuple[Tensor, Tensor]:
        return mean_and_standard_error(self.total, self.total_square, self.count)


SUMS = ("nats", "nats_square", "dims", "dims_square", "product", "count")


class BitsPerDim(Metric):
    """Mean negative log-likelihood of the symbols seen, in bits per dimension.

    Nats grow with the size of an image and its number of channels; bits per dimension do not, and say how many bits
    an ideal code needs for one symbol. They compare between models of one data set at one number of levels. Items may
    differ in size, as clips do: what is divided are the sums.

    Args:
        num_dims: Symbols in every item, C * H * W or T; None where `update` is told those of each.

    Raises:
        ConfigError: `num_dims` is not positive.

    Example:
        >>> metric = BitsPerDim(num_dims=4)
        >>> metric.update(torch.tensor([0.5**4, 0.25**4]).log())  # one bit a dimension, and two
        >>> round(metric.compute().item(), 6)
        1.5
    """

    is_differentiable = False
    higher_is_better = False
    full_state_update = False

    nats: Tensor
    nats_square: Tensor
    dims: Tensor
    dims_square: Tensor
    product: Tensor
    count: Tensor

    def __init__(self, num_dims: int | None = None) -> None:
        super().__init__()
        self.num_dims = None if num_dims is None else check_count("num_dims", num_dims)
        for name in SUMS:
            self.add_state(name, torch.zeros((), dtype=torch.float64), dist_reduce_fx="sum")

    def update(self, log_prob: Tensor, lengths: Tensor | None = None) -> None:
        """Add a batch.

        Args:
            log_prob: Log-probability of each item, nats (B,).
            lengths: Symbols in each item, (B,), where they differ.

        Raises:
            ShapeError: `log_prob` is not one value an item, or `lengths` is neither.
        """
        nats = _nats(log_prob, self.nats)
        dims = self._dims(nats, lengths)
        sums = {"nats": nats, "nats_square": nats.square(), "dims": dims, "dims_square": dims.square()}
        for name, values in {**sums, "product": nats * dims, "count": torch.ones_like(nats)}.items():
            setattr(self, name, getattr(self, name) + values.sum())

    def compute(self) -> Tensor:
        """Return the mean over all symbols, of all processes."""
        return self._estimate()[0]

    def standard_error(self) -> Tensor:
        """Return the standard error of that mean, see `ratio_and_standard_error`."""
        with self.sync_context():
            return self._estimate()[1]

    def local_mean(self) -> float:
        """Return the mean over the symbols of this process alone, which waits for no other."""
        return self._estimate()[0].item()

    def _estimate(self) -> tuple[Tensor, Tensor]:
        sums = {name: getattr(self, name) for name in SUMS}
        ratio, error = ratio_and_standard_error(sums)
        return ratio / math.log(2), error / math.log(2)

    def _dims(self, nats: Tensor, lengths: Tensor | None) -> Tensor:
        if self.num_dims is not None:
            return torch.full_like(nats, self.num_dims)
        if lengths is None or lengths.shape != nats.shape:
            came = "none" if lengths is None else tuple(lengths.shape)
            raise ShapeError(
                f"`lengths` must be the symbols of each item, {tuple(nats.shape)}, got {came}. "
                "Use BitsPerDim(num_dims) where items have one size."
            )
        return lengths.to(nats)


def _nats(log_prob: Tensor, like: Tensor) -> Tensor:
    """Return the negative of log-probabilities (B,), in the sums' precision.

    Raises:
        ShapeError: `log_prob` is not one value an item.
    """
    if log_prob.ndim != 1:
        repair = "Use log_prob.flatten(1).sum(1)." if log_prob.ndim else "Use log_prob[None]."
        raise ShapeError(f"`log_prob` must be one value an item, (B,), got {tuple(log_prob.shape)}. {repair}")
    return -log_prob.detach().to(like)
