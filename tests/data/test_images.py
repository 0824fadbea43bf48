import numpy as np
import pytest

from arzoo.data.images import HubImages, decode_images
from arzoo.data.sources import HubTable
from arzoo.errors import DataError

RED_AND_BLUE = np.array([[[255, 0, 0], [0, 0, 255]]], np.uint8)


def test_colour_images_keep_their_channels(tmp_path, encode, write_split):
    table = HubImages(HubTable("a/b", "c", "img"), (3, 1, 2))
    write_split(tmp_path / "a/b/c/test-0.parquet", "img", [encode(RED_AND_BLUE, "WEBP")], [0])
    images, _ = table.read("test", tmp_path)
    assert images.tolist() == [[[[255, 0]], [[0, 0]], [[0, 255]]]]
    assert images.is_contiguous()


def test_bytes_that_are_no_image_are_named_by_index(encode):
    files = [encode(RED_AND_BLUE), b"not an image"]
    with pytest.raises(DataError, match=r"Image 1 of here must be a WebP, PNG or JPEG file, and cannot be decoded"):
        decode_images(files, (3, 1, 2), "here")


@pytest.mark.parametrize("format", ["PNG", "WEBP"])
def test_a_truncated_image_is_named_by_index(encode, format):
    noise = np.random.default_rng(0).integers(0, 256, (8, 8, 3), dtype=np.uint8)
    with pytest.raises(DataError, match=r"Image 0 of here .* cannot be decoded"):
        decode_images([encode(noise, format)[:150]], (3, 8, 8), "here")


def test_an_image_of_another_size_is_named_by_index(encode):
    with pytest.raises(DataError, match="Image 0 of here must be 2 x 2 pixels, got 1 x 2"):
        decode_images([encode(RED_AND_BLUE)], (3, 2, 2), "here")
