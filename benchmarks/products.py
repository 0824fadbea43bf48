"""From how many rows on a mixture's CDF is faster added up than taken from a batched product.

    python benchmarks/products.py

Writes the symbols of one position of an RGB mixture of logistics with the one and with the other, in turn, for several
numbers of rows. Prints, as JSON, the median microseconds of each; `MANY_ROWS` of `arzoo.heads.mixtures` is set by it.
"""

import argparse
import json
import statistics
import time

import torch

from arzoo.codec.coders import Writer
from arzoo.codec.symbols import symbol_coder
from arzoo.heads import DiscretizedLogisticMixture, mixtures

HEAD = DiscretizedLogisticMixture(256, 10, 3)
FROM_ROWS = {"batched product": 1 << 30, "added up": 0}
"""What `MANY_ROWS` has to be for all rows to go one way."""

ROWS, IN_A_ROW = (4, 8, 16, 32, 64, 128, 256), 20


def seconds(params: torch.Tensor, levels: torch.Tensor) -> float:
    """How long it takes to write a position, the mean of a few."""
    write = symbol_coder(HEAD, Writer())
    start = time.perf_counter()
    for _ in range(IN_A_ROW):
        write(params, levels)
    return (time.perf_counter() - start) / IN_A_ROW


def measure(rows: int, rounds: int) -> dict[str, float]:
    """The medians, in microseconds."""
    params = torch.randn(rows, HEAD.num_params, generator=torch.Generator().manual_seed(0))
    levels = HEAD.sample(params, torch.rand(rows, HEAD.num_symbols, dtype=torch.float64))
    times: dict[str, list[float]] = {way: [] for way in FROM_ROWS}
    for _ in range(rounds):
        for way, many in FROM_ROWS.items():
            mixtures.MANY_ROWS = many
            times[way].append(seconds(params, levels))
    return {way: round(1e6 * statistics.median(taken), 1) for way, taken in times.items()}


def main() -> None:
    """Measure and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=20)
    asked = parser.parse_args()
    with torch.inference_mode():
        found = {rows: measure(rows, asked.rounds) for rows in ROWS}
    print(json.dumps({"threads": torch.get_num_threads(), "torch": torch.__version__, "rows": found}, indent=2))


if __name__ == "__main__":
    main()
