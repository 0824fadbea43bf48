"""How many images a second an architecture trains on: forward, backward and the step of the optimizer.

    python benchmarks/training_step.py pixelrnn small
    python benchmarks/training_step.py pixelrnn small --set cell=row --batch 64 --precision bf16 --json row.json

Images are random binary pixels, or random levels. Prints the median over the rounds as JSON.
"""

import argparse
import json
import os
import platform
import statistics
import time
from ast import literal_eval
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

import arzoo


def argument(text: str) -> tuple[str, Any]:
    """One `key=value`, the value as Python has it or a word."""
    key, _, value = text.partition("=")
    try:
        return key, literal_eval(value)
    except (ValueError, SyntaxError):
        return key, value


def step(model: nn.Module, optimizer: torch.optim.Optimizer, x: Tensor, precision: str) -> None:
    """One step of training."""
    with torch.autocast("cpu", torch.bfloat16, enabled=precision == "bf16"):
        nats = -model.log_prob(x).mean()
    optimizer.zero_grad()
    nats.backward()
    optimizer.step()


def measure(model: arzoo.AutoregressiveModel, batch: int, rounds: int, precision: str) -> dict:
    """The record of one run."""
    optimizer = torch.optim.AdamW(model.parameters(), 1e-3)
    x = torch.randint(0, model.num_levels, (batch, *model.event_shape), generator=torch.Generator().manual_seed(0))
    times = []
    for turn in range(rounds + 2):
        start = time.perf_counter()
        step(model, optimizer, x, precision)
        if turn > 1:
            times.append(time.perf_counter() - start)
    return {
        "arguments": model.arguments,
        "parameters": sum(p.numel() for p in model.parameters()),
        "batch": batch,
        "precision": precision,
        "rounds": rounds,
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
        "machine": platform.processor() or platform.machine(),
        "allocator": {key: value for key, value in os.environ.items() if key.startswith(("MALLOC_", "LD_PRELOAD"))},
        "step_seconds": round(statistics.median(times), 4),
        "images_per_second": round(batch / statistics.median(times), 1),
    }


def main() -> None:
    """Measure and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("architecture")
    parser.add_argument("config", nargs="?", default="small")
    parser.add_argument("--set", type=argument, action="append", default=[], metavar="KEY=VALUE", dest="changes")
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--precision", choices=["float32", "bf16"], default="float32")
    parser.add_argument("--json", type=Path, help="write the record here")
    asked = parser.parse_args()
    model = arzoo.create(asked.architecture, asked.config, **dict(asked.changes))
    record = {"architecture": asked.architecture, **measure(model, asked.batch, asked.rounds, asked.precision)}
    text = json.dumps(record, indent=2, default=str)
    print(text)
    if asked.json:
        asked.json.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
