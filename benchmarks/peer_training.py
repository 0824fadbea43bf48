"""Updates of our trainer beside a public program's own training step, at equal width and depth, in turn in one process.

    git clone https://github.com/pclucas14/pixel-cnn-pp peer-pp
    python benchmarks/peer_training.py peer-pp --json docs/benchmark/results/pixelcnnpp-40.peer-training.json

PixelCNN++ of 2 blocks and 40 filters on images of 3x32x32. The peer's step is that of its `main.py`: its network in
training mode, its loss, Adam, float32. Ours is `Learner.update` as `arzoo train` calls it, with clipping and averaged
weights, once in float32 and once in bfloat16 with channels last. Prints medians over the rounds as JSON.
"""

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import torch
from forward import COMPARISONS, Comparison, surroundings
from torch import Tensor

import arzoo
from arzoo.data import Batch
from arzoo.training import parse_recipe
from arzoo.training.acceleration import accelerator_for, keep_freed_memory
from arzoo.training.learner import Learner

COMPARISON = "pixelcnnpp-40"
WAYS = {"float32": [], "bfloat16, channels last": ["training.precision=bf16", "training.channels_last=true"]}
RECIPE = '[model]\narchitecture = "pixelcnnpp"\n[data]\ndataset = "cifar10"\n[training]\nsteps = 1000'


def ours(asked: Comparison, levels: Tensor, overrides: list[str]) -> Callable[[], object]:
    """An update of the trainer, with what `overrides` change of the recipe."""
    training = parse_recipe(RECIPE, overrides, name=COMPARISON).training
    model = arzoo.create(asked.architecture, **asked.arguments)
    model.backbone.init_from_data(levels)
    learner = Learner(model, training, accelerator_for(training))
    return lambda: learner.update(0, [Batch(levels, {})])


def loss_of(peer: Path) -> Callable[[Tensor, Tensor], Tensor]:
    """The peer's loss, from its file, in which one statement is Python 2."""
    names: dict = {}
    exec((peer / "utils.py").read_text(encoding="utf-8").replace("print e", "print(e)"), names)
    return names["discretized_mix_logistic_loss"]


def peers(asked: Comparison, images: Tensor) -> Callable[[], object]:
    """The peer's step; its loss asks for a GPU by name, which is passed over."""
    network, loss = asked.load().train(), loss_of(Path(sys.path[0]))
    optimizer = torch.optim.Adam(network.parameters(), lr=2e-4)

    def step() -> None:
        nats = loss(images, network(images))
        optimizer.zero_grad()
        nats.backward()
        optimizer.step()

    return step


def interleaved(steps: dict[str, Callable[[], object]], rounds: int) -> dict[str, list[float]]:
    """Seconds of each step, in turn, after two turns that do not count."""
    seconds: dict[str, list[float]] = {name: [] for name in steps}
    for turn in range(rounds + 2):
        for name, step in steps.items():
            start = time.perf_counter()
            step()
            if turn > 1:
                seconds[name].append(time.perf_counter() - start)
    return seconds


def measure(batch: int, rounds: int) -> dict:
    """The record of the comparison."""
    asked = COMPARISONS[COMPARISON]
    levels = torch.randint(0, 256, (batch, 3, 32, 32), generator=torch.Generator().manual_seed(0), dtype=torch.uint8)
    steps = {f"arzoo, {way}": ours(asked, levels, overrides) for way, overrides in WAYS.items()}
    seconds = interleaved({asked.peer: peers(asked, levels / 127.5 - 1), **steps}, rounds)
    medians = {name: statistics.median(times) for name, times in seconds.items()}
    return {
        "title": asked.title,
        "peer": asked.peer,
        **surroundings(batch, rounds),
        "images_per_second": {name: round(batch / median, 1) for name, median in medians.items()},
        "times_faster": {name: round(medians[asked.peer] / medians[name], 2) for name in steps},
    }


def main() -> None:
    """Measure both and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("peer", help="a checkout of pixel-cnn-pp")
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--system-memory", action="store_true", help="leave the allocator as the system has it")
    parser.add_argument("--json", type=Path, help="write the record here")
    asked = parser.parse_args()
    sys.path.insert(0, asked.peer)
    torch.Tensor.cuda = lambda tensor: tensor
    if not asked.system_memory:
        keep_freed_memory()
    record = json.dumps(measure(asked.batch, asked.rounds), indent=2)
    print(record)
    if asked.json:
        asked.json.write_text(record + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
