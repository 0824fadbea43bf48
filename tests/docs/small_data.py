"""A data root in the Hub's layout with a few random items of every data set."""

import io

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import soundfile
from PIL import Image

from arzoo.data.fsdd import SPEAKERS

RANDOM = np.random.default_rng(0)
BINARY = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
ITEMS = 12


def write_root(root):
    """Write MNIST, CIFAR-10, spoken digits and a play."""
    for split in ("train", "test"):
        write_images(root / f"ylecun/mnist/mnist/{split}-0.parquet", "image", (28, 28))
        write_images(root / f"uoft-cs/cifar10/plain_text/{split}-0.parquet", "img", (32, 32, 3))
        write_sounds(root / f"Jakobovski/free-spoken-digit-dataset/data/{split}-00000-of-00001.parquet")
    play = root / "karpathy/tiny-shakespeare/input.txt"
    play.parent.mkdir(parents=True)
    play.write_text(letters())


def letters():
    """A text with every character that Shakespeare's plays have in that file, and few lines."""
    import arzoo

    characters = arzoo.load("charrnn-shakespeare").data.characters
    return characters + "To be, or not to be, that is the question:\n" * 40


def write_images(path, column, shape):
    """Write a table of random images, their labels in turn."""
    images = [Image.fromarray(RANDOM.integers(0, 256, shape, dtype=np.uint8)) for _ in range(ITEMS)]
    write(path, column, [encoded(lambda stream, image=image: image.save(stream, "PNG")) for image in images])


def write_sounds(path):
    """Write a table of a tenth of a second of noise each, by every speaker."""
    clips = [RANDOM.normal(scale=0.1, size=800) for _ in range(ITEMS)]
    files = [encoded(lambda stream, clip=clip: soundfile.write(stream, clip, 8000, format="WAV")) for clip in clips]
    write(path, "audio", files, speaker=[SPEAKERS[row % len(SPEAKERS)] for row in range(ITEMS)])


def encoded(save):
    """Return the bytes of the file that `save` writes into a stream."""
    stream = io.BytesIO()
    save(stream)
    return stream.getvalue()


def write(path, column, files, **more):
    """Write encoded files, their labels and other columns."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = pa.array([{"bytes": file, "path": f"{row}"} for row, file in enumerate(files)], BINARY)
    labels = pa.array([row % 10 for row in range(len(files))], pa.int64())
    pq.write_table(pa.table({column: rows, "label": labels, **more}), path)
