import re

import numpy as np
import pytest
import torch

from arzoo.context import Labels, Latent
from arzoo.data.arrays import load_npy
from arzoo.errors import ConfigError, DataError


@pytest.fixture
def saved(tmp_path):
    """Function that saves an array and returns its path."""

    def save(array):
        np.save(tmp_path / "x.npy", array)
        return tmp_path / "x.npy"

    return save


@pytest.mark.parametrize(
    ("shape", "event_shape"),
    [((6, 2, 3), (1, 2, 3)), ((6, 3, 2, 2), (3, 2, 2)), ((6, 1, 5, 4), (1, 5, 4)), ((6, 7), (7,))],
)
def test_images_and_sequences(saved, shape, event_shape):
    array = np.arange(np.prod(shape)).reshape(shape) % 5
    path = saved(array)
    data = load_npy(path)
    assert (data.id, data.split, data.event_shape, data.num_levels) == (f"npy:{path}", "all", event_shape, 5)
    assert np.array_equal(data.batch(range(6)).x.numpy(), array.reshape(6, *event_shape))


def test_images_have_pixels_for_a_spec_and_others_none(saved):
    assert load_npy(saved(np.zeros((2, 3, 3), int)), 16).spec.num_levels == 16
    assert load_npy(saved(np.zeros((2, 3, 3), int)), 512).spec is None
    assert load_npy(saved(np.zeros((2, 3), int))).spec is None


@pytest.mark.parametrize("dtype", [np.uint8, np.int64, np.dtype(">u2"), np.uint64])
def test_any_integers_in_the_smallest_dtype_that_holds_them(saved, dtype):
    path = saved(np.array([[0, 200]], dtype))
    assert load_npy(path).batch([0]).x.dtype == torch.uint8
    assert load_npy(path, 65536).batch([0]).x.dtype == torch.int32
    assert load_npy(path).batch([0]).x.tolist() == [[0, 200]]


def test_one_level_alone_still_makes_two(saved):
    assert load_npy(saved(np.zeros((2, 3), int))).num_levels == 2


@pytest.mark.parametrize("shape", [(5, 32, 32, 3), (5, 28, 28, 1)])
def test_channels_last_is_named_with_the_repair(saved, shape):
    rule = f"must be (N, C, H, W), got {shape}, as if (N, H, W, C). Save array.transpose(0, 3, 1, 2)."
    with pytest.raises(DataError, match=re.escape(rule)):
        load_npy(saved(np.zeros(shape, int)))


@pytest.mark.parametrize("shape", [(5,), (1, 2, 3, 4, 5), (0, 3), ()])
def test_other_shapes_are_refused(saved, shape):
    with pytest.raises(DataError, match=re.escape(f"(N, H, W), (N, C, H, W) or (N, T) and not empty, got {shape}")):
        load_npy(saved(np.zeros(shape, int)))


@pytest.mark.parametrize("dtype", [np.float32, bool, np.complex128])
def test_what_are_no_integers_is_refused(saved, dtype):
    with pytest.raises(DataError, match=rf"must be of integers, got {np.dtype(dtype)}. Save array.astype"):
        load_npy(saved(np.zeros((2, 3), dtype)))


@pytest.mark.parametrize(
    ("array", "num_levels", "message"),
    [
        ([[0, 5]], 5, "must be 0 to 4, got 0 to 5"),
        ([[-1, 5]], None, "must be 0 to 2147483647, got -1 to 5"),
        ([[0, 2**40]], None, "got 0 to 1099511627776"),
    ],
)
def test_levels_out_of_range_are_refused(saved, array, num_levels, message):
    with pytest.raises(DataError, match=message):
        load_npy(saved(np.array(array)), num_levels)


@pytest.mark.parametrize("num_levels", [1, 0, -4])
def test_impossible_levels_are_refused(saved, num_levels):
    with pytest.raises(ConfigError, match=f"must be 2 or more, got {num_levels}"):
        load_npy(saved(np.zeros((2, 3), int)), num_levels)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(DataError, match=r"nowhere.npy cannot be read"):
        load_npy(tmp_path / "nowhere.npy")


@pytest.mark.parametrize("content", [b"", b"no array", b"\x93NUMPY\x01\x00\x10\x00{'descr'", b"PK\x03\x04 an archive"])
def test_a_file_that_is_no_array_is_named(tmp_path, content):
    (tmp_path / "x.npy").write_bytes(content)
    with pytest.raises(DataError, match=r"a file that numpy.save wrote; .*x.npy cannot be read"):
        load_npy(tmp_path / "x.npy")


def test_a_truncated_array_is_named(saved):
    path = saved(np.zeros((20, 20), int))
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(DataError, match=r"x.npy cannot be read"):
        load_npy(path)


def test_a_pickle_is_never_opened(tmp_path):
    np.save(tmp_path / "x.npy", np.array([{"run": "me"}]), allow_pickle=True)
    with pytest.raises(DataError, match="allow_pickle=False"):
        load_npy(tmp_path / "x.npy")


@pytest.fixture
def beside(saved):
    """Function that saves codes of four items, and arrays in the folder beside them, and returns the path."""

    def save(**arrays):
        path = saved(np.arange(16, dtype=np.uint8).reshape(4, 2, 2))
        path.with_suffix(".context").mkdir(exist_ok=True)
        for name, array in arrays.items():
            np.save(path.with_suffix(".context") / f"{name}.npy", array)
        return path

    return save


def test_contexts_lie_in_the_folder_beside_the_array(beside):
    style = np.linspace(0, 1, 24).reshape(4, 2, 3, 1)
    data = load_npy(beside(label=np.array([2, 0, 1, 2], np.uint8), style=style))
    assert dict(data.context) == {"label": Labels(3), "style": Latent((2, 3, 1))}
    x, context, *_ = data.batch([3, 1])
    assert x.flatten(1).tolist() == [[12, 13, 14, 15], [4, 5, 6, 7]]
    assert context["label"].tolist() == [2, 0]
    assert torch.equal(context["style"], torch.tensor(style[[3, 1]], dtype=torch.float32))


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.zeros((4, 2), np.int64), r"integers \(N,\) or floats \(N, \.\.\.\), got int64 \(4, 2\) in .*label.npy"),
        (np.zeros(4), r"integers \(N,\) or floats \(N, \.\.\.\), got float64 \(4,\)"),
        (np.zeros(3, np.int64), r"a value for each of the 4 items, got 3 in .*label.npy"),
        (np.array([0, 1, -1, 2]), r"Labels must be 0 or more, got -1 in .*label.npy"),
    ],
)
def test_contexts_that_do_not_fit_the_items_are_refused(beside, array, message):
    with pytest.raises(DataError, match=message):
        load_npy(beside(label=array))
