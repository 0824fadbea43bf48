import hashlib

import numpy as np
import pytest
import torch

from arzoo.context import Labels
from arzoo.data import Dataset, Pixels, split_digest
from arzoo.data.mnist import binarize
from arzoo.errors import DataError


@pytest.fixture
def dataset():
    items = torch.arange(10 * 12, dtype=torch.uint8).reshape(10, 3, 2, 2)
    context = {"label": Labels(10), "parity": Labels(2)}
    values = {"label": torch.arange(10), "parity": torch.arange(10) % 2}
    return Dataset("squares", "train", items, 256, Pixels(), context, values)


def test_a_batch_holds_the_items_and_their_context(dataset):
    x, context, *_ = dataset.batch([4, 1])
    assert torch.equal(x, dataset.items[[4, 1]])
    assert {name: value.tolist() for name, value in context.items()} == {"label": [4, 1], "parity": [0, 1]}
    assert (x.dtype, context["label"].dtype) == (torch.uint8, torch.int64)


def test_indices_may_be_a_tensor_a_range_or_count_from_the_end(dataset):
    for indices in (torch.tensor([8, 9]), range(8, 10), [-2, -1], np.array([8, 9])):
        assert dataset.batch(indices).context["label"].tolist() == [8, 9]


def test_an_index_beyond_the_end_is_refused(dataset):
    with pytest.raises(IndexError):
        dataset.batch([10])


def test_sizes(dataset):
    assert (len(dataset), dataset.event_shape, dataset.num_dims) == (10, (3, 2, 2), 12)
    assert (
        repr(dataset) == "Dataset('squares', 'train', 10 items of shape (3, 2, 2), 256 levels, context: label, parity)"
    )


def test_a_subset_of_a_subset(dataset):
    part = dataset.subset([2, 4, 6, 8]).subset([3, 1], "odd")
    assert part.batch([0, 1]).context["label"].tolist() == [8, 4]
    assert (len(part), part.split, part.items is dataset.items) == (2, "odd", True)
    assert part.digest == split_digest(dataset.items[[4, 8]])


def test_hold_out_cuts_a_seeded_part_off(dataset):
    train, validation = dataset.hold_out(3, seed=1)
    labels = [part.batch(range(len(part))).context["label"].tolist() for part in (train, validation)]
    assert sorted(labels[0] + labels[1]) == list(range(10))
    assert labels == [sorted(labels[0]), sorted(labels[1])]
    assert (len(train), len(validation), train.split, validation.split) == (7, 3, "train", "validation")
    assert dataset.hold_out(3, seed=1)[1].digest == validation.digest
    assert dataset.hold_out(3, seed=2)[1].digest != validation.digest


@pytest.mark.parametrize("count", [0, 10, -1])
def test_hold_out_leaves_neither_part_empty(dataset, count):
    with pytest.raises(DataError, match=f"validation part of squares must be 1 to 9 of its 10 items, got {count}"):
        dataset.hold_out(count)


def test_with_context_keeps_the_names_asked_for(dataset):
    assert set(dataset.with_context(["label"]).batch([0]).context) == {"label"}
    assert dataset.with_context([]).batch([0]).context == {}


def test_with_context_refuses_a_name_the_data_lacks(dataset):
    with pytest.raises(
        DataError, match=r"'lable' must be one that squares has; it has label, parity. Did you mean 'label'"
    ):
        dataset.with_context(["lable"])
    with pytest.raises(DataError, match=r"'speaker' .*; it has none"):
        dataset.with_context([]).with_context(["speaker"])


def test_an_item_is_drawn_alike_in_any_batch_and_subset():
    grey = torch.full((6, 1, 8, 8), 100, dtype=torch.uint8)
    drawn = Dataset("grey", "train", grey, 2, Pixels(2), draw=binarize)
    whole = drawn.batch(range(6), seed=3, epoch=2).x
    assert torch.equal(drawn.batch([5, 0], seed=3, epoch=2).x, whole[[5, 0]])
    assert torch.equal(drawn.subset([1, 4, 5]).batch([2], seed=3, epoch=2).x, whole[[5]])
    assert torch.equal(drawn.batch([-1], seed=3, epoch=2).x, whole[[5]])
    for other in ({"seed": 3, "epoch": 1}, {"seed": 4, "epoch": 2}):
        assert not torch.equal(drawn.batch(range(6), **other).x, whole)


def test_digest_is_the_hash_of_sorted_hashes_channels_last():
    items = torch.randint(256, (5, 3, 4, 4), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    hashes = sorted(hashlib.sha256(image.permute(1, 2, 0).numpy().tobytes()).digest() for image in items)
    assert split_digest(items) == hashlib.sha256(b"".join(hashes)).hexdigest()


def test_digest_of_wide_integers_does_not_depend_on_the_machine():
    codes = torch.tensor([[1, 300], [2, 400]], dtype=torch.int32)
    hashes = sorted(hashlib.sha256(np.array(row, "<i4").tobytes()).digest() for row in codes.tolist())
    assert split_digest(codes) == hashlib.sha256(b"".join(hashes)).hexdigest()


def test_digest_forgets_the_order_and_sees_every_change(dataset):
    assert dataset.subset(torch.randperm(10, generator=torch.Generator().manual_seed(0))).digest == dataset.digest
    changed = dataset.items.clone()
    changed[3, 0, 1, 1] += 1
    assert split_digest(changed) != dataset.digest
    assert dataset.subset(range(9)).digest != dataset.digest
