"""How small a model makes images: its archive beside its own -log2 p, and beside PNG, WebP and JPEG XL, all lossless.

    python benchmarks/compression.py gatedpixelcnn-mnist --json docs/benchmark/results

The other formats are given the same pixels twice: every image in a file of its own, as the model has them, and all on
one sheet, which spares them a header an image. Images of two levels go to PNG as one bit a pixel. Throughput is that of
whole calls in batches, beside `model.sample` of as many images in the same batches, in turn and every other round the
other way round; decoding is compared with sampling of the same round. JPEG XL needs the package imagecodecs.
"""

import argparse
import io
import json
import math
import shlex
import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

import arzoo
from arzoo import codec
from arzoo.benchmark.data import trained_on
from arzoo.benchmark.likelihood import write_record
from arzoo.checkpoints import config_of
from arzoo.codec.surroundings import surroundings
from arzoo.data import load_dataset
from arzoo.provenance import environment

COLUMNS = 40
"""Of a sheet."""

Format = Callable[[np.ndarray], bytes]


def png(pixels: np.ndarray) -> bytes:
    """An optimised PNG, of one bit a pixel where there are but black and white."""
    image = Image.fromarray(pixels)
    return _saved(image.convert("1") if set(np.unique(pixels)) <= {0, 255} else image, format="PNG", optimize=True)


def webp(pixels: np.ndarray) -> bytes:
    """A lossless WebP, as small as its encoder makes it."""
    return _saved(Image.fromarray(pixels), format="WEBP", lossless=True, quality=100, method=6)


def jpegxl(pixels: np.ndarray) -> bytes:
    """A lossless JPEG XL at effort 9."""
    import imagecodecs

    stored = imagecodecs.jpegxl_encode(pixels, lossless=True, effort=9)
    if not np.array_equal(imagecodecs.jpegxl_decode(stored).squeeze(), pixels):
        raise SystemExit("JPEG XL did not restore the pixels.")
    return stored


def _saved(image: Image.Image, **how: object) -> bytes:
    with io.BytesIO() as file:
        image.save(file, **how)
        return file.getvalue()


def formats() -> dict[str, Format]:
    """Those that are installed, by name."""
    try:
        import imagecodecs
    except ImportError:
        return {"PNG": png, "WebP": webp}
    return {"PNG": png, "WebP": webp, f"JPEG XL ({imagecodecs.jpegxl_version()})": jpegxl}


def sheet(images: np.ndarray) -> np.ndarray:
    """All images in one, 40 a row; places without an image are black."""
    count, height, width, channels = images.shape
    rows = -(-count // COLUMNS)
    padded = np.concatenate([images, np.zeros((rows * COLUMNS - count, height, width, channels), np.uint8)])
    grid = padded.reshape(rows, COLUMNS, height, width, channels).swapaxes(1, 2)
    return grid.reshape(rows * height, COLUMNS * width, channels)


def others(images: np.ndarray) -> dict[str, dict[str, int]]:
    """Bytes of each format, every image by itself and all on one sheet; images (N, H, W, C) uint8."""
    plain, large = images.squeeze(-1) if images.shape[-1] == 1 else images, sheet(images)
    return {
        name: {"each": sum(len(write(image)) for image in plain), "sheet": len(write(large.squeeze()))}
        for name, write in formats().items()
    }


@torch.inference_mode()
def minus_log2(model: arzoo.AutoregressiveModel, x: Tensor, context: Mapping[str, Tensor] | None, batch: int) -> float:
    """Bits that a model gives to some events, by whole passes."""
    rows = torch.arange(len(x)).split(batch)
    told = [{name: value[row] for name, value in context.items()} if context else None for row in rows]
    nats = [-model.log_prob(x[row], values).double().sum().item() for row, values in zip(rows, told, strict=True)]
    return sum(nats) / math.log(2)


def seconds(act: Callable[[], object]) -> float:
    """How long a call takes."""
    start = time.perf_counter()
    act()
    return time.perf_counter() - start


Round = dict[str, float]
"""Seconds, by what was done."""


def rounds(
    model: arzoo.AutoregressiveModel, x: Tensor, context: Mapping[str, Tensor], batch: int, count: int
) -> list[Round]:
    """How long it takes to write, read and draw as many images as are given, each in turn, time and again."""
    told = dict(context) or None
    blob = codec.compress(model, x, told, batch_size=batch, progress=False)
    acts = {
        "compress": lambda: codec.compress(model, x, told, batch_size=batch, progress=False),
        "decompress": lambda: codec.decompress(model, blob, progress=False),
        "sample": lambda: model.sample(len(x), told, max_batch=batch, progress=False),
    }
    turns = [list(acts)[:: 1 if number % 2 else -1] for number in range(count)]
    return [{name: seconds(acts[name]) for name in turn} for turn in turns]


def speeds(found: Sequence[Round], images: int) -> dict:
    """Images a second in the median round, and quartiles of how many are read while one is drawn."""
    ratios = [each["sample"] / each["decompress"] for each in found]
    return {
        "timed": images,
        "rounds": len(found),
        "images_per_second": {name: images / statistics.median(each[name] for each in found) for name in found[0]},
        "decompressed_per_sampled": statistics.quantiles(ratios, n=4),
    }


def measure(name: str, count: int, batch: int, timed: int, turns: int) -> dict:
    """The record of a checkpoint."""
    model, config = arzoo.load(name), config_of(name)
    data = load_dataset(trained_on(name, config), "test").with_context(list(model.context))
    x, told, *_ = data.batch(range(min(count, len(data))))
    blob = codec.compress(model, x, told or None, batch_size=batch, progress=False)
    if not torch.equal(codec.decompress(model, blob, progress=False), x.long()):
        raise SystemExit(f"{name} did not restore the levels.")
    few = slice(min(timed, len(x)))
    images = model.data.decode(x).movedim(1, -1).numpy()
    return {
        "checkpoint": name,
        "dataset": data.id,
        "images": len(x),
        "dims": x.numel(),
        "context": list(model.context),
        "model_bits": minus_log2(model, x, told or None, batch),
        "archive_bytes": len(blob),
        "other_bytes": others(images),
        "batch": batch,
        **speeds(rounds(model, x[few], {key: value[few] for key, value in told.items()}, batch, turns), few.stop),
        "weights_sha256": config.weights.sha256,
        **surroundings(model),
        **environment(model.device),
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure one checkpoint, and write the record."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint")
    parser.add_argument("--count", type=int, default=1000, help="the first images of the test split")
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--timed", type=int, default=128, help="images written, read and drawn in a round of timing")
    parser.add_argument("--rounds", type=int, default=15, help="of timing, at least 2")
    parser.add_argument("--json", type=Path, help="the folder to write NAME.compression.json into")
    chosen = parser.parse_args(arguments)
    found = measure(chosen.checkpoint, chosen.count, chosen.batch, chosen.timed, chosen.rounds)
    found["command"] = shlex.join(["python", "benchmarks/compression.py", *(arguments or sys.argv[1:])])
    print(json.dumps(found, indent=2))
    if chosen.json:
        write_record(chosen.json / f"{chosen.checkpoint}.compression.json", found)


if __name__ == "__main__":
    main()
