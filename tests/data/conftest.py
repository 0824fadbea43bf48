"""Data to test with: the real data root where there is one, and a small root in the same layout, made on the spot."""

import io
import os

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image


@pytest.fixture
def data_root():
    root = os.environ.get("ARZOO_DATA_ROOT")
    if not root:
        pytest.skip("needs real data: set ARZOO_DATA_ROOT to a folder in the Hub's layout")
    return root


@pytest.fixture
def encode():
    """Function from pixels (H, W) or (H, W, 3) to the bytes of an image file."""

    def bytes_of(pixels, format="PNG"):
        stream = io.BytesIO()
        Image.fromarray(pixels).save(stream, format, lossless=True)
        return stream.getvalue()

    return bytes_of


@pytest.fixture
def write_split():
    """Function that writes a parquet file of encoded images and labels."""

    def write(path, column, files, labels):
        path.parent.mkdir(parents=True, exist_ok=True)
        rows = [{"bytes": data, "path": None} for data in files]
        images = pa.array(rows, pa.struct([("bytes", pa.binary()), ("path", pa.string())]))
        pq.write_table(pa.table({column: images, "label": pa.array(labels, pa.int64())}), path)

    return write


@pytest.fixture
def small_root(tmp_path, encode, write_split):
    """MNIST's layout with five images a split: train as WebP (grey stored as RGB) in two files, test as PNG."""
    images = np.random.default_rng(0).integers(0, 256, (5, 28, 28), dtype=np.uint8)
    colours = [encode(np.repeat(image[..., None], 3, axis=2), "WEBP") for image in images]
    folder = tmp_path / "root" / "ylecun/mnist/mnist"
    write_split(folder / "train-00000-of-00002.parquet", "image", colours[:3], [3, 1, 4])
    write_split(folder / "train-00001-of-00002.parquet", "image", colours[3:], [1, 5])
    write_split(folder / "test-00000-of-00001.parquet", "image", [encode(image) for image in images], [0, 1, 2, 3, 4])
    return tmp_path / "root", images
