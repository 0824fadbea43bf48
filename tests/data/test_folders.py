import numpy as np
import pytest
import torch
from PIL import Image

from arzoo.data.folders import load_folder
from arzoo.errors import ConfigError, DataError


def save(path, pixels):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.asarray(pixels, np.uint8)).save(path)


@pytest.fixture
def grey(tmp_path):
    for index in range(3):
        save(tmp_path / f"{index}.png", np.full((2, 4), 100 * index))
    return tmp_path


def test_grey_images_in_order_of_their_names(grey):
    data = load_folder(grey, "test")
    assert (data.id, data.split, data.num_levels, data.event_shape) == (f"folder:{grey}", "all", 256, (1, 2, 4))
    assert data.batch(range(3)).x[:, 0, 0, 0].tolist() == [0, 100, 200]


def test_colour_images_come_channels_first(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (2, 4, 3))
    save(tmp_path / "a.png", pixels)
    assert torch.equal(load_folder(tmp_path, "train").batch([0]).x[0], torch.from_numpy(pixels).byte().permute(2, 0, 1))


def test_pixels_are_quantised_to_the_levels_asked_for(grey):
    data = load_folder(grey, "train", num_levels=2)
    assert data.batch(range(3)).x[:, 0, 0, 0].tolist() == [0, 0, 1]
    assert data.spec.num_levels == data.num_levels == 2


def test_sub_folders_are_splits(tmp_path):
    save(tmp_path / "train/a.png", np.zeros((2, 2)))
    save(tmp_path / "test/a.png", np.ones((2, 2)))
    assert load_folder(tmp_path, "test").batch([0]).x.unique().tolist() == [1]
    assert load_folder(tmp_path, "train").split == "train"


def test_a_missing_split_is_refused_with_those_there_are(tmp_path):
    save(tmp_path / "train/a.png", np.zeros((2, 2)))
    with pytest.raises(DataError, match="must be 'train', got 'test'"):
        load_folder(tmp_path, "test")


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(DataError, match=r"must name a folder of images, got '.*nowhere', which is none"):
        load_folder(tmp_path / "nowhere", "train")


def test_an_empty_folder_is_named(tmp_path):
    (tmp_path / ".hidden").touch()
    with pytest.raises(DataError, match=r"must hold image files, and .* holds none"):
        load_folder(tmp_path, "train")


@pytest.mark.parametrize("pixels", [np.zeros((4, 2)), np.zeros((2, 4, 3))])
def test_an_image_unlike_the_first_is_named(grey, pixels):
    save(grey / "7.png", pixels)
    with pytest.raises(DataError, match=r"like 0.png, 2 x 4 L; .*7.png is (4 x 2 L|2 x 4 RGB)"):
        load_folder(grey, "train")


@pytest.mark.parametrize("name", ["notes.txt", "broken.png"])
def test_a_file_that_is_no_image_is_named(grey, name):
    (grey / name).write_bytes(b"no image")
    with pytest.raises(DataError, match=f"must be an image; .*{name} cannot be read"):
        load_folder(grey, "train")


def test_a_truncated_image_is_named(grey):
    pixels = np.random.default_rng(0).integers(0, 256, (2, 4))
    save(grey / "whole.png", pixels)
    (grey / "cut.png").write_bytes((grey / "whole.png").read_bytes()[:50])
    with pytest.raises(DataError, match=r"cut.png cannot be read"):
        load_folder(grey, "train")


def test_an_image_of_another_mode_is_named_with_the_repair(grey):
    save(grey / "alpha.png", np.zeros((2, 4, 4)))
    with pytest.raises(DataError, match=r'alpha.png has RGBA. Use Image.open\("alpha.png"\).convert\("RGB"\)'):
        load_folder(grey, "train")


def test_impossible_levels_are_refused(grey):
    with pytest.raises(ConfigError, match="must be 2 to 256, got 1"):
        load_folder(grey, "train", num_levels=1)
