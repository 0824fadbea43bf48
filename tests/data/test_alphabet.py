import json

import pytest
import torch

from arzoo.data import Alphabet, Pixels, spec_from_config
from arzoo.errors import ConfigError, DataError, ShapeError

GREEK = "Ωa\U0001f600é\nb"  # in no order, and beyond the first 65,536 code points


def test_a_level_is_the_place_in_the_alphabet():
    assert Alphabet(GREEK).encode("b\U0001f600Ω\na").tolist() == [5, 2, 0, 4, 1]


def test_decode_undoes_encode():
    text = GREEK * 7 + GREEK[::-1]
    assert Alphabet(GREEK).decode(Alphabet(GREEK).encode(text)) == text


def test_no_text_is_no_levels():
    assert Alphabet("ab").encode("").shape == (0,)
    assert Alphabet("ab").decode(torch.empty(0, dtype=torch.int64)) == ""


def test_the_alphabet_of_a_text_is_its_characters_in_order():
    assert Alphabet.of("hello, world").characters == " ,dehlorw"


def test_spec_survives_its_config_as_json():
    spec = spec_from_config(json.loads(json.dumps(Alphabet(GREEK).to_config())))
    assert (spec.characters, spec.num_levels, spec.medium) == (GREEK, 6, "text")
    assert repr(Alphabet("ab")) == "Alphabet('ab')"
    assert Pixels().medium == "image"


@pytest.mark.parametrize(
    ("characters", "came"), [("a", "got 1 in 'a'"), ("", "got 0 in ''"), ("abca", "got 3 in 'abca'")]
)
def test_too_few_or_repeated_characters_are_refused(characters, came):
    with pytest.raises(ConfigError, match=rf"at least two, all different, {came}. Use Alphabet"):
        Alphabet(characters)


@pytest.mark.parametrize(
    ("text", "came"),
    [("abxay", "'x' at position 2,"), ("é", "'é' at position 0,"), ("a\udce9", r"'\\udce9' at position 1")],
)
def test_the_first_character_outside_is_named_with_its_position(text, came):
    with pytest.raises(DataError, match=rf"one of the 3 of the alphabet, got {came}"):
        Alphabet("abc").encode(text)


def test_a_batch_of_texts_is_decoded_one_by_one():
    with pytest.raises(ShapeError, match=r"must have shape \(T,\), got \(2, 3\). Use \[spec.decode\(row\)"):
        Alphabet("ab").decode(torch.zeros(2, 3, dtype=torch.int64))


def test_decode_refuses_what_are_no_levels():
    with pytest.raises(ShapeError, match="integers from 0 to 1, got 0 to 2"):
        Alphabet("ab").decode(torch.tensor([0, 2]))
