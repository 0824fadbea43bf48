"""The best model of a data set that draws every position by itself: what an autoregressive one must beat.

    python benchmarks/independent.py digits --json docs/benchmark/results/digits.independent.json

A histogram a position, of the training images, smoothed by as many counts a level as serve images held out of them
best. Prints its likelihood on the test split as JSON; `fitted_to_test`, the entropy of the histograms of the test split
itself, is a bound that no model of this kind can pass.
"""

import argparse
import json
from pathlib import Path

from torch import Tensor, nn

import arzoo
from arzoo.data import Dataset, load_dataset
from arzoo.evaluation import evaluate

HELD_OUT = 137
COUNTS = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0]


class Histograms(nn.Module):
    """Logits of each position that no other position has a say in.

    Args:
        logits: (num_levels, *event_shape).
    """

    def __init__(self, logits: Tensor) -> None:
        super().__init__()
        self.logits = nn.Parameter(logits)

    def forward(self, x: Tensor) -> Tensor:
        """The same params (B, num_levels, *event_shape) whatever the levels."""
        return self.logits.expand(len(x), *self.logits.shape)


def fitted(data: Dataset, count: float) -> arzoo.AutoregressiveModel:
    """The model of a split's histograms, with `count` added to each level."""
    x = data.batch(range(len(data))).x.long()
    counts = nn.functional.one_hot(x, data.num_levels).sum(0).double() + count
    logits = (counts / counts.sum(-1, keepdim=True)).log().movedim(-1, 0)
    head = arzoo.heads.Categorical(data.num_levels)
    return arzoo.AutoregressiveModel(arzoo.orderings.Raster(data.event_shape), Histograms(logits), head)


def measure(id: str) -> dict:
    """The record of a data set."""
    train, test = load_dataset(id, "train"), load_dataset(id, "test")
    kept, held_out = train.hold_out(HELD_OUT)
    nats = {count: evaluate(fitted(kept, count), held_out, progress=False).nats for count in COUNTS}
    best = min(COUNTS, key=nats.__getitem__)
    likelihood = evaluate(fitted(train, best), test, progress=False)
    bound = evaluate(fitted(test, 1e-9), test, progress=False)
    return {
        "added_counts": best,
        "fitted_to_test": {"nats": bound.nats},
        "likelihood": json.loads(likelihood.to_json()),
    }


def main() -> None:
    """Fit, measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dataset")
    parser.add_argument("--json", type=Path, help="write the record here")
    asked = parser.parse_args()
    record = json.dumps(measure(asked.dataset), indent=2)
    print(record)
    if asked.json:
        asked.json.write_text(record + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
