"""How well each score tells outliers from test images, as AUROC.

    python benchmarks/outliers.py pixelcnnpp-cifar10 --json docs/benchmark/results

First the pairs on which the score to recommend was chosen: images of the *training* split that the reference does not
hold, against outliers that are in no table. Then the table: images of the test split against the outliers of the issue.
Last what is reported alone, since nobody could say that it is not of the same data. All scores compare with the
reference that comes with the weights. Textures need the extra `bench`: scikit-image ships brick, grass and gravel.
"""

import argparse
import json
import shlex
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import torch
from torch import Tensor

import arzoo
from arzoo import anomaly
from arzoo.anomaly.outliers import resized
from arzoo.benchmark.data import trained_on
from arzoo.benchmark.likelihood import write_record
from arzoo.checkpoints import config_of
from arzoo.checkpoints.sources import locate
from arzoo.data import load_dataset
from arzoo.data.mnist import binarize
from arzoo.provenance import environment
from arzoo.randomness import item_uniforms

SEED = 1
"""Of the sets; images are binarised by it as well, and by no seed that a data set uses."""

DEVELOPMENT = 200
"""Images of each set on which the score was chosen."""

Levels = Callable[[int], Tensor]
"""From a number of outliers to their levels (N, *event_shape)."""


@dataclass(frozen=True)
class Subject:
    """What a checkpoint is put to.

    Args:
        development: Pairs on which the score was chosen, against training images.
        table: Those that the score must tell apart.
        reported: Others.
        background: A checkpoint of the same events, for the likelihood ratio; None where there is none.
    """

    development: Mapping[str, str | Levels]
    table: Mapping[str, str | Levels]
    reported: Mapping[str, str | Levels]
    background: str | None = None


def first_images(dataset: str, split: str, count: int) -> Tensor:
    """The first images of a split, uint8 (N, C, H, W)."""
    data = load_dataset(dataset, split)
    return data.spec.decode(data.batch(range(min(count, len(data)))).x)


def binarised(dataset: str, split: str, count: int) -> Tensor:
    """Images made grey and 28 x 28, and binarised as MNIST is: a pixel is 1 with the probability of its intensity."""
    images = resized(first_images(dataset, split, count), 1, 28, 28)
    return binarize(images, range(len(images)), SEED, 0)


def colour_digits(count: int) -> Tensor:
    """MNIST in three equal channels at 32 x 32."""
    return resized(first_images("mnist", "test", count), 3, 32, 32)


def textures(count: int) -> Tensor:
    """Random 32 x 32 pieces of brick, grass and gravel by turns, in three equal channels."""
    from skimage import data

    surfaces = [torch.from_numpy(picture()) for picture in (data.brick, data.grass, data.gravel)]
    corners = item_uniforms(SEED, 0, range(count), 2)
    cut = []
    for number, corner in enumerate(corners):
        surface = surfaces[number % 3]
        row, column = (int(share * (size - 31)) for share, size in zip(corner, surface.shape, strict=True))
        cut.append(surface[row : row + 32, column : column + 32])
    return torch.stack(cut)[:, None].expand(-1, 3, -1, -1).contiguous()


MNIST = Subject(
    development={
        "digits of 8x8, enlarged": partial(binarised, "digits", "train"),
        "negative": "negative",
        "two halves": "halves",
    },
    table={
        "CIFAR-10, grey and small": partial(binarised, "cifar10", "test"),
        "noise": "noise",
        "constant": "constant",
        "scrambled digits, patches of 4x4": "scrambled",
        "scrambled digits, pixels": "scrambled-pixels",
    },
    reported={"rotated digits": "rotated"},
    background="fvbn-mnist",
)
CIFAR10 = Subject(
    development={
        name: name for name in ("blurred", "tinted", "grey", "negative", "halves", "pixelated", "grainy", "sheared")
    },
    table={
        "constant": "constant",
        "noise": "noise",
        "MNIST as RGB": colour_digits,
        "scrambled patches of 4x4": "scrambled",
        "textures: brick, grass, gravel": textures,
    },
    reported={
        "rotated": "rotated",
        "scrambled patches of 8x8": lambda count: anomaly.outliers(
            "scrambled", first_images("cifar10", "test", count), SEED, patch=8
        ),
    },
)
SUBJECTS = {"binarized-mnist": MNIST, "cifar10": CIFAR10}


class Judge:
    """A checkpoint with its reference and its background."""

    def __init__(self, name: str, background: str | None) -> None:
        self.model = arzoo.load(name)
        self.background = arzoo.load(background) if background else None
        self.reference = anomaly.Reference.read(locate(name).folder / anomaly.REFERENCE)

    def scores(self, x: Tensor) -> tuple[dict[str, Tensor], dict[str, float]]:
        """Every score of some events, and the means of what they are made of."""
        measured = anomaly.measure(self.model, x)
        behind = anomaly.measure(self.background, x) if self.background else None
        names = [name for name, each in anomaly.SCORES.items() if each.needs != "background" or behind]
        means = {name: figure.mean().item() for name, figure in measured._asdict().items()}
        return {name: anomaly.score(name, measured, self.reference, behind) for name in names}, means

    def told_apart(self, usual: Mapping[str, Tensor], x: Tensor) -> dict:
        """AUROC of each score, and what the outliers are like."""
        found, means = self.scores(x)
        return {"count": len(x), "auroc": {name: anomaly.auroc(usual[name], found[name]) for name in found}, **means}


def measure(name: str, count: int) -> dict:
    """The record of a checkpoint."""
    start, dataset = time.perf_counter(), trained_on(name, config_of(name))
    subject = SUBJECTS[dataset]
    judge = Judge(name, subject.background)
    parts = {}
    splits = {"development": ("train", min(count, DEVELOPMENT)), "table": ("test", count), "reported": ("test", count)}
    for part, (split, few) in splits.items():
        data = load_dataset(dataset, split)
        # of the training split, images half-way between those of the reference
        chosen = range(few) if split == "test" else ((torch.arange(few) * 2 + 1) * len(data) // (2 * few)).tolist()
        x = data.batch(chosen).x
        usual, means = judge.scores(x)
        parts[part] = {"inliers": {"split": split, "count": len(x), **means}, "pairs": {}}
        for title, made in getattr(subject, part).items():
            parts[part]["pairs"][title] = judge.told_apart(usual, _made(judge.model, x, made, len(x)))
            print(title, json.dumps(parts[part]["pairs"][title]["auroc"]), flush=True)
    return {
        "checkpoint": name,
        "dataset": dataset,
        "score": "joint",
        "background": subject.background,
        "reference": {key: value for key, value in asdict(judge.reference).items() if key not in ("percentiles",)},
        **parts,
        "seconds": round(time.perf_counter() - start, 1),
        "weights_sha256": config_of(name).weights.sha256,
        **environment(judge.model.device),
    }


def _made(model: arzoo.AutoregressiveModel, x: Tensor, made: str | Levels, count: int) -> Tensor:
    if callable(made):
        return made(count)
    return model.data.encode(anomaly.outliers(made, model.data.decode(x), SEED))


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure one checkpoint, and write the record."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint")
    parser.add_argument("--count", type=int, default=1000, help="images of each set, the first of the test split")
    parser.add_argument("--json", type=Path, help="the folder to write NAME.outliers.json into")
    chosen = parser.parse_args(arguments)
    found = measure(chosen.checkpoint, chosen.count)
    found["command"] = shlex.join(["python", "benchmarks/outliers.py", *(arguments or sys.argv[1:])])
    if chosen.json:
        write_record(chosen.json / f"{chosen.checkpoint}.outliers.json", found)


if __name__ == "__main__":
    main()
