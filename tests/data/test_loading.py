import numpy as np
import pytest
from PIL import Image

from arzoo.data import load_dataset
from arzoo.errors import DataError


def test_a_registered_name(small_root):
    data = load_dataset("mnist", "test", small_root[0])
    assert (data.id, data.split, len(data)) == ("mnist", "test", 5)


@pytest.mark.parametrize("prefix", ["npy:", ""])
def test_an_array(tmp_path, prefix):
    np.save(tmp_path / "codes.npy", np.zeros((4, 9), int))
    data = load_dataset(f"{prefix}{tmp_path / 'codes.npy'}", "train", num_levels=512)
    assert (data.id, data.num_levels, len(data)) == (f"npy:{tmp_path / 'codes.npy'}", 512, 4)


def test_a_folder(tmp_path):
    Image.fromarray(np.zeros((2, 2), np.uint8)).save(tmp_path / "a.png")
    assert load_dataset(f"folder:{tmp_path}", "train").num_levels == 256
    assert load_dataset(f"folder:{tmp_path}", "train", num_levels=17).num_levels == 17


def test_the_levels_of_a_registered_name_are_its_own():
    assert load_dataset("digits", "test", num_levels=17).num_levels == 17
    with pytest.raises(DataError, match=r"`num_levels` of digits must be 17, got 256. Leave it out."):
        load_dataset("digits", "test", num_levels=256)


def test_an_unknown_name_gives_the_nearest_and_all():
    with pytest.raises(
        DataError, match=r"Unknown data set 'minst'. Did you mean 'mnist'.* Known are .*digits.*npy:PATH"
    ):
        load_dataset("minst", "train")


def test_a_folder_without_its_prefix_is_told_of_it(tmp_path):
    with pytest.raises(DataError, match=f"Did you mean 'folder:{tmp_path}'"):
        load_dataset(str(tmp_path), "train")
