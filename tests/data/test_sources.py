import os
import subprocess
import sys

import numpy as np
import pytest
import torch

from arzoo.data.mnist import MNIST
from arzoo.errors import DataError

RED_AND_BLUE = np.array([[[255, 0, 0], [0, 0, 255]]], np.uint8)


def test_a_root_is_read_in_order_of_its_files(small_root):
    root, pixels = small_root
    images, labels = MNIST.read("train", root)
    assert torch.equal(images, torch.from_numpy(pixels)[:, None])
    assert labels.tolist() == [3, 1, 4, 1, 5]
    assert (images.dtype, labels.dtype) == (torch.uint8, torch.int64)


def test_the_root_may_come_from_the_environment(small_root, monkeypatch):
    root, _ = small_root
    monkeypatch.setenv("ARZOO_DATA_ROOT", str(root))
    assert MNIST.read("test")[1].tolist() == [0, 1, 2, 3, 4]


def test_an_explicit_root_wins_over_the_environment(small_root, monkeypatch):
    monkeypatch.setenv("ARZOO_DATA_ROOT", "nowhere")
    assert len(MNIST.read("test", small_root[0])[0]) == 5


def test_a_root_without_the_data_names_what_it_must_hold(tmp_path):
    with pytest.raises(
        DataError, match=r"must hold ylecun/mnist/mnist/train-\*.parquet, and does not. Give another --data-root"
    ):
        MNIST.read("train", tmp_path)


def test_an_unknown_split_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"must be 'train' or 'test', got 'tset'. Did you mean 'test'"):
        MNIST.read("tset", tmp_path)


def test_a_file_that_is_no_table_is_named(tmp_path):
    file = tmp_path / "ylecun/mnist/mnist/test-0.parquet"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"PAR1 is not enough")
    with pytest.raises(DataError, match=r"mnist/test-\*.parquet must be parquet tables"):
        MNIST.read("test", tmp_path)


def test_a_missing_column_is_named(tmp_path, encode, write_split):
    write_split(tmp_path / "ylecun/mnist/mnist/test-0.parquet", "picture", [encode(RED_AND_BLUE)], [0])
    with pytest.raises(DataError, match=r"must have the columns image, label, got picture, label"):
        MNIST.read("test", tmp_path)


@pytest.mark.parametrize("module", ["pyarrow.parquet", "datasets"])
def test_without_the_extra_the_command_that_installs_it_is_given(small_root, monkeypatch, module):
    monkeypatch.setitem(sys.modules, module, None)  # as if it were not installed
    monkeypatch.delenv("ARZOO_DATA_ROOT", raising=False)
    with pytest.raises(DataError, match=r'needs the extra "data". Run: pip install "arzoo\[data\]"'):
        MNIST.read("train", small_root[0] if module == "pyarrow.parquet" else None)


def test_offline_and_not_cached_says_both_repairs(tmp_path):
    program = (
        "import arzoo.data.mnist as m\ntry: m.load_mnist('test')\nexcept m.DataError as e: raise SystemExit(str(e))"
    )
    environment = {name: value for name, value in os.environ.items() if name != "ARZOO_DATA_ROOT"}
    environment |= {"HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path)}
    run = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == 1
    assert "The Hub's ylecun/mnist is not in the local cache and cannot be fetched" in run.stderr
    assert "--data-root or ARZOO_DATA_ROOT, or unset HF_HUB_OFFLINE" in run.stderr
