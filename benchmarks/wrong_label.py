"""What a label is worth: the likelihood of every test item under its own class and under each of the others.

    python benchmarks/wrong_label.py wavenet-fsdd --json docs/benchmark/results/wavenet-fsdd.labels.json

Other contexts, such as the speaker, stay. Prints as JSON on which share of the items the wrong classes cost
likelihood on average, for which share of all pairs of an item and a wrong class they do, and how often the own class is
the best of all: the accuracy of the model as a classifier.
"""

import argparse
import json
from pathlib import Path

import torch
from torch import Tensor

import arzoo
from arzoo.benchmark.data import trained_on
from arzoo.checkpoints import config_of
from arzoo.data import Dataset, load_dataset
from arzoo.progress import progress_bar
from arzoo.provenance import environment


@torch.inference_mode()
def log_probs(model: arzoo.AutoregressiveModel, data: Dataset, name: str) -> Tensor:
    """Nats of every item under every class of a context, (items, classes)."""
    classes = torch.arange(model.context[name].num_classes)
    rows = []
    with progress_bar("scoring", len(data), "items") as show:
        for item in range(len(data)):
            x, context, *_ = data.batch([item])
            told = {key: value.expand(len(classes), *value.shape[1:]) for key, value in context.items()}
            rows.append(model.log_prob(x.expand(len(classes), *x.shape[1:]), {**told, name: classes}))
            show(item + 1, "")
    return torch.stack(rows).double()


def costs(nats: Tensor, own: Tensor) -> dict[str, float]:
    """How often a wrong class costs likelihood, of log-probabilities (items, classes) and own classes (items,)."""
    lead = nats.gather(1, own[:, None]) - nats
    wrong = torch.ones_like(nats, dtype=torch.bool).scatter(1, own[:, None], False)
    means = (lead * wrong).sum(1) / wrong.sum(1)
    return {
        "items_where_wrong_classes_cost": (means > 0).double().mean().item(),
        "pairs_where_the_wrong_class_costs": (lead[wrong] > 0).double().mean().item(),
        "accuracy": (nats.argmax(1) == own).double().mean().item(),
        "mean_cost_nats": means.mean().item(),
        "median_cost_nats": means.median().item(),
    }


def measure(checkpoint: str, name: str) -> dict:
    """The record of a checkpoint."""
    model, config = arzoo.load(checkpoint), config_of(checkpoint)
    data = load_dataset(trained_on(checkpoint, config), "test").with_context(list(model.context))
    own = data.batch(range(len(data))).context[name]
    found = costs(log_probs(model, data, name), own)
    return {"checkpoint": checkpoint, "context": name, "dataset": data.id, "items": len(data), **found} | {
        "weights_sha256": config.weights.sha256,
        **environment(model.device),
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint")
    parser.add_argument("--context", default="label", help="the context whose classes are changed")
    parser.add_argument("--json", type=Path, help="write the record here")
    asked = parser.parse_args()
    record = json.dumps(measure(asked.checkpoint, asked.context), indent=2)
    print(record)
    if asked.json:
        asked.json.write_text(record + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
