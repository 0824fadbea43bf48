import huggingface_hub
import pytest
import torch

from arzoo.data import Alphabet, Pixels
from arzoo.data.text import load_text, load_tiny_shakespeare
from arzoo.errors import DataError

DIGESTS = {
    "train": "d4fb31daa3e2171005ccaceb701ddb374ca0c9f12fc55f39d8437e6726820432",
    "test": "bdfc332c6b301afbde40701529c963c515b157bea8908abf81530898f6f7f1cf",
}


@pytest.fixture
def text_file(tmp_path):
    """Function that writes a text and returns its path."""

    def write(text):
        path = tmp_path / "a.txt"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def text_of(data):
    return data.spec.decode(data.batch([0]).x[0])


def test_a_text_is_one_clip_in_the_alphabet_of_its_own(text_file):
    path = text_file("héllo\r\n\U0001f600")
    data = load_text(path)
    assert (data.id, data.split, data.event_shape, len(data)) == (f"text:{path}", "all", (None,), 1)
    assert data.spec.characters == "\n\rhloé\U0001f600"
    assert text_of(data) == "héllo\r\n\U0001f600"
    assert data.items.symbols.dtype == torch.uint8


def test_more_than_256_characters_need_larger_integers(text_file):
    text = "".join(map(chr, range(0x4E00, 0x4E00 + 300)))
    data = load_text(text_file(text))
    assert (data.num_levels, data.items.symbols.dtype, text_of(data)) == (300, torch.int32, text)


def test_a_text_is_encoded_by_the_alphabet_of_a_model(text_file):
    data = load_text(text_file("abba"), Alphabet("dcba"))
    assert (data.num_levels, data.batch([0]).x.tolist()) == (4, [[3, 2, 2, 3]])


def test_a_character_outside_that_alphabet_is_named(text_file):
    with pytest.raises(DataError, match="one of the 3 of the alphabet, got 'd' at position 3, counted from 0"):
        load_text(text_file("abcd"), Alphabet("abc"))


def test_a_text_is_not_read_by_what_is_no_alphabet(text_file):
    with pytest.raises(DataError, match=r"a.txt must be read by an alphabet, got Pixels\(17\). Use a model of text"):
        load_text(text_file("abc"), Pixels(17))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"", r"at least one character, and .*a.txt has 0\."),
        (b"aaa", r"at least two different characters, and .*a.txt has only 'a'\."),
        (b"caf\xe9 au lait", r"must be UTF-8, and .*a.txt has byte 0xe9 at 3, counted from 0. Use iconv"),
    ],
)
def test_what_is_no_text_is_refused(text_file, text, message):
    with pytest.raises(DataError, match=message):
        load_text(text_file(text))


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"must be a file that can be read, and .*none.txt is not: No such file"):
        load_text(tmp_path / "none.txt")


@pytest.fixture
def small_play(tmp_path):
    """A data root whose Shakespeare has 25 characters, and those."""
    path = tmp_path / "karpathy/tiny-shakespeare/input.txt"
    path.parent.mkdir(parents=True)
    path.write_text("What's in a name? That wh")
    return tmp_path, "What's in a name? That wh"


def test_the_first_nine_tenths_are_for_training(small_play):
    root, text = small_play
    train, test = (load_tiny_shakespeare(split, root) for split in ("train", "test"))
    assert (text_of(train), text_of(test)) == (text[:22], text[22:])
    assert train.spec.characters == test.spec.characters == "".join(sorted(set(text)))


def test_an_unknown_split_is_refused(small_play):
    with pytest.raises(DataError, match="The split of tiny-shakespeare must be 'train' or 'test', got 'all'"):
        load_tiny_shakespeare("all", small_play[0])


def test_a_root_without_it_names_what_it_must_hold(tmp_path):
    with pytest.raises(DataError, match=r"must hold karpathy/tiny-shakespeare/input.txt, and does not. Give another"):
        load_tiny_shakespeare("train", tmp_path)


def test_without_a_root_it_is_fetched_from_the_hub(small_play, monkeypatch):
    def fetch(repo, file, *, repo_type):
        assert repo_type == "dataset"
        return str(small_play[0] / repo / file)

    monkeypatch.delenv("ARZOO_DATA_ROOT", raising=False)
    monkeypatch.setattr(huggingface_hub, "hf_hub_download", fetch)
    assert text_of(load_tiny_shakespeare("test")) == " wh"


def test_a_hub_out_of_reach_says_both_repairs(monkeypatch):
    def refuse(*_, **__):
        raise ConnectionError("no network")

    monkeypatch.delenv("ARZOO_DATA_ROOT", raising=False)
    monkeypatch.setattr(huggingface_hub, "hf_hub_download", refuse)
    with pytest.raises(
        DataError, match=r"tiny-shakespeare is not in the local cache .* \(ConnectionError\). Give .*--data-root or"
    ):
        load_tiny_shakespeare("test")


@pytest.mark.parametrize(("split", "count"), [("train", 1003854), ("test", 111540)])
def test_the_real_text_is_the_known_one(data_root, split, count):
    data = load_tiny_shakespeare(split, data_root)
    assert (data.num_levels, data.lengths.tolist(), data.digest) == (65, [count], DIGESTS[split])
