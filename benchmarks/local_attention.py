"""An Image Transformer beside itself with attention to the whole past: the same weights, other blocks.

    python benchmarks/local_attention.py --rounds 5

Both go through the same fused kernel; attention to everything is one query block, the whole image. Prints medians of
the forward pass, and of forward and backward, for a picture in grey and one in colours, as JSON.
"""

import argparse
import json
import math

import torch
from forward import forward, forward_backward, interleaved, surroundings
from torch import Tensor, nn

import arzoo

PICTURES = {  # positions: 784 and 3072
    "1x28x28": {"1d 56+168": ((56,), (168,)), "2d 4x4+4+4": ((4, 4), (4, 4))},
    "3x32x32": {"1d 256+256": ((256,), (256,)), "2d 8x8+8+8": ((8, 8), (8, 8))},
}


def networks(event_shape: tuple[int, ...], blocks: dict) -> dict[str, nn.Module]:
    """The network of the `small` config with each kind of blocks, all with the same weights."""
    kinds = {**blocks, "whole past": ((math.prod(event_shape),), (0,))}
    made = {}
    for kind, (query, memory) in kinds.items():
        torch.manual_seed(0)
        sizes = {"event_shape": event_shape, "query_block": query, "memory_block": memory}
        made[kind] = arzoo.create("imagetransformer", "small", **sizes).backbone.eval()
    return made


def measure(picture: str, batch: int, rounds: int) -> dict:
    """The record of one size of picture."""
    event_shape = tuple(int(size) for size in picture.split("x"))
    made = networks(event_shape, PICTURES[picture])
    levels: Tensor = torch.randint(256, (batch, *event_shape), generator=torch.Generator().manual_seed(0))
    inputs = dict.fromkeys(made, levels)
    return {
        "forward_seconds": interleaved(forward, made, inputs, rounds),
        "forward_backward_seconds": interleaved(forward_backward, made, inputs, rounds),
    }


def main() -> None:
    """Measure both sizes and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args()
    figures = {picture: measure(picture, asked.batch, asked.rounds) for picture in PICTURES}
    print(json.dumps({**surroundings(asked.batch, asked.rounds), **figures}, indent=2))


if __name__ == "__main__":
    main()
