"""How much of a class a linear classifier reads from each layer of a model that was never told one.

    python benchmarks/linear_probe.py imagegpt-mnist --regions 1 4 --json docs/benchmark/results/NAME.probe.json

As in "Generative Pretraining from Pixels" (Chen et al. 2020, section 2.4): the features of a layer are normalised at
each position over its channels (by the norm that reads them in Image GPT; by a layer norm without gain and bias
elsewhere) and averaged over positions: over all of them with `--regions 1`, which is the paper's, or over those of each
of N x N parts of the image, side by side. Each feature is then brought to mean 0 and variance 1 over the training
images, and a logistic regression is fitted; its penalty is chosen on a sixth of the training images.
"""

import argparse
import shlex
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

import arzoo
from arzoo.benchmark.data import trained_on
from arzoo.benchmark.likelihood import write_record
from arzoo.checkpoints import config_of
from arzoo.data import Dataset, load_dataset
from arzoo.progress import progress_bar
from arzoo.provenance import environment
from arzoo.sampling import evaluating

PENALTIES = (0.001, 0.01, 0.1, 1.0)  # C of scikit-learn: smaller is a stronger penalty
ITERATIONS = 200
BATCH = 50


@torch.inference_mode()
def features(model: arzoo.AutoregressiveModel, data: Dataset, layers: Sequence[int], regions: int) -> list[np.ndarray]:
    """Features of every item, for each layer (items, features) float32; all layers in one pass."""
    batches, found = torch.arange(len(data)).split(BATCH), list[np.ndarray]()
    with evaluating(model), progress_bar(f"features of {data.split}", len(batches), "batches") as show:
        for done, indices in enumerate(batches, 1):
            given = model.features(data.batch(indices).x, list(layers), regions=regions)
            # Made at once and not batch by batch, which would keep the passes' own memory in pieces between them.
            found = found or [np.empty((len(data), own.shape[1]), np.float32) for own in given]
            for whole, own in zip(found, given, strict=True):
                whole[indices] = own.float().cpu()
            show(done, "")
    return found


def fitted(x: np.ndarray, y: np.ndarray, penalty: float) -> LogisticRegression:
    """A softmax regression."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return LogisticRegression(C=penalty, max_iter=ITERATIONS).fit(x, y)


def probed(train: np.ndarray, labels: np.ndarray, test: np.ndarray, test_labels: np.ndarray) -> dict[str, float]:
    """Accuracy on the test items, and the penalty it was reached with."""
    mean, spread = train.mean(0), train.std(0) + 1e-6
    train, test = (train - mean) / spread, (test - mean) / spread
    rest = len(train) * 5 // 6
    scores = {
        penalty: float(fitted(train[:rest], labels[:rest], penalty).score(train[rest:], labels[rest:]))
        for penalty in PENALTIES
    }
    best = max(scores, key=lambda penalty: scores[penalty])
    return {"accuracy": float(fitted(train, labels, best).score(test, test_labels)), "penalty": best}


def chosen(data: Dataset, count: int | None) -> Dataset:
    """So many items of a data set, chosen at random; None for all."""
    return data.subset(torch.randperm(len(data), generator=torch.Generator().manual_seed(0))[:count])


def measure(name: str, dataset: str | None, context: str, regions: Sequence[int], items: Sequence[int | None]) -> dict:
    """The record of one model.

    Args:
        name: Of a checkpoint that is told nothing.
        dataset: Another data set than that it was trained on.
        context: The label that is read.
        regions: Parts of each side, one number after the other.
        items: How many training and test items are used, the first in a random order; None for all.
    """
    model, config = arzoo.load(name), config_of(name)
    if model.context:
        raise SystemExit(f"{name} must be told nothing to be probed, got a model told {', '.join(model.context)}.")
    splits = [
        chosen(load_dataset(dataset or trained_on(name, config), split, spec=model.data), count)
        for split, count in zip(("train", "test"), items, strict=True)
    ]
    labels = [data.batch(range(len(data))).context[context].numpy() for data in splits]
    rows = []
    for count in regions:
        found = [features(model, data, range(model.num_features), count) for data in splits]
        for layer, (train, test) in enumerate(zip(*found, strict=True)):
            row = {"regions": count, "layer": layer, "features": train.shape[1]}
            rows.append(row | probed(train, labels[0], test, labels[1]))
            print(f"{count} x {count} parts, layer {layer}: {rows[-1]['accuracy']:.2%}", flush=True)
    return {
        "checkpoint": name,
        "weights_sha256": config.weights.sha256,
        "dataset": splits[0].id,
        "context": context,
        "train_items": len(splits[0]),
        "test_items": len(splits[1]),
        "rows": rows,
        "command": shlex.join(["python", "benchmarks/linear_probe.py", *sys.argv[1:]]),
        **environment(model.device),
    }


def main() -> None:
    """Probe one model and write its record."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", help="a checkpoint whose architecture gives features")
    parser.add_argument("--dataset", help="instead of the one it was trained on")
    parser.add_argument("--context", default="label")
    parser.add_argument("--regions", type=int, nargs="+", default=[1], help="parts of each side (1: one mean over all)")
    parser.add_argument("--train-items", type=int, help="a random choice of so many (all)")
    parser.add_argument("--test-items", type=int, help="likewise")
    parser.add_argument("--json", type=Path, help="where to write the record")
    asked = parser.parse_args()
    items = (asked.train_items, asked.test_items)
    record = measure(asked.model, asked.dataset, asked.context, asked.regions, items)
    if asked.json:
        write_record(asked.json, record)
    best = max(record["rows"], key=lambda row: row["accuracy"])
    where = f"layer {best['layer']}, {best['regions']} x {best['regions']} parts"
    print(f"{asked.model}: {best['accuracy']:.2%} at {where}")


if __name__ == "__main__":
    main()
