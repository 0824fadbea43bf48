"""The whole pass of an architecture beside a public one's of equal size, interleaved, in one process.

    git clone https://github.com/EugenHotaj/pytorch-generative peer
    git clone https://github.com/pclucas14/pixel-cnn-pp peer-pp
    python benchmarks/forward.py gatedpixelcnn peer --rounds 11
    python benchmarks/forward.py pixelcnnpp-40 peer-pp
    python benchmarks/forward.py imagegpt-small --batch 1   # beside transformers, a package

Both networks are as deep and as wide as each other, and drop nothing. Prints medians of the forward pass, and of
forward and backward, as JSON; `--json` writes them to a file, which the tables of the documentation are made from.
"""

import argparse
import json
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import NamedTuple
from unittest.mock import MagicMock

import torch
import torch.nn.functional as F
from torch import Tensor, nn

import arzoo


class Comparison(NamedTuple):
    """A network of ours and a public one of the same size.

    Attributes:
        architecture: Ours.
        arguments: Of its builder.
        title: What both are, for the table.
        peer: Name of the repository.
        load: Builds the peer's network, once its folder can be imported from.
        scaled: Whether the peer is given levels scaled to [-1, 1], or as they are.
    """

    architecture: str
    arguments: dict
    title: str
    peer: str
    load: Callable[[], nn.Module]
    scaled: bool = True


def pytorch_generative(name: str, **arguments: int | list[int]) -> Callable[[], nn.Module]:
    """A model of pytorch-generative, at its default size unless told; what it imports to train is stood in for."""

    def load() -> nn.Module:
        for module in ("torchvision", "torchvision.datasets", "torchvision.transforms", "torch.utils.tensorboard"):
            sys.modules.setdefault(module, MagicMock())
        from pytorch_generative import models

        return getattr(models, name)(**arguments)

    return load


def pixel_cnn_pp(blocks: int, filters: int) -> Callable[[], nn.Module]:
    """The network of pixel-cnn-pp; its `utils` are written for Python 2, so what it calls of them is stood in for."""

    def load() -> nn.Module:
        utils = ModuleType("utils")
        utils.concat_elu = lambda x: F.elu(torch.cat([x, -x], 1))
        utils.down_shift = lambda x, pad: pad(x[:, :, :-1])
        utils.right_shift = lambda x, pad: pad(x[:, :, :, :-1])
        sys.modules["utils"] = utils
        from model import PixelCNN

        return PixelCNN(nr_resnet=blocks, nr_filters=filters, nr_logistic_mix=10, input_channels=3)

    return load


def pixelcnnpp(blocks: int, filters: int) -> Comparison:
    """PixelCNN++ on CIFAR-10."""
    title = f"PixelCNN++, {blocks} blocks, {filters} filters, 3x32x32"
    arguments = {"config": "paper", "num_blocks": blocks, "hidden_channels": filters}
    return Comparison("pixelcnnpp", arguments, title, "pixel-cnn-pp", pixel_cnn_pp(blocks, filters))


def pixelcnn(channels: int) -> Comparison:
    """PixelCNN on MNIST: 16 channels are what pytorch-generative trains, 128 what it builds unless told."""
    event = {"event_shape": (1, 28, 28), "num_levels": 2}
    arguments = {**event, "hidden_channels": channels, "num_blocks": 15, "output_channels": 32}
    title, load = (
        f"PixelCNN, 15 blocks, {channels} channels, 1x28x28",
        pytorch_generative("PixelCNN", residual_channels=channels),
    )
    return Comparison("pixelcnn", arguments, title, "pytorch-generative", load)


def transformers_imagegpt() -> nn.Module:
    """The ImageGPT of transformers at its default size, iGPT-S, which foretells levels (B, 1, H, W)."""
    from transformers import ImageGPTConfig, ImageGPTForCausalImageModeling

    class Shifted(ImageGPTForCausalImageModeling):
        """Puts the start token first, and keeps no keys and values."""

        def forward(self, x: Tensor) -> Tensor:
            start = torch.full((len(x), 1), self.config.vocab_size - 1)
            return super().forward(torch.cat([start, x.flatten(1)[:, :-1]], 1), use_cache=False).logits

    return Shifted(ImageGPTConfig())


COMPARISONS = {
    "made": Comparison(
        "made",
        {"event_shape": (1, 28, 28), "num_levels": 2, "hidden_units": (8000,), "direct": False},
        "MADE, 8,000 hidden units, 1x28x28",
        "pytorch-generative",
        pytorch_generative("MADE", input_dim=784, hidden_dims=[8000]),
    ),
    "pixelcnn": pixelcnn(16),
    "pixelcnn-128": pixelcnn(128),
    "imagegpt": Comparison(
        "imagegpt",
        {"event_shape": (1, 28, 28), "num_levels": 2, "hidden_channels": 64, "num_layers": 8, "num_heads": 2},
        "ImageGPT, 8 blocks, 64 channels, 1x28x28",
        "pytorch-generative",
        pytorch_generative("ImageGPT", n_attention_heads=2, n_embedding_channels=64),
    ),
    "imagegpt-small": Comparison(
        "imagegpt",
        {"config": "small"},
        "iGPT-S, 512 colours, 32x32",
        "transformers",
        transformers_imagegpt,
        scaled=False,
    ),
    "gatedpixelcnn": Comparison(
        "gatedpixelcnn",
        {
            "event_shape": (1, 28, 28),
            "num_levels": 2,
            "hidden_channels": 128,
            "num_layers": 11,
            "kernel_size": 3,
            "input_kernel_size": 7,
            "output_channels": 32,
        },
        "Gated PixelCNN, 11 layers, 128 channels, 1x28x28",
        "pytorch-generative",
        pytorch_generative("GatedPixelCNN"),
    ),
    "pixelcnnpp-40": pixelcnnpp(2, 40),
    "pixelcnnpp-paper": pixelcnnpp(5, 160),
    "pixelsnail": Comparison(
        "pixelsnail",
        {
            "event_shape": (1, 28, 28),
            "num_levels": 2,
            "hidden_channels": 64,
            "num_blocks": 8,
            "num_residual_blocks": 2,
            "key_channels": 4,
            "value_channels": 32,
            "num_mixtures": 0,
        },
        "PixelSNAIL, 8 blocks of 2, 64 channels, 1x28x28",
        "pytorch-generative",
        pytorch_generative("PixelSNAIL"),
    ),
}


def forward(network: nn.Module, x: Tensor) -> None:
    """One pass without gradients."""
    with torch.inference_mode():
        network(x)


def forward_backward(network: nn.Module, x: Tensor) -> None:
    """One pass and its gradients."""
    network.zero_grad()
    network(x).mean().backward()


def interleaved(
    do: Callable[[nn.Module, Tensor], None], networks: dict[str, nn.Module], inputs: dict[str, Tensor], rounds: int
) -> dict[str, float]:
    """Median seconds of `do` on each network, in turn, `rounds` times after one turn that does not count."""
    seconds: dict[str, list[float]] = {name: [] for name in networks}
    for turn in range(rounds + 1):
        for name, network in networks.items():
            start = time.perf_counter()
            do(network, inputs[name])
            if turn:
                seconds[name].append(time.perf_counter() - start)
    return {name: round(statistics.median(times), 4) for name, times in seconds.items()}


def pair(asked: Comparison, batch: int) -> tuple[dict[str, nn.Module], dict[str, Tensor]]:
    """Both networks and the same images for each, as levels for ours and scaled to [-1, 1] for the peer."""
    model = arzoo.create(asked.architecture, **asked.arguments)
    networks = {"arzoo": model.backbone.eval(), asked.peer: asked.load().eval()}
    top = model.num_levels - 1
    levels = torch.randint(0, top + 1, (batch, *model.event_shape), generator=torch.Generator().manual_seed(0))
    return networks, {"arzoo": levels, asked.peer: levels * (2 / top) - 1 if asked.scaled else levels}


def surroundings(batch: int, rounds: int) -> dict:
    """What the figures depend on beside the networks."""
    return {
        "batch": batch,
        "rounds": rounds,
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
        "machine": platform.processor() or platform.machine(),
        "allocator": {key: value for key, value in os.environ.items() if key.startswith(("MALLOC_", "LD_PRELOAD"))},
    }


def measure(asked: Comparison, batch: int, rounds: int) -> dict:
    """The record of a comparison."""
    networks, inputs = pair(asked, batch)
    return {
        "title": asked.title,
        "parameters": {name: sum(p.numel() for p in network.parameters()) for name, network in networks.items()},
        **surroundings(batch, rounds),
        "forward_seconds": interleaved(forward, networks, inputs, rounds),
        "forward_backward_seconds": interleaved(forward_backward, networks, inputs, rounds),
    }


def main() -> None:
    """Measure both networks and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("comparison", choices=COMPARISONS)
    parser.add_argument(
        "peer", nargs="?", default="", help="a checkout of the peer's repository, where it is no package"
    )
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--json", type=Path, help="write the record here")
    asked = parser.parse_args()
    sys.path.insert(0, asked.peer)
    record = json.dumps(measure(COMPARISONS[asked.comparison], asked.batch, asked.rounds), indent=2)
    print(record)
    if asked.json:
        asked.json.write_text(record + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
