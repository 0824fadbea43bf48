"""How fast WaveNet draws: our cached path, wavenet_vocoder's with and without its weight norm, and whole windows.

    git clone https://github.com/r9y9/wavenet_vocoder peer
    python benchmarks/sequence_sampling.py peer --steps 1000 --rounds 5 --json wavenet.sequence-sampling.json

All four draw from a network of one size, one sample after another, in turns, in one process. The cost of a step is
measured at places from sample 500 to 20,000, in turns and in a random order, so that what the machine does meanwhile
falls on all of them alike, and a line is laid through the medians. Prints the figures as JSON.
"""

import argparse
import copy
import json
import math
import os
import platform
import random
import statistics
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import torch
from torch import Tensor, nn

import arzoo
from arzoo.sampling import state_bytes

LAYERS, STACKS = 24, 4
SIZES = {"residual_channels": 128, "gate_channels": 256, "skip_channels": 128}
LEVELS = 256
FIRST, PLACES = 500, 14  # where the cost of a step is measured first, and at how many places
STRETCH = 64  # positions timed at a place before it is the next one's turn
NAMES = ("arzoo", "wavenet_vocoder", "wavenet_vocoder without weight norm", "whole windows")

Draw = Callable[[int], object]


def ours(kernel_size: int) -> arzoo.AutoregressiveModel:
    """WaveNet of the size in question."""
    stacks = {"num_stacks": STACKS, "layers_per_stack": LAYERS // STACKS}
    return arzoo.create("wavenet", "small", kernel_size=kernel_size, **stacks, **SIZES).eval()


def theirs(kernel_size: int, *, weight_norm: bool) -> nn.Module:
    """wavenet_vocoder's network of that size, once its folder can be imported from."""
    from wavenet_vocoder import WaveNet

    residual, gate, skip = SIZES.values()
    sizes = {"residual_channels": residual, "gate_channels": gate, "skip_out_channels": skip}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # of torch's older weight norm
        network = WaveNet(LEVELS, LAYERS, STACKS, kernel_size=kernel_size, **sizes).eval()
    if not weight_norm:
        network.make_generation_fast_()
    return network


def by_their_steps(network: nn.Module, batch: int) -> Draw:
    """Their incremental loop, which learns the batch from the first sample that it is given."""
    first = torch.zeros(batch, LEVELS, 1)
    first[:, LEVELS // 2] = 1
    return lambda steps: network.incremental_forward(test_inputs=first, T=steps)


def by_windows(model: arzoo.AutoregressiveModel, batch: int) -> Draw:
    """A naive loop: for each sample one pass over all that it depends on, in full from the first to the last."""
    field = model.backbone.receptive_field
    window = torch.randint(LEVELS, (batch, field + 1), generator=torch.Generator().manual_seed(0))

    def draw(steps: int) -> None:
        for _ in range(steps):
            params = model.backbone(window)[:, :, -1]
            window[:, -1] = torch.multinomial(params.softmax(1), 1)[:, 0]
            window.copy_(window.roll(-1, 1))

    return draw


@torch.inference_mode()
def interleaved(draws: dict[str, Draw], steps: dict[str, int], rounds: int) -> dict[str, list[float]]:
    """Milliseconds a step of each way to draw, in turn, `rounds` times after a turn that does not count."""
    found: dict[str, list[float]] = {name: [] for name in draws}
    for turn in range(rounds + 1):
        for name, draw in draws.items():
            start = time.perf_counter()
            draw(steps[name])
            if turn:
                found[name].append((time.perf_counter() - start) / steps[name] * 1000)
    return found


def beside(batch: int, asked: argparse.Namespace) -> dict:
    """The four ways at one batch: medians, and how many times faster ours is."""
    model = ours(asked.kernel_size)
    normed, plain = (theirs(asked.kernel_size, weight_norm=norm) for norm in (True, False))
    draws: list[Draw] = [
        lambda steps: model.sample(batch, length=steps, progress=False),
        by_their_steps(normed, batch),
        by_their_steps(plain, batch),
        by_windows(model, batch),
    ]
    steps = dict(zip(NAMES, [asked.steps, asked.steps, asked.steps, asked.naive_steps], strict=True))
    times = interleaved(dict(zip(NAMES, draws, strict=True)), steps, asked.rounds)
    medians = {name: statistics.median(each) for name, each in times.items()}
    return {
        "batch": batch,
        "steps": steps,
        "milliseconds_a_step": {name: round(ms, 4) for name, ms in medians.items()},
        "samples_a_second": {name: round(1000 * batch / ms, 1) for name, ms in medians.items()},
        "times_faster": {name: round(medians[name] / medians["arzoo"], 2) for name in NAMES[1:]},
    }


@torch.inference_mode()
def along(model: arzoo.AutoregressiveModel, batch: int, rounds: int, last: int) -> dict:
    """The cost of a step at many places, and the line through it, with the bytes of the state at both ends."""
    backbone = model.backbone
    level = torch.randint(LEVELS, (batch, 1), generator=torch.Generator().manual_seed(0))
    places = {place: [place, state] for place, state in arrived(backbone, level, last)}
    size = state_bytes(places[FIRST][1])
    points = []
    for turn in range(rounds + 1):
        for place in random.Random(turn).sample(list(places), len(places)):  # else what drifts would look like a slope
            position, state = places[place]
            times = timed_steps(backbone, state, level, position)
            places[place][0] += STRETCH
            if turn:
                points.append((position, statistics.median(times) * 1e6))
    return {
        "batch": batch,
        "positions": [min(points)[0], max(points)[0] + STRETCH],
        "microseconds_a_step": round(statistics.median(cost for _, cost in points), 1),
        "microseconds_a_step_per_1000_positions": line(points),
        "state_bytes": [size, state_bytes(places[max(places)][1])],
    }


def arrived(backbone: nn.Module, level: Tensor, last: int) -> Iterator[tuple[int, object]]:
    """Copies of one state at each of the places, to which it comes in stretches of one and the same level."""
    state, before = backbone.init_state(len(level)), 0
    for place in range(FIRST, last + 1, (last - FIRST) // (PLACES - 1)):
        backbone.steps(state, level[:, None].expand(-1, place - before, -1), before)
        before = place
        yield place, copy.deepcopy(state)


def timed_steps(backbone: nn.Module, state: object, level: Tensor, position: int) -> list[float]:
    """Seconds of each step of a stretch."""
    times = []
    for place in range(position, position + STRETCH):
        start = time.perf_counter()
        backbone.step(state, level, place)
        times.append(time.perf_counter() - start)
    return times


def line(points: list[tuple[int, float]]) -> dict:
    """The slope of least squares, per 1,000 positions, with its interval of 95 %."""
    xs, ys = zip(*((x / 1000, y) for x, y in points), strict=True)
    fit = statistics.linear_regression(xs, ys)
    rest = sum((y - fit.intercept - fit.slope * x) ** 2 for x, y in zip(xs, ys, strict=True))
    spread = sum((x - statistics.fmean(xs)) ** 2 for x in xs)
    half = 1.96 * math.sqrt(rest / (len(xs) - 2) / spread)
    return {"slope": round(fit.slope, 4), "interval": [round(fit.slope - half, 4), round(fit.slope + half, 4)]}


def surroundings(asked: argparse.Namespace) -> dict:
    """What the figures depend on beside the networks."""
    return {
        "kernel_size": asked.kernel_size,
        "rounds": asked.rounds,
        "dtype": "float32",
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
        "machine": platform.processor() or platform.machine(),
        "allocator": {key: value for key, value in os.environ.items() if key.startswith(("MALLOC_", "LD_PRELOAD"))},
    }


def main() -> None:
    """Measure and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("peer", help="a checkout of wavenet_vocoder")
    parser.add_argument("--batches", type=int, nargs="+", default=[1, 16])
    parser.add_argument("--steps", type=int, default=1000, help="samples of each draw")
    parser.add_argument("--naive-steps", type=int, default=20, help="samples of the loop over whole windows")
    parser.add_argument("--last", type=int, default=20_000, help="the last place where the cost of a step is measured")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--kernel-size", type=int, default=2, help="taps of the dilated convolutions of both")
    parser.add_argument("--threads", type=int, default=0, help="threads (0: torch's choice)")
    parser.add_argument("--json", type=Path, help="file to write the record to")
    asked = parser.parse_args()
    torch.set_num_threads(asked.threads or torch.get_num_threads())
    sys.path.insert(0, asked.peer)
    figures = {
        "title": f"WaveNet, {LAYERS} layers in {STACKS} stacks, 128 residual, 256 gate, 128 skip channels, 256 levels",
        **surroundings(asked),
        "draws": [beside(batch, asked) for batch in asked.batches],
        "along": [along(ours(asked.kernel_size), batch, 2 * asked.rounds, asked.last) for batch in asked.batches],
    }
    text = json.dumps(figures, indent=2)
    print(text)
    if asked.json:
        asked.json.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
