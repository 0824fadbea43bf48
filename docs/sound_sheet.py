"""Draw spectrograms of test clips and, beside each, of a sample that was told the same.

python docs/sound_sheet.py wavenet-fsdd docs/pictures/wavenet-fsdd.png

The clips are the first of their classes in the test split, every second class of the first context and a class of the
second by turns; a sample is as long as its clip. Nothing is chosen by eye. Needs a data root or the Hub.
"""

import sys
from pathlib import Path

import torch
from torch import Tensor

import arzoo
from arzoo import pictures, spectrograms
from arzoo.benchmark.data import trained_on
from arzoo.checkpoints import config_of
from arzoo.data import Dataset, load_dataset

COUNT = 5


def chosen(data: Dataset) -> list[int]:
    """The items to show."""
    (_, first), (_, second) = data.batch(range(len(data))).context.items()
    wanted = [(2 * k % (int(first.max()) + 1), k % (int(second.max()) + 1)) for k in range(COUNT)]
    return [int(((first == a) & (second == b)).nonzero()[0]) for a, b in wanted]


def captions(model: arzoo.AutoregressiveModel, context: dict[str, Tensor]) -> str:
    """What a clip is told, in words."""
    names = {name: spec.to_config()["names"] for name, spec in model.context.items()}
    return ", ".join(f"{name} {names[name][int(value)]}" for name, value in context.items())


def main(checkpoint: str, path: str) -> None:
    """Draw the sheet."""
    model = arzoo.load(checkpoint)
    data = load_dataset(trained_on(checkpoint, config_of(checkpoint)), "test").with_context(list(model.context))
    waveforms, texts = [], []
    for seed, item in enumerate(chosen(data)):
        x, context, *_ = data.batch([item])
        drawn = model.sample(1, context, length=x.shape[1], seed=seed, progress=False)
        waveforms += list(model.data.decode(torch.cat([x.long(), drawn])))
        texts += [f"test clip: {captions(model, context)}", f"sample, seed {seed}"]
    sheet = spectrograms.sheet(waveforms, model.data.sample_rate, columns=2, captions=texts)
    pictures.save(sheet.quantize(64), Path(path))  # a third of the size, to look at the same


if __name__ == "__main__":
    main(*sys.argv[1:])
