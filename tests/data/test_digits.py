import sys

import pytest
import torch

from arzoo.data.digits import load_digits
from arzoo.errors import DataError


@pytest.fixture(scope="module")
def splits():
    return {split: load_digits(split) for split in ("train", "test")}


def test_every_digit_is_in_one_split(splits):
    images = [bytes(item.numpy()) for data in splits.values() for item in data.batch(range(len(data))).x]
    assert {split: len(data) for split, data in splits.items()} == {"train": 1437, "test": 360}
    assert len(set(images)) == 1797


def test_the_splits_are_fixed(splits):
    assert splits["train"].digest == "cc86890fa5d71264e5a2aa412bc0163c4ae37c7b7ca618b51c1f33a30ae6bdeb"
    assert splits["test"].digest == "b81de81397e9c2093365a79e66e5b50d2b831c49259812c102a5b6b572dc0697"


def test_levels_and_labels(splits):
    x, context, *_ = splits["test"].batch(range(360))
    assert (x.dtype, x.shape, x.min(), x.max()) == (torch.uint8, (360, 1, 8, 8), 0, 16)
    assert torch.bincount(context["label"]).tolist() == [38, 36, 30, 38, 38, 38, 31, 38, 35, 38]
    assert splits["test"].spec.num_levels == splits["test"].num_levels == 17
    assert splits["test"].context["label"].names == tuple("0123456789")


def test_labels_belong_to_their_images(splits):
    """A nearest-neighbour classifier knows real digits; it would not know shuffled labels."""
    (x, known, *_), (y, asked, *_) = (splits[split].batch(range(360)) for split in ("train", "test"))
    nearest = torch.cdist(y.flatten(1).double(), x.flatten(1).double()).argmin(1)
    assert (known["label"][nearest] == asked["label"]).double().mean() > 0.9


def test_an_unknown_split_is_refused():
    with pytest.raises(DataError, match="split of digits must be 'train' or 'test', got 'validation'"):
        load_digits("validation")


def test_without_scikit_learn_the_command_that_installs_it_is_given(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn", None)  # as if it were not installed
    with pytest.raises(DataError, match=r'digits needs scikit-learn. Run: pip install "arzoo\[data\]"'):
        load_digits("train")
