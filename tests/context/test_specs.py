import numpy as np
import pytest
import torch

from arzoo.context import Labels, Latent, Series
from arzoo.errors import ContextError

ANIMALS = Labels(3, ("cat", "dog", "owl"))
DIGITS = Labels(10, [str(digit) for digit in reversed(range(10))])


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (2, [2, 2]),
        ("owl", [2, 2]),
        ("1", [1, 1]),
        ([0, 2], [0, 2]),
        (("dog", "cat"), [1, 0]),
        (["dog", 2], [1, 2]),
        (torch.tensor(1), [1, 1]),
        (torch.tensor([2, 0], dtype=torch.uint8), [2, 0]),
        (np.array([2, 0]), [2, 0]),
        (np.int32(1), [1, 1]),
    ],
    ids=repr,
)
def test_labels_come_as_numbers_or_names_one_or_one_an_event(value, expected):
    labels = ANIMALS.check(value, batch=2)
    assert labels.dtype == torch.int64
    assert labels.tolist() == expected


def test_a_name_that_is_a_number_is_the_name():
    assert DIGITS.check("7", batch=1).tolist() == [2]
    assert DIGITS.check(7, batch=1).tolist() == [7]


@pytest.mark.parametrize(("text", "value"), [("dog", 1), ("2", 2), ("cat,owl", [0, 2]), ("0, dog", [0, 1])])
def test_labels_are_read_from_the_command_line(text, value):
    assert ANIMALS.parse(text) == value


def test_a_name_with_a_comma_is_one_name():
    assert Labels(2, ["bread, white", "bread, rye"]).parse("bread, rye") == 1


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (3, r"Labels must be 0 to 2 \(cat, dog, owl\), got \[3\]"),
        ([0, -1], r"Labels must be 0 to 2 \(cat, dog, owl\), got \[-1, 0\]"),
        ([0, 1, 2], r"Labels must be one number or 2, one an event, got shape \(3,\)"),
        (torch.zeros(2, 1, dtype=torch.long), r"got shape \(2, 1\)"),
        (1.0, r"Labels must be integers, got torch.float32. Use labels.long\(\)"),
        (True, r"Labels must be integers, got torch.bool"),
        ("hamster", r"A label must be one of cat, dog, owl, got 'hamster'\."),
        ("Dogg", r"got 'Dogg'\. Did you mean 'dog'\?"),
        ({"a": 1}, r"Labels must be integers, got dict"),
        (None, r"Labels must be integers, got NoneType"),
        ([0, [1]], r"Labels must be integers, got list"),
    ],
    ids=repr,
)
def test_labels_that_are_none_are_refused(value, message):
    with pytest.raises(ContextError, match=message):
        ANIMALS.check(value, batch=2)


def test_a_text_for_labels_without_names_is_a_number():
    with pytest.raises(ContextError, match=r"A label must be a number from 0 to 5, got 'cat'\."):
        Labels(6).parse("cat")


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: Labels(0), r"`num_classes` must be at least 1, got 0"),
        (lambda: Labels(2, ["a"]), r"`names` must be 2 different names, got \['a'\]"),
        (lambda: Labels(2, ["a", "a"]), r"`names` must be 2 different names, got \['a', 'a'\]"),
        (lambda: Latent(()), r"`shape` of a latent must be sizes of at least 1, got \(\)"),
        (lambda: Latent((2, 0)), r"`shape` of a latent must be sizes of at least 1, got \(2, 0\)"),
        (lambda: Series(0, 4), r"`channels` and `hop` must be at least 1, got 0 and 4"),
        (lambda: Series(4, -1), r"`channels` and `hop` must be at least 1, got 4 and -1"),
    ],
)
def test_impossible_specs_are_refused(build, message):
    with pytest.raises(ContextError, match=message):
        build()


def test_a_latent_holds_for_all_or_is_one_an_event():
    one = torch.randn(2, 3, dtype=torch.float64)
    assert torch.equal(Latent((2, 3)).check(one, batch=4), one.expand(4, 2, 3))
    each = torch.randn(4, 2, 3)
    assert torch.equal(Latent((2, 3)).check(each, batch=4), each)
    assert Latent((2,)).check(np.zeros(2, np.float32), batch=3).shape == (3, 2)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (torch.zeros(3, 2), r"A latent must have shape \(4, 2, 3\), got \(3, 2\)"),
        (torch.zeros(3, 2, 3), r"A latent must have shape \(4, 2, 3\), got \(3, 2, 3\)"),
        (
            torch.zeros(2, 3, dtype=torch.long),
            r"A latent must be of a floating dtype, got torch.int64\. Use \.float\(\)",
        ),
        (torch.full((2, 3), torch.nan), r"A latent must be finite, got nan"),
        ("clip.npy", r"A latent must be of a floating dtype, got str"),
    ],
    ids=["shape", "batch", "dtype", "nan", "text"],
)
def test_a_latent_of_another_shape_or_dtype_is_refused(value, message):
    with pytest.raises(ContextError, match=message):
        Latent((2, 3)).check(value, batch=4)


@pytest.mark.parametrize(("length", "frames"), [(40, 4), (41, 5), (1, 1), (None, 7)])
def test_a_series_has_a_frame_for_every_hop_begun(length, frames):
    assert Series(4, 10).check(torch.zeros(4, frames), batch=2, length=length).shape == (2, 4, frames)
    assert Series(4, 10).check(torch.zeros(2, 4, frames), batch=2, length=length).shape == (2, 4, frames)


@pytest.mark.parametrize(
    ("shape", "length", "message"),
    [
        ((4, 4), 41, r"A series must have shape \(2, 4, 5\) at hop 10, got \(4, 4\)"),
        ((3, 5), 41, r"A series must have shape \(2, 4, 5\) at hop 10, got \(3, 5\)"),
        ((3, 5), None, r"A series must have shape \(2, 4, frames\) at hop 10, got \(3, 5\)"),
        ((1, 4, 5), None, r"A series must have shape \(2, 4, frames\) at hop 10, got \(1, 4, 5\)"),
        ((), None, r"A series must have shape \(2, 4, frames\) at hop 10, got \(\)"),
    ],
)
def test_a_series_of_another_shape_is_refused(shape, length, message):
    with pytest.raises(ContextError, match=message):
        Series(4, 10).check(torch.zeros(shape), batch=2, length=length)


@pytest.mark.parametrize("spec", [Latent((2, 3)), Series(2, 5)], ids=repr)
def test_arrays_are_read_from_npy_files(spec, tmp_path):
    array = np.random.default_rng(0).normal(size=(2, 3))
    np.save(tmp_path / "array.npy", array)
    value = spec.parse(str(tmp_path / "array.npy"))
    assert np.array_equal(spec.check(value, batch=1)[0], array)


@pytest.mark.parametrize(
    "content", [None, b"", b"no array", b"\x93NUMPY"], ids=["missing", "empty", "text", "cut short"]
)
def test_what_is_no_npy_file_is_refused(content, tmp_path):
    path = tmp_path / "array.npy"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ContextError, match=r"A latent must be the path of a \.npy file of floats, got '.*array\.npy'"):
        Latent((2, 3)).parse(str(path))


def test_an_array_of_objects_is_not_unpickled(tmp_path):
    np.save(tmp_path / "array.npy", np.array([{}], dtype=object), allow_pickle=True)
    with pytest.raises(ContextError, match=r"must be the path of a \.npy file of floats"):
        Latent((1,)).parse(str(tmp_path / "array.npy"))


def test_of_many_names_a_sentence_lists_the_first():
    labels = Labels(1000, tuple(f"class{k}" for k in range(1000)))
    with pytest.raises(ContextError, match=r"0 to 999 \(class0, .*, class19, \.\.\.\), got \[1000\]\.$"):
        labels.check(1000, batch=1)
    with pytest.raises(ContextError, match=r"one of class0, .*, class19, \.\.\., got 'clas7'\. Did you mean"):
        labels.parse("clas7")
