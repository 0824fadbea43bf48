"""How the time of a Diagonal BiLSTM's forward pass grows with the size of the image, at fixed work a diagonal.

    python benchmarks/diagonal.py
    python benchmarks/diagonal.py --json diagonal.json

A layer takes 2n - 1 steps on n x n pixels, one a diagonal, in both directions at once. The batch is chosen so that
batch x n is the same at every n: then a diagonal of n pixels is the same work, and the time of a layer should be
proportional to 2n - 1, and not to the n * n pixels. Prints the seconds, their growth from the smallest n to the
largest, and the slope of log seconds over log (2n - 1), as JSON: 1 is linear, 2 is quadratic.
"""

import argparse
import json
import os
import platform
import statistics
import time
from pathlib import Path

import torch

from arzoo.nn import Condition, ConditionSize, DiagonalBiLSTM, channels_last


def seconds(sizes: list[int], channels: int, work: int, rounds: int) -> dict[int, float]:
    """Median seconds of a layer at each n, in turn, `rounds` times after two turns that do not count."""
    layer = DiagonalBiLSTM(2 * channels, channels, told=ConditionSize())
    inputs = {n: channels_last(torch.randn(work // n, 2 * channels, n, n)) for n in sizes}
    times: dict[int, list[float]] = {n: [] for n in sizes}
    for turn in range(rounds + 2):
        for n, x in inputs.items():
            start = time.perf_counter()
            with torch.inference_mode():
                layer(x, Condition(), x)
            if turn > 1:
                times[n].append(time.perf_counter() - start)
    return {n: statistics.median(spent) for n, spent in times.items()}


def slope(times: dict[int, float]) -> float:
    """Slope of log seconds over log (2n - 1), by least squares."""
    steps = torch.tensor([2 * n - 1 for n in times], dtype=torch.float64).log()
    logs = torch.tensor(list(times.values()), dtype=torch.float64).log()
    centred = steps - steps.mean()
    return float((centred * logs).sum() / (centred * centred).sum())


def measure(sizes: list[int], channels: int, work: int, rounds: int) -> dict:
    """The record of one run."""
    times = seconds(sizes, channels, work, rounds)
    first, last = sizes[0], sizes[-1]
    return {
        "title": "Diagonal BiLSTM, one layer, both directions",
        "channels": channels,
        "batch_times_n": work,
        "rounds": rounds,
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
        "machine": platform.processor() or platform.machine(),
        "allocator": {key: value for key, value in os.environ.items() if key.startswith(("MALLOC_", "LD_PRELOAD"))},
        "seconds": {str(n): round(spent, 5) for n, spent in times.items()},
        "growth": round(times[last] / times[first], 2),
        "growth_of_steps": round((2 * last - 1) / (2 * first - 1), 2),
        "growth_of_pixels": round(last**2 / first**2, 2),
        "slope": round(slope(times), 3),
    }


def main() -> None:
    """Measure and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[8, 12, 16, 20, 24, 28, 32])
    parser.add_argument("--channels", type=int, default=16)
    parser.add_argument("--work", type=int, default=1680, help="batch times n")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--json", type=Path, help="write the record here")
    asked = parser.parse_args()
    record = json.dumps(measure(asked.sizes, asked.channels, asked.work, asked.rounds), indent=2)
    print(record)
    if asked.json:
        asked.json.write_text(record + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
