"""Which share of a model's samples is recognised as the class that it was told, by a network that knows real images.

    python benchmarks/recognised.py gatedpixelcnn-mnist-codes --json docs/benchmark/results/NAME.recognised.json

A small convolutional network is trained on the training images of the model's data set and tested on its test images:
once as they are, once as the model's data spec gives them back. Then it is shown samples, as many of each class.
"""

import argparse
import shlex
import sys
from itertools import pairwise
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

import arzoo
from arzoo.benchmark.data import trained_on
from arzoo.benchmark.likelihood import write_record
from arzoo.checkpoints import config_of
from arzoo.data import Dataset, load_dataset
from arzoo.pictures import save, sheet
from arzoo.provenance import environment

BATCH = 100
PEAK = 3e-3  # step size


def network(channels: int, classes: int) -> nn.Sequential:
    """Three convolutions and a linear layer."""
    widths, layers = [channels, 16, 32, 64], []
    for before, after in pairwise(widths):
        stride = 1 if before == channels else 2
        layers += [nn.Conv2d(before, after, 3, stride, 1, bias=False), nn.BatchNorm2d(after), nn.ReLU()]
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(4), nn.Flatten(), nn.LazyLinear(classes))


def pixels(data: Dataset, spec: arzoo.data.DataSpec) -> Tensor:
    """The images of a data set, uint8 (N, C, H, W)."""
    return spec.decode(data.batch(range(len(data))).x)


def trained(images: Tensor, labels: Tensor, classes: int, epochs: int) -> nn.Module:
    """The network after some epochs, each in a random order of its own."""
    torch.manual_seed(0)
    model = network(images.shape[1], classes)
    model(scaled(images[:2]))
    optimizer = torch.optim.AdamW(model.parameters(), PEAK)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, PEAK, total_steps=epochs * (len(images) // BATCH))
    for _ in range(epochs):
        for chosen in torch.randperm(len(images))[: len(images) // BATCH * BATCH].split(BATCH):
            optimizer.zero_grad()
            F.cross_entropy(model(scaled(images[chosen])), labels[chosen]).backward()
            optimizer.step()
            schedule.step()
    return model.eval()


def scaled(images: Tensor) -> Tensor:
    """Bring 0 ... 255 to [-1, 1]."""
    return images.float() / 127.5 - 1


@torch.inference_mode()
def hits(classifier: nn.Module, images: Tensor, labels: Tensor) -> Tensor:
    """Which images are taken for what they are, booleans (N,)."""
    found = [classifier(scaled(part)).argmax(1) for part in images.split(1000)]
    return torch.cat(found) == labels


def measure(name: str, context: str, each: int, epochs: int, seed: int, picture: Path | None) -> dict:
    """The record of one model.

    Args:
        name: Of a checkpoint.
        context: The label that it is told.
        each: Samples of each class.
        epochs: That the classifier is trained for.
        seed: Of the samples.
        picture: Where to show them, a row a class; what was not recognised stands there as well.
    """
    model, config = arzoo.load(name), config_of(name)
    train, test = (load_dataset(trained_on(name, config), split) for split in ("train", "test"))
    labels = {data.split: data.batch(range(len(data))).context[context] for data in (train, test)}
    classes = model.context[context].num_classes
    classifier = trained(pixels(train, train.spec), labels["train"], classes, epochs)
    real = pixels(test, test.spec)
    told = torch.arange(classes).repeat_interleave(each)
    drawn = model.data.decode(model.sample(len(told), {context: told}, seed=seed))
    if picture:
        save(sheet(drawn, columns=each), picture)
    right = hits(classifier, drawn, told)
    return {
        "checkpoint": name,
        "weights_sha256": config.weights.sha256,
        "dataset": test.id,
        "context": context,
        "samples": len(told),
        "seed": seed,
        "recognised": int(right.sum()),
        "recognised_by_class": right.view(classes, each).sum(1).tolist(),
        "classifier": {
            "network": "three convolutions and a linear layer",
            "parameters": sum(parameter.numel() for parameter in classifier.parameters()),
            "epochs": epochs,
            "test_items": len(test),
            "test_accuracy": hits(classifier, real, labels["test"]).float().mean().item(),
            "test_accuracy_restored": hits(classifier, model.data.decode(model.data.encode(real)), labels["test"])
            .float()
            .mean()
            .item(),
        },
        "command": shlex.join(["python", "benchmarks/recognised.py", *sys.argv[1:]]),
        **environment(model.device),
    }


def main() -> None:
    """Measure one model and write its record."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", help="a checkpoint that is told a label")
    parser.add_argument("--context", default="label")
    parser.add_argument("--each", type=int, default=10, help="samples of each class")
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--picture", type=Path, help="a .png of the samples")
    parser.add_argument("--json", type=Path, help="where to write the record")
    asked = parser.parse_args()
    record = measure(asked.model, asked.context, asked.each, asked.epochs, asked.seed, asked.picture)
    if asked.json:
        write_record(asked.json, record)
    print(
        f"{asked.model}: {record['recognised']} of {record['samples']} recognised, by class "
        f"{record['recognised_by_class']}; the classifier has {record['classifier']['test_accuracy']:.2%} of real ones"
    )


if __name__ == "__main__":
    main()
