"""Training attention in bfloat16 on a CPU: `arzoo.nn` beside torch's fused kernel, forward and backward, interleaved.

    OMP_NUM_THREADS=1 python benchmarks/attention.py

The shapes are those of imagegpt-mnist, imagetransformer-mnist and pixelsnail-mnist, 16 images. Prints medians in
milliseconds as JSON.
"""

import json
import statistics
import time
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from arzoo.nn.attending import attend

ROUNDS = 9
SHAPES = {  # batch, heads, queries, keys, width
    "imagegpt-mnist": (16, 2, 784, 784, 64),
    "imagetransformer-mnist": (16 * 14, 4, 56, 224, 28),
    "pixelsnail-mnist": (16, 1, 783, 783, 24),
}
Attend = Callable[[Tensor, Tensor, Tensor], Tensor]


def ways(queries: int, keys: int) -> dict[str, Attend]:
    """Ours and torch's, causal in a square and by a mask otherwise."""
    if queries == keys:
        return {
            "arzoo": lambda q, k, v: attend(q, k, v, causal=True),
            "torch": lambda q, k, v: F.scaled_dot_product_attention(q, k, v, is_causal=True),
        }
    mask = torch.ones(queries, keys, dtype=torch.bool).tril(keys - queries)
    return {
        "arzoo": lambda q, k, v: attend(q, k, v, mask=mask),
        "torch": lambda q, k, v: F.scaled_dot_product_attention(q, k, v, attn_mask=mask),
    }


def milliseconds(shape: tuple[int, int, int, int, int]) -> dict[str, float]:
    """Median time of a forward and a backward pass, by each way."""
    batch, heads, queries, keys, width = shape
    given = [torch.randn(batch, heads, size, width, dtype=torch.bfloat16) for size in (queries, keys, keys)]
    taken: dict[str, list[float]] = {"arzoo": [], "torch": []}
    for turn in range(ROUNDS + 1):
        for name, way in ways(queries, keys).items():
            leaves = [tensor.clone().requires_grad_() for tensor in given]
            start = time.perf_counter()
            way(*leaves).sum().backward()
            if turn:
                taken[name].append(1e3 * (time.perf_counter() - start))
    return {name: round(statistics.median(times), 1) for name, times in taken.items()}


def main() -> None:
    """Measure every shape and print."""
    medians = {name: milliseconds(shape) for name, shape in SHAPES.items()}
    print(json.dumps({"milliseconds": medians, "shapes": SHAPES, "threads": torch.get_num_threads()}))


if __name__ == "__main__":
    main()
