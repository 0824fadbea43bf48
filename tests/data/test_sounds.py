import pytest
import torch

from arzoo import audio
from arzoo.data import PCM, Alphabet, MuLaw
from arzoo.data.sounds import load_sounds
from arzoo.errors import ConfigError, DataError


@pytest.fixture
def sounds(tmp_path):
    """Function that writes sounds of a rate into a folder and returns it."""

    def write(rate=8000, folder="", names="ba"):
        (tmp_path / folder).mkdir(exist_ok=True)
        for name in names:
            audio.write(tmp_path / folder / f"{name}.wav", torch.linspace(-0.5, 0.5, ord(name)), rate)
        return tmp_path

    return write


def test_clips_come_in_order_of_their_names(sounds):
    path = sounds(11025)
    data = load_sounds(path, "train")
    assert (data.id, data.split, data.event_shape) == (f"audio:{path}", "all", (None,))
    assert (data.spec.to_config(), data.num_levels) == (MuLaw(256, 11025).to_config(), 256)
    assert data.lengths.tolist() == [ord("a"), ord("b")]
    assert torch.equal(data.batch([0]).x[0], data.spec.encode(audio.read(path / "a.wav", 11025)))
    assert list(data.available) == ["mel"]


@pytest.mark.parametrize(("num_levels", "kind"), [(16, MuLaw), (65536, PCM)])
def test_more_than_256_levels_are_even(sounds, num_levels, kind):
    data = load_sounds(sounds(), "train", num_levels)
    assert isinstance(data.spec, kind)
    assert data.num_levels == data.spec.num_levels == num_levels


def test_a_model_decides_levels_and_rate(sounds):
    with pytest.raises(DataError, match=r"must have 16000 samples a second, and .*a.wav has 8000. Use resample=True"):
        load_sounds(sounds(), "train", spec=PCM(65536, 16000))
    data = load_sounds(sounds(), "train", spec=PCM(65536, 16000), resample=True)
    assert (data.num_levels, data.lengths.tolist()) == (65536, [2 * ord("a"), 2 * ord("b")])


def test_all_must_be_of_the_rate_of_the_first(sounds):
    sounds(8000, names="a")
    with pytest.raises(DataError, match=r"must have 8000 samples a second, and .*b.wav has 16000"):
        load_sounds(sounds(16000, names="b"), "train")


def test_sub_folders_are_splits(sounds):
    sounds(folder="train")
    path = sounds(folder="test", names="c")
    assert load_sounds(path, "test").lengths.tolist() == [ord("c")]
    with pytest.raises(DataError, match=r"The split of audio:.* must be 'train' or 'test', got 'all'"):
        load_sounds(path, "all")


def test_a_folder_that_is_none_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"audio:PATH must name a folder of sounds, got '.*nowhere', which is none"):
        load_sounds(tmp_path / "nowhere", "train")


def test_a_folder_without_sounds_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"must hold sound files, and .* holds none"):
        load_sounds(tmp_path, "train")


def test_a_file_that_is_no_sound_is_named(sounds):
    path = sounds()
    (path / "note.txt").write_text("not a sound")
    with pytest.raises(DataError, match=r"and .*note.txt is none"):
        load_sounds(path, "train")


def test_sounds_are_not_read_by_what_is_not_of_sound(sounds):
    with pytest.raises(DataError, match=r"must be read by MuLaw or PCM levels, got Alphabet\('ab'\). Use a model of"):
        load_sounds(sounds(), "train", spec=Alphabet("ab"))


def test_too_many_levels_are_refused(sounds):
    with pytest.raises(ConfigError, match="must be 2 to 65536, got 65537"):
        load_sounds(sounds(), "train", 65537)
