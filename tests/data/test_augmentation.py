import re

import numpy as np
import pytest
import torch

from arzoo.context import Labels, Latent
from arzoo.data import Clips, Dataset, load_dataset
from arzoo.data.augmentation import augmented, check_augmentations
from arzoo.data.mnist import binarize
from arzoo.errors import ConfigError
from arzoo.randomness import item_uniforms

DIGITS = load_dataset("digits", "train").with_context([])


def test_each_image_is_itself_or_its_mirror_image_half_of_the_time():
    plain, mirrored = (data.batch(range(1000), seed=3, epoch=2).x for data in (DIGITS, augmented(DIGITS, ["flip"])))
    turned = (mirrored == plain.flip(3)).flatten(1).all(1) & (mirrored != plain).flatten(1).any(1)
    same = (mirrored == plain).flatten(1).all(1)
    assert (turned | same).all()
    assert 430 < turned.sum() < 570


def test_the_coin_is_keyed_by_seed_epoch_and_image_whatever_the_batch():
    data = augmented(DIGITS, ["flip"])
    whole = data.batch(range(50), seed=1, epoch=4).x
    for index in (0, 7, 49):
        assert torch.equal(data.batch([index], seed=1, epoch=4).x[0], whole[index])
    part = augmented(DIGITS.subset([7, 30]), ["flip"])
    assert torch.equal(part.batch([0, 1], seed=1, epoch=4).x, whole[[7, 30]])
    for other in ({"seed": 1, "epoch": 5}, {"seed": 2, "epoch": 4}):
        assert not torch.equal(data.batch(range(50), **other).x, whole)


def test_the_coin_says_nothing_of_what_is_drawn():
    grey = torch.full((4000, 1, 1, 2), 128, dtype=torch.uint8)
    data = Dataset("grey", "train", grey, 2, draw=binarize)
    drawn, mirrored = data.batch(range(4000)).x, augmented(data, ["flip"]).batch(range(4000)).x
    differ = drawn[:, 0, 0, 0] != drawn[:, 0, 0, 1]
    turned = (mirrored != drawn).flatten(1).any(1)
    assert not turned[~differ].any()
    assert abs(turned[differ].double().mean() - 0.5) < 0.05
    uniforms = torch.from_numpy(item_uniforms(0, 0, np.arange(4000), 2))[differ]
    assert abs(uniforms[turned[differ], 0].mean() - uniforms[~turned[differ], 0].mean()) < 0.05


def test_without_names_nothing_changes():
    assert augmented(DIGITS, []) is DIGITS


@pytest.mark.parametrize(
    ("names", "rule"),
    [
        (["flop"], "must name some of flip, each once, got ['flop']. Did you mean 'flip'?"),
        (["flip", "flip"], "must name some of flip, each once, got ['flip', 'flip']."),
    ],
)
def test_names_of_nothing_are_refused(names, rule):
    with pytest.raises(ConfigError, match=re.escape(rule)):
        check_augmentations(names)


def test_what_is_no_image_is_refused():
    hums = Dataset("hums", "train", Clips.of([torch.zeros(3, dtype=torch.uint8)]), 2)
    with pytest.raises(ConfigError, match=r"Only images can be augmented, got items of \(None,\) in hums\."):
        augmented(hums, ["flip"])


def test_a_map_would_lie_otherwise_than_its_image():
    x = torch.zeros(2, 1, 2, 2, dtype=torch.uint8)
    told = {"map": (Latent((1, 2, 2)), torch.zeros(2, 1, 2, 2)), "label": (Labels(3), torch.zeros(2).long())}
    data = Dataset("maps", "train", x, 2, None, *({name: pair[k] for name, pair in told.items()} for k in (0, 1)))
    with pytest.raises(
        ConfigError, match=r"must stay as they are, got data\.augment = \['flip'\] and .* 'map' of maps"
    ):
        augmented(data, ["flip"])
    augmented(data.with_context(["label"]), ["flip"])
