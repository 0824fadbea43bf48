"""The whole pass of Gated PixelCNN beside pytorch-generative's of its default size, interleaved, in one process.

    git clone https://github.com/EugenHotaj/pytorch-generative peer
    python benchmarks/forward.py peer --batch 16 --rounds 7

Ours has as many layers, is as wide, and has more parameters. Prints medians of the forward pass, and of forward and
backward, as JSON.
"""

import argparse
import json
import os
import platform
import statistics
import sys
import time
from unittest.mock import MagicMock

import torch

import arzoo

PEER_LAYERS, PEER_OUTPUT = 11, 32
OURS = {
    "event_shape": (1, 28, 28),
    "num_levels": 2,
    "hidden_channels": 128,
    "num_layers": PEER_LAYERS,
    "kernel_size": 3,
    "input_kernel_size": 7,
    "output_channels": PEER_OUTPUT,
}


def load_peer(folder):
    """The peer's model at its default size; what its package imports for training alone is stood in for."""
    for module in ("torchvision", "torchvision.datasets", "torchvision.transforms", "torch.utils.tensorboard"):
        sys.modules.setdefault(module, MagicMock())
    sys.path.insert(0, folder)
    from pytorch_generative import models

    return models.GatedPixelCNN()


def forward(network, x):
    """One pass without gradients."""
    with torch.inference_mode():
        return network(x)


def forward_backward(network, x):
    """One pass and its gradients."""
    network.zero_grad()
    network(x).mean().backward()


def interleaved(do, networks, inputs, rounds):
    """Median seconds of `do` on each network, in turn, `rounds` times after one turn that does not count."""
    seconds = {name: [] for name in networks}
    for turn in range(rounds + 1):
        for name, network in networks.items():
            start = time.perf_counter()
            do(network, inputs[name])
            if turn:
                seconds[name].append(time.perf_counter() - start)
    return {name: round(statistics.median(times), 4) for name, times in seconds.items()}


def main():
    """Measure both networks and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("peer", help="a checkout of pytorch-generative")
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--rounds", type=int, default=7)
    asked = parser.parse_args()
    networks = {"arzoo": arzoo.create("gatedpixelcnn", **OURS).backbone, "pytorch-generative": load_peer(asked.peer)}
    levels = (torch.rand(asked.batch, 1, 28, 28, generator=torch.Generator().manual_seed(0)) > 0.5).long()
    inputs = {"arzoo": levels, "pytorch-generative": levels.float()}
    figures = {
        "parameters": {name: sum(p.numel() for p in network.parameters()) for name, network in networks.items()},
        "batch": asked.batch,
        "rounds": asked.rounds,
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
        "machine": platform.processor() or platform.machine(),
        "allocator": {key: value for key, value in os.environ.items() if key.startswith(("MALLOC_", "LD_PRELOAD"))},
    }
    for what, do in {"forward_seconds": forward, "forward_backward_seconds": forward_backward}.items():
        figures[what] = interleaved(do, networks, inputs, asked.rounds)
    print(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
