"""A step of our sampling loop beside a step of a public program's own, in turn, in one process.

    git clone https://github.com/EugenHotaj/pytorch-generative
    git clone https://github.com/pclucas14/pixel-cnn-pp
    python benchmarks/sampling.py pytorch-generative pixel-cnn-pp
    python benchmarks/sampling.py pytorch-generative --only gatedpixelcnn --batch 16
    python benchmarks/sampling.py --only imagegpt-small --batch 1 --batch 8 --dtype bfloat16   # beside transformers

Both networks are as deep and as wide as each other, see `forward.py`. Each program runs its own loop, draws included.
A peer's loop is stopped after a stated number of steps, since a step that is a whole pass costs the same everywhere.
Attention that keeps its past costs more from step to step: there both programs are timed at the same positions in the
middle of an image. Ours is timed over whole rows, those steps included that begin one. Prints the median step of the
peer and the mean step of our median round, as JSON; `--json` writes a file a comparison, which the tables of the
documentation are made from. Sequences stand in `sequence_sampling.py`.
"""

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from forward import COMPARISONS, Comparison, surroundings
from torch import Tensor, nn

import arzoo
from arzoo.benchmark import Subject, Window, step_seconds, window_of

LEAST = 3
"""Steps of a peer's loop at least."""

GROWING = 128
"""Steps to time where they cost more and more, in the middle of an image."""


class EnoughError(Exception):
    """Ends a peer's loop before its image is whole."""


class Clock:
    """Notes when each step of a peer's loop ends, and ends the loop.

    Args:
        most: Steps.
        seconds: No further step after this time, and `LEAST` steps.
    """

    def __init__(self, most: int, seconds: float) -> None:
        self.most, self.seconds, self.ends = most, seconds, [time.perf_counter()]

    def tick(self) -> None:
        """A step has ended."""
        self.ends.append(time.perf_counter())
        done = len(self.ends) - 1
        if done > self.most or (done > LEAST and self.ends[-1] - self.ends[0] > self.seconds):
            raise EnoughError

    def steps(self) -> list[float]:
        """Seconds of each step but the first, which pays for what is set up once."""
        return [after - before for before, after in zip(self.ends[1:], self.ends[2:], strict=False)]


Loop = Callable[[nn.Module, int, int, Clock], object]
"""A peer's own loop: of its network, for a batch, after so many given positions, with the clock to be told of steps."""


def pytorch_generative_loop(network: Any, batch: int, given: int, clock: Clock) -> None:
    """Its `sample`, which draws by a function that can be replaced."""
    network(torch.zeros(1, 1, 28, 28))  # tells it the shape of an image

    def draw(logits: Tensor) -> Tensor:
        drawn = torch.distributions.Bernoulli(logits=logits).sample()
        clock.tick()
        return drawn

    network._sample_fn = draw
    network.sample(batch)


def pixel_cnn_pp_loop(network: Any, batch: int, given: int, clock: Clock) -> None:
    """As its `main.py` does, which is a script: a whole pass and a draw of the whole image for each pixel."""
    draw, x = pixel_cnn_pp_draw(), torch.zeros(batch, 3, 32, 32)
    for row in range(32):
        for column in range(32):
            x[:, :, row, column] = draw(network(x, sample=True), network.nr_logistic_mix)[:, :, row, column]
            clock.tick()


def pixel_cnn_pp_draw() -> Callable[[Tensor, int], Tensor]:
    """Its own draw; the end of the file that holds it is written for Python 2, and left out."""
    found = next(path for place in sys.path if (path := Path(place) / "utils.py").is_file())
    source, module = found.read_text(encoding="utf-8").partition("def load_part_of_model")[0], ModuleType("drawing")
    exec(compile(source, str(found), "exec"), vars(module))
    vars(module)["F"].tanh = torch.tanh
    return module.sample_from_discretized_mix_logistic


def transformers_loop(network: Any, batch: int, given: int, clock: Clock) -> None:
    """Its `generate`, with its cache, after the start token and the given positions."""
    from transformers import StoppingCriteriaList

    def told(tokens: Tensor, scores: Tensor, **_: Any) -> Tensor:
        clock.tick()
        return torch.zeros(len(tokens), dtype=torch.bool)

    prompt = torch.zeros(batch, 1 + given, dtype=torch.int64)
    prompt[:, 0] = network.config.vocab_size - 1
    asked = {"attention_mask": torch.ones_like(prompt), "pad_token_id": 0, "eos_token_id": None}
    criteria = StoppingCriteriaList([told])
    network.generate(prompt, max_new_tokens=1024 - given, do_sample=True, stopping_criteria=criteria, **asked)


LOOPS: dict[str, Loop] = {
    "pytorch-generative": pytorch_generative_loop,
    "pixel-cnn-pp": pixel_cnn_pp_loop,
    "transformers": transformers_loop,
}


def peer_of(comparison: Comparison) -> nn.Module:
    """The peer's network; that of transformers without what `forward.py` puts around it."""
    if comparison.peer != "transformers":
        return comparison.load()
    from transformers import ImageGPTConfig, ImageGPTForCausalImageModeling

    return ImageGPTForCausalImageModeling(ImageGPTConfig())


def measure(comparison: Comparison, batches: list[int], dtype: torch.dtype, rounds: int, seconds: float) -> dict:
    """The record of a comparison."""
    model = arzoo.create(comparison.architecture, **comparison.arguments).eval().to(dtype)
    peer, subject = peer_of(comparison).eval().to(dtype), Subject(comparison.title, model, model.ordering)
    growing = comparison.peer == "transformers"
    window = window_of(model.ordering, GROWING if growing else model.ordering.num_positions)
    rows = []
    for batch in batches:
        rows.append(row(comparison.peer, peer, subject, batch, window, rounds, seconds, growing))
        print(comparison.title, rows[-1], file=sys.stderr, flush=True)
    return {
        "title": comparison.title,
        "architecture": comparison.architecture,
        "peer": comparison.peer,
        "parameters": {"arzoo": count(model), comparison.peer: count(peer)},
        "dtype": str(dtype).removeprefix("torch."),
        **{name: value for name, value in surroundings(0, rounds).items() if name != "batch"},
        "rows": rows,
    }


def count(network: nn.Module) -> int:
    """Parameters."""
    return sum(parameter.numel() for parameter in network.parameters())


def row(
    name: str, peer: nn.Module, subject: Subject, batch: int, window: Window, rounds: int, seconds: float, growing: bool
) -> dict:
    """Both loops in turn at one batch, after a step of the peer's that does not count."""
    given, most = (window.positions.start, len(window.positions)) if growing else (0, sys.maxsize)
    run(LOOPS[name], peer, batch, 0, Clock(0, 0))
    theirs: list[float] = []
    ours: list[float] = []
    for _ in range(rounds):
        theirs += run(LOOPS[name], peer, batch, given, Clock(most, seconds))
        ours.append(statistics.fmean(step_seconds(subject, batch, window)))
    before, now = statistics.median(theirs), statistics.median(ours)
    return {
        "batch": batch,
        "first": given,
        "peer_steps": len(theirs),
        "arzoo_steps": rounds * len(window.positions),
        "peer_step_seconds": round(before, 6),
        "arzoo_step_seconds": round(now, 6),
        "times_faster": round(before / now, 2),
    }


def run(loop: Loop, peer: nn.Module, batch: int, given: int, clock: Clock) -> list[float]:
    """Seconds of the steps of a peer's loop, until the clock has enough."""
    with suppress(EnoughError), torch.no_grad():
        loop(peer, batch, given, clock)
    return clock.steps()


def main() -> None:
    """Measure the comparisons and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("peers", nargs="*", type=Path, help="checkouts of the peers' repositories")
    parser.add_argument("--only", action="append", choices=COMPARISONS, required=True)
    parser.add_argument("--batch", type=int, action="append")
    parser.add_argument("--dtype", choices=["float32", "bfloat16"], default="float32")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=5.0, help="of a peer's turn, and at least three steps")
    parser.add_argument("--json", type=Path, help="write the records into this folder")
    asked = parser.parse_args()
    sys.path[:0] = map(str, asked.peers)
    for name in asked.only:
        found = measure(
            COMPARISONS[name], asked.batch or [1, 16], getattr(torch, asked.dtype), asked.rounds, asked.seconds
        )
        text, ending = json.dumps(found, indent=2), "" if asked.dtype == "float32" else f"-{asked.dtype}"
        print(text)
        if asked.json:
            (asked.json / f"{name}{ending}.peer-sampling.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
