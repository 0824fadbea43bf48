"""How much the cached path saves: the same images drawn by `step` and by whole passes, interleaved, in one process.

    python benchmarks/sampling.py gatedpixelcnn-mnist --images 16 --rounds 3

Prints medians and their ratio as JSON, with what the figures depend on. Stops with an error if the two ways differ in
a pixel.
"""

import argparse
import json
import os
import platform
import statistics
import time

import torch

import arzoo


def timed(draw):
    """Seconds one call takes, and what it returns."""
    start = time.perf_counter()
    drawn = draw()
    return time.perf_counter() - start, drawn


def measure(model, images, rounds, context):
    """Seconds by the cached path and by whole passes, `rounds` times in turn."""
    cached, whole = [], []
    for seed in range(rounds):
        fast, x = timed(lambda seed=seed: model.sample(images, context, seed=seed, progress=False))
        slow, y = timed(lambda seed=seed: model.sample(images, context, seed=seed, cached=False, progress=False))
        if not torch.equal(x, y):
            raise SystemExit(f"seed {seed}: {int((x != y).sum())} of {x.numel()} symbols differ between the two ways.")
        cached.append(fast)
        whole.append(slow)
    return cached, whole


def main():
    """Measure one checkpoint and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", help="checkpoint, or local-dir:PATH")
    parser.add_argument("--images", type=int, default=16)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    model = arzoo.load(asked.name)
    context = dict.fromkeys(model.context, 0)
    model.sample(asked.images, context or None, progress=False)  # the first call pays for what torch sets up once
    cached, whole = measure(model, asked.images, asked.rounds, context or None)
    figures = {
        "checkpoint": asked.name,
        "images": asked.images,
        "positions": model.ordering.num_positions,
        "cached_seconds": round(statistics.median(cached), 4),
        "whole_pass_seconds": round(statistics.median(whole), 4),
        "ratio": round(statistics.median(whole) / statistics.median(cached), 1),
        "same_pixels": True,
        "rounds": asked.rounds,
        "dtype": str(next(model.parameters()).dtype),
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
        "machine": platform.processor() or platform.machine(),
        "allocator": {key: value for key, value in os.environ.items() if key.startswith(("MALLOC_", "LD_PRELOAD"))},
    }
    print(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
