"""What packing gains: the linear layers of one step of iGPT-S, as they lie and packed for oneDNN, in turn.

    python benchmarks/packed.py --rows 1 8 --dtype float32 --rounds 10

Every layer of the 24 blocks has weights of its own, as a step reads them: one that stays in the cache would not tell.
Prints the median milliseconds of all of them together as JSON.
"""

import argparse
import json
import statistics
import time
from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from arzoo.nn import PackedLinear

BLOCKS, CHANNELS = 24, 512
SHAPES = [(CHANNELS, 3 * CHANNELS), (CHANNELS, CHANNELS), (CHANNELS, 4 * CHANNELS), (4 * CHANNELS, CHANNELS)]


def milliseconds(products: Sequence[Callable[[Tensor], Tensor]], inputs: Sequence[Tensor]) -> float:
    """What all products take, one after the other."""
    start = time.perf_counter()
    for product, x in zip(products, inputs, strict=True):
        product(x)
    return 1000 * (time.perf_counter() - start)


@torch.inference_mode()
def measure(rows: int, dtype: torch.dtype, rounds: int) -> dict:
    """Medians of both ways, after a round that does not count."""
    layers = [nn.Linear(*shape).to(dtype) for shape in SHAPES * BLOCKS]
    ways = {"as they lie": layers, "packed": [PackedLinear(layer, rows) for layer in layers]}
    inputs = [torch.randn(rows, layer.in_features, dtype=dtype) for layer in layers]
    times = [{name: milliseconds(products, inputs) for name, products in ways.items()} for _ in range(rounds + 1)]
    medians = {name: round(statistics.median(turn[name] for turn in times[1:]), 2) for name in ways}
    return {"rows": rows, "dtype": str(dtype).removeprefix("torch."), "threads": torch.get_num_threads(), **medians}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=[1, 8])
    parser.add_argument("--dtype", choices=["float32", "bfloat16"], default="float32")
    parser.add_argument("--rounds", type=int, default=10)
    asked = parser.parse_args()
    print(json.dumps([measure(rows, getattr(torch, asked.dtype), asked.rounds) for rows in asked.rows], indent=2))


if __name__ == "__main__":
    main()
