"""A VQ-VAE as a data spec: the nearest entry, what hangs on nothing but the weights, and what is refused."""

import pytest
import torch
from torch import nn

import arzoo
from arzoo import ConfigError, ShapeError
from arzoo.data import VQVAE, spec_from_config
from arzoo.data.vqvae import CHUNK


def images(*shape):
    return torch.randint(0, 256, shape, generator=torch.Generator().manual_seed(1)).to(torch.uint8)


@pytest.fixture
def spec():
    torch.manual_seed(0)
    return VQVAE(9, channels=3, hidden_channels=6, code_channels=4)


def identity(**sizes):
    """A VQ-VAE of one halving whose encoder and decoder do nothing but keep the first pixel of each patch."""
    spec = VQVAE(4, hidden_channels=1, code_channels=1, halvings=1, **sizes)
    spec.encoder, spec.decoder = nn.Conv2d(1, 1, 1, stride=2, bias=False), nn.Upsample(scale_factor=2)
    spec.decoder.register_parameter("unused", nn.Parameter(torch.zeros(1)))
    nn.init.ones_(spec.encoder.weight)
    spec.codebook = torch.tensor([[-1.0], [-0.2], [0.2], [1.0]])
    return spec


def test_a_patch_gets_the_nearest_entry_and_shows_it():
    raw = torch.tensor([[0, 9, 140, 9], [9, 9, 9, 9], [250, 9, 110, 9], [9, 9, 9, 9]], dtype=torch.uint8).view(
        1, 1, 4, 4
    )
    codes = identity().encode(raw)
    assert codes.tolist() == [[[[0, 2], [3, 1]]]]
    assert identity().decode(codes)[0, 0, ::2, ::2].tolist() == [[0, 153], [255, 102]]


def test_the_nearest_is_that_of_all_distances(spec):
    vectors = torch.randn(3, 4, 5, 2, generator=torch.Generator().manual_seed(2))
    distances = (vectors[:, None] - spec.codebook[None, :, :, None, None]).square().sum(2)
    assert torch.equal(spec.nearest(vectors), distances.argmin(1))
    assert torch.equal(spec.entries(spec.nearest(vectors))[1, :, 3, 0], spec.codebook[spec.nearest(vectors)[1, 3, 0]])


def test_shapes_and_types(spec):
    codes = spec.encode(images(2, 3, 8, 12))
    assert (codes.shape, codes.dtype) == ((2, 1, 2, 3), torch.int64)
    shown = spec.decode(codes)
    assert (shown.shape, shown.dtype) == ((2, 3, 8, 12), torch.uint8)


def test_an_image_has_the_same_codes_in_any_batch(spec):
    raw = images(CHUNK + 2, 3, 4, 4)
    assert torch.equal(spec.encode(raw)[-1:], spec.encode(raw[-1:]))
    assert torch.equal(spec.decode(spec.encode(raw))[-1:], spec.decode(spec.encode(raw[-1:])))


def test_codes_do_not_hang_on_the_dtype_of_the_model(spec):
    raw = images(20, 3, 8, 8)
    before = spec.encode(raw)
    assert torch.equal(spec.to(torch.bfloat16).encode(raw), before)
    assert {tensor.dtype for tensor in spec.state_dict().values()} == {torch.float32}


def test_the_config_and_the_tensors_make_it_again(spec):
    again = spec_from_config(spec.to_config())
    again.load_state_dict(spec.state_dict())
    raw = images(3, 3, 8, 8)
    assert again.to_config() == spec.to_config()
    assert torch.equal(again.decode(again.encode(raw)), spec.decode(spec.encode(raw)))


def test_nothing_of_it_is_trained_with_a_model(spec):
    assert not any(parameter.requires_grad for parameter in spec.parameters())


def test_it_travels_with_the_model_of_its_codes(tmp_path):
    torch.manual_seed(0)
    spec = VQVAE(7, hidden_channels=4, code_channels=2, training={"commit": "abc"})
    model = arzoo.create("gatedpixelcnn", "tiny-codes", event_shape=(1, 3, 4), data=spec)
    arzoo.save(model, tmp_path, dtype=torch.float16)
    loaded = arzoo.load(f"local-dir:{tmp_path}", dtype="float64")
    raw = images(2, 1, 12, 16)
    assert torch.equal(loaded.data.decode(loaded.data.encode(raw)), spec.decode(spec.encode(raw)))
    assert loaded.data.training_of == {"commit": "abc"}


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"num_levels": 1}, r"`num_levels` must be a whole number of at least 2, got 1"),
        ({"channels": 2}, r"`channels` of a VQVAE must be 1 or 3, got 2. Use channels=3 for RGB"),
        ({"halvings": 0}, r"`halvings` must be a whole number of at least 1, got 0"),
        ({"hidden_channels": 2.5}, r"`hidden_channels` must be a whole number of at least 1, got 2.5"),
    ],
)
def test_sizes_out_of_range_are_refused(arguments, sentence):
    with pytest.raises(ConfigError, match=sentence):
        VQVAE(**arguments)


@pytest.mark.parametrize("shape", [(3, 8, 8), (1, 1, 8, 8), (1, 3, 8, 10)])
def test_other_images_are_refused(spec, shape):
    rule = r"`raw` must be torch.uint8 of shape \(B, 3, H, W\), sides multiples of 4"
    with pytest.raises(ShapeError, match=rf"{rule}, got torch.uint8 of shape \({', '.join(map(str, shape))}\)"):
        spec.encode(images(*shape))
    with pytest.raises(ShapeError, match=rf"{rule}, got torch.float32 of shape \(1, 3, 8, 8\)"):
        spec.encode(torch.zeros(1, 3, 8, 8))


def test_what_is_no_code_is_not_decoded(spec):
    with pytest.raises(ShapeError, match=r"`levels` must be integers from 0 to 8, got 9 to 9"):
        spec.decode(torch.full((1, 1, 2, 2), 9))
    with pytest.raises(ShapeError, match=r"`levels` must have shape \(B, 1, h, w\), got \(1, 2, 2\)"):
        spec.decode(torch.zeros(1, 2, 2, dtype=torch.int64))
