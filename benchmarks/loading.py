"""What it costs to load a checkpoint, beside safetensors alone reading the same file.

    python benchmarks/loading.py
    python benchmarks/loading.py --model pixelcnnpp --config paper --rounds 9 --json loading.json

Makes a checkpoint of float32 weights, by default 200 MB of a character RNN, which are few tensors, and then, in turns,
reads it with `safetensors.torch.load_file` and loads it with `arzoo.load`. Every read is followed by a sum over all
values, for a mapped file is not read before. Hashing is timed inside of the load and taken off. Memory is the peak of a
process of its own, above what it took before, in parts of the file.
"""

import argparse
import json
import multiprocessing
import os
import platform
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import torch
from safetensors.torch import load_file

import arzoo
from arzoo import pins
from arzoo.checkpoints.config import WEIGHTS

WIDTH = 1024  # of the layers of a language model: few tensors, and large ones


def few_tensors(megabytes: float) -> arzoo.AutoregressiveModel:
    """A model of about so many megabytes in few tensors; their values do not matter."""
    layers = max(1, round(megabytes * 1e6 / (4 * 8 * WIDTH * WIDTH)))
    return arzoo.create("charrnn", hidden_channels=WIDTH, embedding_channels=WIDTH, num_layers=layers)


def by_arzoo(folder: Path) -> float:
    """Load the model and touch every weight."""
    return sum(float(tensor.detach().sum()) for tensor in arzoo.load(f"local-dir:{folder}").parameters())


def by_safetensors(folder: Path) -> float:
    """Read the tensors and touch every value."""
    return sum(float(tensor.sum()) for tensor in load_file(folder / WEIGHTS).values())


def seconds(work: Callable[[], object]) -> float:
    """Wall-clock time of one call."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def status(row: str) -> int:
    """Bytes that the system gives in a row of this process's status."""
    rows = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in rows if line.startswith(row))


def peak(work: Callable[[Path], float], folder: Path, small: Path) -> int:
    """Bytes at the peak above those before, after a small load has imported what there is to import."""
    work(small)
    Path("/proc/self/clear_refs").write_text("5")  # the peak starts anew
    before = status("VmRSS")
    work(folder)
    return status("VmHWM") - before


def peaks(folder: Path, small: Path) -> dict[str, float]:
    """Peak memory of either way in parts of the file, in a process each."""
    size = (folder / WEIGHTS).stat().st_size
    found = {}
    for work in (by_arzoo, by_safetensors):
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            found[work.__name__] = round(pool.apply(peak, (work, folder, small)) / size, 3)
    return found


def timed_load(folder: Path) -> tuple[float, float]:
    """Seconds of one load without its hashing, and seconds of that."""
    digest, spent = pins.digest, []

    def timed(path: Path) -> arzoo.File:
        start = time.perf_counter()
        found = digest(path)
        spent.append(time.perf_counter() - start)
        return found

    pins.digest = timed
    try:
        whole = seconds(lambda: by_arzoo(folder))
    finally:
        pins.digest = digest
    return whole - sum(spent), sum(spent)


def measure(folder: Path, small: Path, rounds: int) -> dict:
    """The record of one run."""
    times: dict[str, list[float]] = {"arzoo": [], "hashing": [], "safetensors": []}
    for turn in range(rounds + 1):
        loading, hashing = timed_load(folder)
        found = {"arzoo": loading, "hashing": hashing, "safetensors": seconds(lambda: by_safetensors(folder))}
        for name, passed in found.items():
            if turn:  # the first warms the page cache
                times[name].append(passed)
    middle = {name: statistics.median(values) for name, values in times.items()}
    limit = 1.5 * middle["safetensors"] + 0.05
    return {
        "megabytes": round((folder / WEIGHTS).stat().st_size / 1e6, 1),
        "seconds": {name: round(value, 4) for name, value in middle.items()},
        "limit_seconds": round(limit, 4),
        "within": middle["arzoo"] <= limit,
        "peak_in_files": peaks(folder, small),
        "rounds": rounds,
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", help="an architecture, instead of the character RNN")
    parser.add_argument("--config", default="paper", help="of that architecture")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        model = arzoo.create(asked.model, asked.config) if asked.model else few_tensors(200)
        large, small = arzoo.save(model, f"{folder}/large"), arzoo.save(few_tensors(1), f"{folder}/small")
        about = {"model": model.architecture, "tensors": len(model.state_dict())}
        record = {**about, **measure(large, small, asked.rounds)}
    text = json.dumps(record, indent=2)
    print(text)
    if asked.json:
        asked.json.write_text(text + "\n")


if __name__ == "__main__":
    main()
