"""What packing gains: the products of one step of a large network, as their weights lie and packed for oneDNN, in turn.

    python benchmarks/packed.py --rows 1 8 --dtype float32 --rounds 10
    python benchmarks/packed.py --of pixelcnnpp --rows 1 4 16

Those of iGPT-S, whose linear layers have a bias, or of the windows of PixelCNN++ at the paper's size, which are added
to what is known. Every product has weights of its own, as a step reads them: one that stays in the cache would not
tell. Prints the median milliseconds of all of them together as JSON.
"""

import argparse
import json
import statistics
import time
from collections.abc import Callable, Sequence
from functools import partial

import torch
from torch import Tensor, nn

from arzoo.nn import PackedLinear, PackedProduct

BLOCKS, CHANNELS = 24, 512
SHAPES = [(CHANNELS, 3 * CHANNELS), (CHANNELS, CHANNELS), (CHANNELS, 4 * CHANNELS), (4 * CHANNELS, CHANNELS)]
WINDOWS, FILTERS = 31, 160
WINDOW_SHAPES = [(4 * FILTERS, FILTERS), (4 * FILTERS, 2 * FILTERS)]

Ways = dict[str, list[Callable[[Tensor], Tensor]]]


def milliseconds(products: Sequence[Callable[[Tensor], Tensor]], inputs: Sequence[Tensor]) -> float:
    """What all products take, one after the other."""
    start = time.perf_counter()
    for product, x in zip(products, inputs, strict=True):
        product(x)
    return 1000 * (time.perf_counter() - start)


def igpt(rows: int, dtype: torch.dtype) -> tuple[Ways, list[int]]:
    """Both ways to multiply by the linear layers of iGPT-S, and what each of them reads."""
    layers = [nn.Linear(*shape).to(dtype) for shape in SHAPES * BLOCKS]
    ways: Ways = {"as they lie": [*layers], "packed": [PackedLinear(layer, rows) for layer in layers]}
    return ways, [layer.in_features for layer in layers]


def pixelcnnpp(rows: int, dtype: torch.dtype) -> tuple[Ways, list[int]]:
    """The same of the windows of PixelCNN++."""
    weights = [torch.randn(*shape, dtype=dtype) for shape in WINDOW_SHAPES * WINDOWS]
    known = [torch.randn(rows, weight.shape[1], dtype=dtype) for weight in weights]
    plain = [partial(torch.addmm, y, mat2=weight) for y, weight in zip(known, weights, strict=True)]
    packed = [partial(PackedProduct(weight, rows), y) for y, weight in zip(known, weights, strict=True)]
    return {"as they lie": plain, "packed": packed}, [len(weight) for weight in weights]


NETWORKS = {"igpt": igpt, "pixelcnnpp": pixelcnnpp}


@torch.inference_mode()
def measure(name: str, rows: int, dtype: torch.dtype, rounds: int) -> dict:
    """Medians of both ways, after a round that does not count."""
    ways, sizes = NETWORKS[name](rows, dtype)
    inputs = [torch.randn(rows, size, dtype=dtype) for size in sizes]
    times = [{way: milliseconds(products, inputs) for way, products in ways.items()} for _ in range(rounds + 1)]
    medians = {way: round(statistics.median(turn[way] for turn in times[1:]), 2) for way in ways}
    return {
        "of": name,
        "rows": rows,
        "dtype": str(dtype).removeprefix("torch."),
        "threads": torch.get_num_threads(),
        **medians,
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--of", choices=NETWORKS, default="igpt")
    parser.add_argument("--rows", type=int, nargs="+", default=[1, 8])
    parser.add_argument("--dtype", choices=["float32", "bfloat16"], default="float32")
    parser.add_argument("--rounds", type=int, default=10)
    asked = parser.parse_args()
    dtype = getattr(torch, asked.dtype)
    print(json.dumps([measure(asked.of, rows, dtype, asked.rounds) for rows in asked.rows], indent=2))


if __name__ == "__main__":
    main()
