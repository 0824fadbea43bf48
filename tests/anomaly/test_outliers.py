import pytest
import torch

import arzoo
from arzoo.anomaly import OUTLIERS, outliers
from arzoo.anomaly.outliers import resized


@pytest.fixture
def images():
    return torch.randint(256, (6, 3, 8, 8), generator=torch.Generator().manual_seed(0)).byte()


@pytest.mark.parametrize("name", OUTLIERS)
def test_outliers_are_images_and_come_again(images, name):
    made = outliers(name, images, 3)
    assert (made.shape, made.dtype) == (images.shape, torch.uint8)
    assert torch.equal(outliers(name, images, 3), made)
    assert not torch.equal(made, images)
    if name != "halves":
        assert torch.equal(outliers(name, images[:2], 3), made[:2])
    grey = outliers(name, images[:, :1], 3)
    assert grey.shape == (6, 1, 8, 8)


@pytest.mark.parametrize("name", ["constant", "noise", "scrambled", "scrambled-pixels", "tinted", "grainy", "sheared"])
def test_a_seed_is_a_draw(images, name):
    assert not torch.equal(outliers(name, images, 3), outliers(name, images, 4))


def test_constant_is_one_colour_and_noise_is_even(images):
    made = outliers("constant", images)
    assert (made == made[..., :1, :1]).all()
    assert len({tuple(colour) for colour in made[..., 0, 0].tolist()}) == 6
    noise = outliers("noise", torch.zeros(40, 3, 32, 32).byte())
    counts = torch.bincount(noise.flatten().long(), minlength=256).double()
    assert ((counts - 480) ** 2 / 480).sum() < 342  # 255 degrees of freedom: exceeded once in five thousand


def test_scrambling_moves_patches_whole(images):
    marked = torch.arange(4).view(1, 1, 2, 2).repeat_interleave(4, 2).repeat_interleave(4, 3).byte()
    made = outliers("scrambled", marked.expand(20, 3, 8, 8))
    cut = made.unflatten(2, (2, 4)).unflatten(4, (2, 4))
    assert (cut == cut[:, :, :, :1, :, :1]).all()
    assert (made[:, 0].flatten(1).sort(1).values == marked.flatten().sort().values).all()
    assert len({tuple(each) for each in cut[:, 0, :, 0, :, 0].flatten(1).tolist()}) > 5
    assert torch.equal(outliers("scrambled", images, 1, patch=8), images)
    pixels = outliers("scrambled-pixels", images)
    colours = [sorted(map(tuple, image.flatten(1).T.tolist())) for image in images]
    assert [sorted(map(tuple, image.flatten(1).T.tolist())) for image in pixels] == colours


def test_what_the_others_do(images):
    assert torch.equal(outliers("rotated", outliers("rotated", images)), images.flip(2, 3))
    assert torch.equal(outliers("negative", images), 255 - images)
    assert (outliers("tinted", images) <= images).all()
    assert (outliers("grey", images).int() - images.double().mean(1, keepdim=True)).abs().max() <= 0.5
    assert torch.equal(outliers("halves", images)[3], torch.cat([images[3, :, :4], images[2, :, 4:]], 1))
    assert torch.equal(outliers("pixelated", images)[..., 1::2, 1::2], images[..., ::2, ::2])
    assert outliers("blurred", images).double().std() < images.double().std() / 2
    change = outliers("grainy", torch.full((40, 1, 32, 32), 128).byte()).double() - 128
    assert abs(change.std() - 5) < 0.2 and abs(change.mean()) < 0.2
    sheared, rows = outliers("sheared", images), images.movedim(1, -2).flatten(0, 1)
    steps = {
        next(k for k in range(-3, 4) if torch.equal(row.roll(k, -1), new))
        for row, new in zip(rows, sheared.movedim(1, -2).flatten(0, 1), strict=True)
    }
    assert len(steps) > 3


def test_other_images_are_brought_to_a_models_size(images):
    made = resized(images, 1, 4, 6)
    assert (made.shape, made.dtype) == ((6, 1, 4, 6), torch.uint8)
    colour = resized(images[:, :1], 3, 8, 8)
    assert torch.equal(colour, images[:, :1].expand(-1, 3, -1, -1))


def test_mistakes_are_one_sentence(images):
    with pytest.raises(
        arzoo.ConfigError, match=r"Unknown outliers 'nose'\. Did you mean 'noise'\? Known are constant,"
    ):
        outliers("nose", images)
    with pytest.raises(arzoo.ShapeError, match=r"`patch` must divide the size of the images, 8x8, got 3\."):
        outliers("scrambled", images, patch=3)
    with pytest.raises(arzoo.ShapeError, match=r"even sides to be pixelated, got 7x8\."):
        outliers("pixelated", images[:, :, :7])
