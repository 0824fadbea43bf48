import numpy as np
import pytest
import torch

from arzoo.data.cifar10 import load_cifar10

DIGESTS = {
    "train": "6bebf6967ad9d2d12d9cf95f54164bd95a0954d3177f1285fa8dd3673671ca76",
    "test": "eb97bdfceb97fec3832a6abdbbf9f16340a510375c77ce1b32c45de1e6d88318",
}


def test_cifar10_is_its_images_channels_first(tmp_path, encode, write_split):
    pixels = np.random.default_rng(0).integers(0, 256, (2, 32, 32, 3), dtype=np.uint8)
    path = tmp_path / "uoft-cs/cifar10/plain_text/test-0.parquet"
    write_split(path, "img", [encode(image, "WEBP") for image in pixels], [9, 0])
    data = load_cifar10("test", tmp_path)
    x, context, *_ = data.batch([0, 1])
    assert torch.equal(x, torch.from_numpy(pixels).permute(0, 3, 1, 2))
    assert [data.context["label"].names[label] for label in context["label"]] == ["truck", "airplane"]
    assert (data.num_levels, data.event_shape, data.num_dims) == (256, (3, 32, 32), 3072)


@pytest.mark.parametrize(("split", "count"), [pytest.param("train", 50000, marks=pytest.mark.slow), ("test", 10000)])
def test_the_real_images_are_the_known_ones(data_root, split, count):
    data = load_cifar10(split, data_root)
    assert (len(data), data.digest) == (count, DIGESTS[split])
    assert torch.bincount(data.values["label"]).tolist() == [count // 10] * 10
