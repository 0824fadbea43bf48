import io

import numpy as np
import pytest
import torch
from PIL import Image

import arzoo
from arzoo.anomaly import CODERS, complexity


def images(shape, seed=0):
    return torch.from_numpy(np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8))


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("coder", CODERS)
def test_bits_are_those_of_a_file_that_restores_the_image(channels, coder):
    x = images((3, channels, 8, 10))
    bits = complexity(x, coder)
    assert bits.shape == (3,) and bits.dtype == torch.float64
    for image, found in zip(x, bits, strict=True):
        sizes = {}
        for name, how in {"png": {"optimize": True}, "webp": {"lossless": True, "quality": 100, "method": 6}}.items():
            file = io.BytesIO()
            pixels = image.movedim(0, -1).numpy()
            Image.fromarray(pixels.squeeze(-1) if channels == 1 else pixels).save(file, format=name.upper(), **how)
            sizes[name] = 8 * len(file.getvalue()) / image.numel()
        assert found == (min(sizes.values()) if coder == "smallest" else sizes[coder])


def test_black_and_white_is_one_bit_a_pixel_in_a_png():
    x = (images((1, 1, 64, 64)) > 127).to(torch.uint8) * 255
    assert complexity(x, "png") < 1.3


def test_simple_images_cost_less_than_noise():
    flat = torch.full((1, 3, 32, 32), 9, dtype=torch.uint8)
    smooth = torch.arange(32, dtype=torch.uint8).expand(1, 3, 32, 32).contiguous()
    flat_bits, smooth_bits, noise_bits = (complexity(x).item() for x in (flat, smooth, images((1, 3, 32, 32))))
    assert flat_bits < smooth_bits < 2 < 8 < noise_bits


def test_no_image_has_no_bits():
    assert complexity(images((0, 3, 8, 8))).shape == (0,)


def test_mistakes_are_one_sentence():
    with pytest.raises(arzoo.ConfigError, match=r"`coder` must be one of webp, png, smallest, got 'jpg'\."):
        complexity(images((1, 1, 8, 8)), "jpg")
    with pytest.raises(arzoo.ShapeError, match=r"`images` must be uint8 .*, got torch\.uint8 \(1, 2, 8, 8\)\."):
        complexity(images((1, 2, 8, 8)))
    with pytest.raises(arzoo.ShapeError, match=r"got torch\.float32 \(1, 1, 8, 8\)\. Use model\.data\.decode"):
        complexity(images((1, 1, 8, 8)).float())
