"""A plugin with a model that trains in milliseconds: rows above through one convolution, with dropout and a label."""

import torch
from torch import nn
from torch.nn import functional as F

import arzoo
from arzoo.data import Clips, Dataset, Pixels
from arzoo.data.mnist import binarize
from arzoo.nn import LSTM, MaskedLinear, OrderedBackbone


class RowsAbove(nn.Module):
    """Params at a pixel from the three pixels above it, which come earlier in raster order."""

    def __init__(self, num_levels, width, dropout, num_classes):
        super().__init__()
        self.num_levels = num_levels
        self.above = nn.Conv2d(1, width, (1, 3), padding=(0, 1))
        self.params = nn.Conv2d(width, num_levels, 1)
        self.label = nn.Embedding(num_classes, width) if num_classes else None
        self.dropout = dropout

    def forward(self, x, context=None):
        above = F.pad(x.to(self.above.weight.dtype), (0, 0, 1, 0))[:, :, :-1] / self.num_levels
        hidden = self.above(above)
        if context:
            hidden = hidden + self.label(context["label"])[:, :, None, None]
        return self.params(F.dropout(hidden.relu(), self.dropout, self.training)).unsqueeze(2)


def build(event_shape=(1, 8, 8), num_levels=17, width=8, dropout=0.1, context=None):
    num_classes = context["label"].num_classes if context else 0
    backbone = RowsAbove(num_levels, width, dropout, num_classes)
    ordering = arzoo.orderings.Raster(event_shape)
    return arzoo.AutoregressiveModel(ordering, backbone, arzoo.heads.Categorical(num_levels), context=context)


class OneLayer(OrderedBackbone):
    """Params at a pixel from all earlier ones, in any ordering, through one layer."""

    def __init__(self, ordering, num_levels):
        super().__init__(ordering, num_levels, num_levels, 1)
        self.output = MaskedLinear(self.input_degrees, self.output_degrees, strict=True)

    def layers(self):
        return [self.output]

    def degrees(self):
        return [(self.input_degrees, self.output_degrees)]

    def outputs(self, inputs):
        return self.output(inputs)

    def seen(self):
        return self.output.mask

    def at(self, state, position):
        return self.output.at(state.layers[0], state.inputs, position)


def build_ordered(event_shape=(1, 8, 8), num_levels=17, ordering=None):
    ordering = ordering or arzoo.orderings.Raster(event_shape)
    return arzoo.AutoregressiveModel(ordering, OneLayer(ordering, num_levels), arzoo.heads.Categorical(num_levels))


class ReadsOn(nn.Module):
    """Params of a symbol from all before it, through one LSTM."""

    def __init__(self, num_levels, width):
        super().__init__()
        self.embedding = nn.Embedding(num_levels, width)
        self.lstm = LSTM(width, width)
        self.params = nn.Linear(width, num_levels)

    def forward(self, x):
        said = F.pad(self.embedding(x.long()), (0, 0, 1, 0))[:, :-1]
        return self.params(self.lstm(said)).transpose(1, 2)


def build_reader(event_shape=(None,), num_levels=17, width=8):
    ordering = arzoo.orderings.LeftToRight(event_shape)
    return arzoo.AutoregressiveModel(ordering, ReadsOn(num_levels, width), arzoo.heads.Categorical(num_levels))


def load_dots(split, root=None):
    """23 grey images, drawn anew in black and white each epoch, as MNIST is."""
    grey = torch.randint(256, (23, 1, 8, 8), dtype=torch.uint8, generator=torch.Generator().manual_seed(4))
    return Dataset("toy-dots", split, grey, 2, Pixels(2), draw=binarize)


def load_hums(split, root=None):
    """Sixteen clips of 1 to 40 symbols."""
    generator = torch.Generator().manual_seed(5)
    lengths = [1, 40, 3, 17, 9, 26, 2, 31, 5, 12, 8, 22, 4, 37, 6, 15]
    clips = [torch.randint(17, (length,), dtype=torch.uint8, generator=generator) for length in lengths]
    return Dataset("toy-hums", split, Clips.of(clips), 17)


@arzoo.hookimpl
def register_datasets():
    return [
        arzoo.DatasetEntry("toy-dots", "toy_farm:load_dots"),
        arzoo.DatasetEntry("toy-hums", "toy_farm:load_hums"),
    ]


@arzoo.hookimpl
def register_models():
    configs = {"small": {}, "labelled": {"context": {"label": {"kind": "labels", "num_classes": 10}}}}
    recipes = {"toyfarm-digits": "toy_farm_recipes:digits.toml"}
    return [
        arzoo.ModelEntry(id="toyfarm", build="toy_farm:build", configs=configs, recipes=recipes),
        arzoo.ModelEntry(id="toyordered", build="toy_farm:build_ordered", configs={"small": {}}),
        arzoo.ModelEntry(id="toyreader", build="toy_farm:build_reader", configs={"small": {}}),
    ]


if __name__ == "__main__":  # a process to be killed, or one of several: folder and overrides of each run, runs by "--"
    import sys
    from itertools import groupby

    from arzoo import plugins
    from arzoo.training import load_recipe, train

    torch.set_num_threads(1)
    sys.modules["toy_farm"] = sys.modules[__name__]
    plugins.register(sys.modules[__name__], "toyfarm")
    for between, words in groupby(sys.argv[1:], lambda word: word == "--"):
        if not between:
            out, *overrides = words
            train(load_recipe("toyfarm-digits", overrides), out=out, resume=True, progress=False)
