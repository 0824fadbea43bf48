import numpy as np
import pytest
import torch
from PIL import Image

from arzoo import audio
from arzoo.data import PCM, VQVAE, Alphabet, MuLaw, Palette, Pixels, load_dataset
from arzoo.errors import ConfigError, DataError


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


def test_a_text_by_its_own_alphabet_or_a_models(tmp_path):
    (tmp_path / "a.txt").write_text("abba")
    assert load_dataset(f"text:{tmp_path / 'a.txt'}", "train").num_levels == 2
    data = load_dataset(f"text:{tmp_path / 'a.txt'}", "train", num_levels=3, spec=Alphabet("cba"))
    assert data.batch([0]).x.tolist() == [[2, 1, 1, 2]]
    with pytest.raises(DataError, match=r"`num_levels` of text:.*a.txt must be 2, got 65. Leave it out."):
        load_dataset(f"text:{tmp_path / 'a.txt'}", "train", num_levels=65)


def test_sounds_by_their_own_rate_or_a_models(tmp_path):
    audio.write(tmp_path / "a.wav", torch.zeros(100), 8000)
    assert load_dataset(f"audio:{tmp_path}", "train").spec.sample_rate == 8000
    assert load_dataset(f"audio:{tmp_path}", "train", num_levels=65536).num_levels == 65536
    data = load_dataset(f"audio:{tmp_path}", "train", num_levels=65536, spec=PCM(65536, 4000), resample=True)
    assert data.lengths.tolist() == [50]


def test_a_registered_name_must_stand_for_what_the_model_takes(small_root):
    assert len(load_dataset("mnist", "test", small_root[0], spec=Pixels(256))) == 5
    with pytest.raises(DataError, match=r"of mnist stand for Pixels\(256\), got a model of MuLaw\(256.*\)"):
        load_dataset("mnist", "test", small_root[0], spec=MuLaw(256))


def test_images_become_the_levels_of_codes_and_palettes(small_root):
    spec = VQVAE(8, hidden_channels=4, code_channels=2)
    data, images = (load_dataset("mnist", "test", small_root[0], spec=given) for given in (spec, None))
    assert (data.event_shape, data.num_levels, data.spec) == ((1, 7, 7), 8, spec)
    assert torch.equal(data.batch([3, 1]).x.long(), spec.encode(images.batch([3, 1]).x))
    assert torch.equal(data.batch([3, 1]).context["label"], images.batch([3, 1]).context["label"])
    with pytest.raises(ConfigError, match=r"A palette must be known .* got Palette\(256, known=False\)"):
        load_dataset("mnist", "test", small_root[0], spec=Palette(256))


def test_an_array_of_codes_is_not_encoded_again(tmp_path):
    np.save(tmp_path / "codes.npy", np.full((3, 7, 7), 5))
    data = load_dataset(str(tmp_path / "codes.npy"), "all", num_levels=8, spec=VQVAE(8, hidden_channels=4))
    assert data.batch([0]).x.unique().tolist() == [5]


def test_levels_of_another_number_are_left_to_whoever_compares_the_model(small_root):
    assert load_dataset("mnist", "test", small_root[0], spec=MuLaw(16)).num_levels == 256


def test_an_unknown_name_gives_the_nearest_and_all():
    with pytest.raises(
        DataError, match=r"Unknown data set 'minst'. Did you mean 'mnist'.* Known are .*digits.*npy:PATH.*text:PATH"
    ):
        load_dataset("minst", "train")


def test_a_folder_without_its_prefix_is_told_of_it(tmp_path):
    with pytest.raises(DataError, match=f"Did you mean 'folder:{tmp_path}'"):
        load_dataset(str(tmp_path), "train")


def test_a_file_without_its_prefix_is_told_of_it(tmp_path):
    (tmp_path / "a.txt").write_text("ab")
    with pytest.raises(DataError, match=f"Did you mean 'text:{tmp_path / 'a.txt'}'"):
        load_dataset(str(tmp_path / "a.txt"), "train")
