"""How fast a training goes, and what of the machine's arithmetic that makes use of."""

from dataclasses import dataclass
from functools import cache
from typing import Any

import torch

from arzoo.data.dataset import Batch
from arzoo.roofline import Rate, count_work, peak
from arzoo.training.learner import NatsPerDim

DTYPES = {"float32": torch.float32, "bf16": torch.bfloat16, "float64": torch.float64}
SECONDS = 0.1
"""How long matrices are multiplied for the peak, at the start of a run."""


@dataclass(frozen=True)
class Throughput:
    """What items a second are worth.

    Attributes:
        flops_per_item: Multiplications and additions in products of matrices, convolutions and attention, forward and
            backward.
        peak_flops_per_second: What all processes together reach in products of large matrices.
        peak_of: Which products.
    """

    flops_per_item: float
    peak_flops_per_second: float
    peak_of: str

    def figures(self, items_per_second: float) -> dict[str, float]:
        """Return items a second, FLOP/s and their share of the peak.

        Example:
            >>> Throughput(2e9, 1e11, "").figures(10)
            {'items_per_second': 10, 'flops_per_second': 20000000000, 'share_of_peak': 0.2}
        """
        flops = items_per_second * self.flops_per_item
        share = round(flops / self.peak_flops_per_second, 4)
        return {
            "items_per_second": round(items_per_second, 2),
            "flops_per_second": round(flops),
            "share_of_peak": share,
        }


def throughput_of(
    objective: NatsPerDim, batch: Batch, precision: str, device: torch.device, processes: int
) -> Throughput:
    """Count what an item takes, and measure what the machine could do.

    Args:
        objective: What is trained, on the CPU, not yet compiled or shared; its gradients are gone afterwards.
        batch: Some items.
        precision: The recipe's.
        device: Where it will be trained.
        processes: How many train together, each with a device, or threads, of its own.
    """
    rate = _peak(DTYPES[precision], device, torch.get_num_threads())
    return Throughput(flops_per_item(objective, batch), processes * rate.per_second, rate.how)


def flops_per_item(objective: NatsPerDim, batch: Batch) -> float:
    """Count multiplications and additions, forward and backward, of the first item of a batch."""
    context = {name: value[:1] for name, value in batch.context.items()}
    counted = batch.counted[:1]

    def update(step: int) -> None:
        objective(batch.x[:1], context or None, counted, step).backward()

    operations = count_work(update, [0]).operations
    objective.zero_grad()
    return operations


def told(training: dict[str, Any]) -> str:
    """Return the throughput in a checkpoint's provenance as words.

    Example:
        >>> told({"items_per_second": 49.9, "flops_per_second": 95e9, "share_of_peak": 0.25})
        '49.9 items a second, 95 GFLOP/s, 25.0% of what this machine reaches in products of matrices'
    """
    flops, share = training["flops_per_second"], training["share_of_peak"]
    return (
        f"{training['items_per_second']:,.1f} items a second, {flops / 1e9:,.3g} GFLOP/s, {share:.1%} of what this "
        "machine reaches in products of matrices"
    )


@cache
def _peak(dtype: torch.dtype, device: torch.device, threads: int) -> Rate:
    """Return the peak of this process; `threads` are those that it has now."""
    return peak(dtype, device, SECONDS, sides=(8192,) if device.type == "cuda" else (1024,))
