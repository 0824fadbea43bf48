"""A pass of `arzoo.nn.Dropout` beside torch's, interleaved, on features like those of PixelCNN++ on digits.

    OMP_NUM_THREADS=1 python benchmarks/dropout.py

Prints medians in microseconds as JSON.
"""

import json
import statistics
import time

import torch
from torch import nn

from arzoo.nn import Dropout

SHAPE, ROUNDS = (64, 48, 8, 8), 51


def main() -> None:
    """Measure both and print."""
    layers, x = {"arzoo": Dropout(0.5), "torch": nn.Dropout(0.5)}, torch.randn(SHAPE)
    seconds: dict[str, list[float]] = {name: [] for name in layers}
    for turn in range(ROUNDS + 1):
        for name, layer in layers.items():
            start = time.perf_counter()
            layer(x)
            if turn:
                seconds[name].append(time.perf_counter() - start)
    medians = {name: round(1e6 * statistics.median(times)) for name, times in seconds.items()}
    print(json.dumps({"microseconds": medians, "shape": SHAPE, "threads": torch.get_num_threads()}))


if __name__ == "__main__":
    main()
