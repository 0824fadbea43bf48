"""How long a head takes to draw the symbols of one position.

    python benchmarks/drawing.py
    python benchmarks/drawing.py --only logistic-rgb-256 --batch 16 --json drawing.json

Params are random, in float32 as a network hands them over. Prints, as JSON, the least and the median microseconds of a
draw; heads and batches are timed in turn, round after round, so that what else the machine does falls on all alike.
"""

import argparse
import json
import os
import platform
import statistics
import time
from pathlib import Path

import torch

from arzoo.heads import Bernoulli, Categorical, DiscretizedGaussianMixture, DiscretizedLogisticMixture, Head

HEADS: dict[str, Head] = {
    "bernoulli": Bernoulli(),
    "categorical-256": Categorical(256),
    "categorical-512": Categorical(512),
    "logistic-grey-256": DiscretizedLogisticMixture(256, 10),
    "logistic-rgb-256": DiscretizedLogisticMixture(256, 10, 3),
    "logistic-sound-65536": DiscretizedLogisticMixture(65_536, 10),
    "gaussian-rgb-256": DiscretizedGaussianMixture(256, 10, 3),
}

WARM_UP, IN_A_ROW = 20, 50
"""Draws that do not count, and draws of one head before the next has its turn."""


def seconds(head: Head, batch: int, draws: int) -> list[float]:
    """Time draws one by one."""
    generator = torch.Generator().manual_seed(0)
    params = torch.randn(batch, head.num_params, generator=generator)
    uniforms = torch.rand(batch, head.num_symbols, generator=generator, dtype=torch.float64)
    times = []
    with torch.inference_mode():
        for draw in range(WARM_UP + draws):
            start = time.perf_counter()
            head.sample(params, uniforms)
            if draw >= WARM_UP:
                times.append(time.perf_counter() - start)
    return times


def measure(names: list[str], batches: list[int], rounds: int) -> list[dict]:
    """A row for each head and batch."""
    times: dict[tuple[str, int], list[float]] = {(name, batch): [] for name in names for batch in batches}
    for _ in range(rounds):
        for name, batch in times:
            times[name, batch] += seconds(HEADS[name], batch, IN_A_ROW)
    return [
        {
            "head": name,
            "batch": batch,
            "draws": len(taken),
            "least_microseconds": round(1e6 * min(taken), 1),
            "median_microseconds": round(1e6 * statistics.median(taken), 1),
        }
        for (name, batch), taken in times.items()
    ]


def main() -> None:
    """Measure and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", action="append", choices=HEADS, help="a head; all where not given")
    parser.add_argument("--batch", type=int, action="append", help="1, 16 and 64 where not given")
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--json", type=Path, help="write the record here")
    asked = parser.parse_args()
    record = {
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
        "machine": platform.processor() or platform.machine(),
        "allocator": {key: value for key, value in os.environ.items() if key.startswith(("MALLOC_", "LD_PRELOAD"))},
        "rows": measure(asked.only or list(HEADS), asked.batch or [1, 16, 64], asked.rounds),
    }
    text = json.dumps(record, indent=2)
    print(text)
    if asked.json:
        asked.json.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
