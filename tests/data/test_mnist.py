import numpy as np
import pytest
import torch

from arzoo.data.mnist import BINARIZED_TEST_DIGEST, binarize, load_binarized_mnist, load_mnist

DIGESTS = {
    "train": "03a8a048601ebb4610dcd79cd759c718bed893982a4c153c4f33a41885101c0b",
    "test": "e2842441ab1468bab7eeaa886875a3a7662245f3768610c4b4ca84d7ac309c70",
}
TEST_LABELS = [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]


def test_mnist_is_its_images_at_256_levels(small_root):
    root, pixels = small_root
    data = load_mnist("train", root)
    assert torch.equal(data.batch(range(5)).x, torch.from_numpy(pixels)[:, None])
    assert (data.id, data.num_levels, data.event_shape, list(data.context)) == ("mnist", 256, (1, 28, 28), ["label"])


def test_training_images_are_drawn_anew_each_epoch(small_root):
    data = load_binarized_mnist("train", small_root[0])
    epochs = [data.batch(range(5), seed=1, epoch=epoch).x for epoch in range(3)]
    assert data.num_levels == 2
    assert all(set(x.unique().tolist()) == {0, 1} for x in epochs)
    assert not torch.equal(epochs[0], epochs[1])
    assert torch.equal(epochs[2], data.batch(range(5), seed=1, epoch=2).x)


def test_the_test_split_is_one_fixed_draw(small_root):
    data = load_binarized_mnist("test", small_root[0])
    drawn = data.batch(range(5), seed=1, epoch=2).x
    assert torch.equal(drawn, data.batch(range(5), seed=7, epoch=0).x)
    assert torch.equal(drawn, binarize(torch.from_numpy(small_root[1])[:, None], np.arange(5), 0, 0))


def test_a_pixel_is_one_as_often_as_it_is_bright():
    grey = torch.tensor([0, 1, 64, 128, 254, 255], dtype=torch.uint8).expand(20000, 1, 1, 6)
    ones = binarize(grey, np.arange(20000), 0, 0).double().mean(0).flatten()
    expected = grey[0].flatten().double() / 255
    assert ones[0] == 0
    assert ones[5] == 1
    assert ((ones - expected).abs() <= 4 * (expected * (1 - expected) / 20000).sqrt()).all()


def test_no_images_are_drawn_as_none():
    assert binarize(torch.empty(0, 1, 28, 28, dtype=torch.uint8), np.arange(0), 0, 0).shape == (0, 1, 28, 28)


@pytest.mark.parametrize(("split", "count"), [("train", 60000), ("test", 10000)])
def test_the_real_images_are_the_known_ones(data_root, split, count):
    data = load_mnist(split, data_root)
    assert (len(data), data.digest) == (count, DIGESTS[split])


def test_the_real_test_draw_is_the_recorded_one(data_root):
    data = load_binarized_mnist("test", data_root)
    assert data.digest == BINARIZED_TEST_DIGEST
    assert torch.bincount(data.values["label"]).tolist() == TEST_LABELS
