import dataclasses
import hashlib
import math
import os
import random
import re
import subprocess
import sys

import pytest
import torch

import arzoo
from arzoo import ArchiveError, ConfigError, ContextError, ShapeError, codec, registry
from arzoo.checkpoints.sources import bundled_folder
from arzoo.codec import surroundings as around
from arzoo.codec.archive import pack, unpack
from arzoo.codec.coders import Reader

BUNDLED = [
    id for id, entry in sorted(registry.checkpoints().items()) if (folder := bundled_folder(entry)) and folder.is_dir()
]
SEQUENCE = 40


def minus_log2(model, x, context=None):
    with torch.no_grad():
        return -model.log_prob(x, context).double().sum().item() / math.log(2)


def levels(model, n, seed=0):
    """Events as a model of their kind meets them: mostly low, with anything among them."""
    generator = torch.Generator().manual_seed(seed)
    shape = [size or SEQUENCE for size in model.event_shape]
    top = torch.rand(n, *shape, generator=generator) ** 3
    return (top * model.num_levels).long().clamp(max=model.num_levels - 1)


def told(model, n):
    generator = torch.Generator().manual_seed(1)
    values = {}
    for name, spec in model.context.items():
        labels = spec.kind == "labels"
        classes = torch.randint(spec.num_classes, (n,), generator=generator) if labels else None
        values[name] = classes if labels else torch.randn(n, *spec.shape, generator=generator)
    return values or None


@pytest.mark.parametrize("name", BUNDLED)
def test_every_bundled_model_restores_what_it_compressed_in_the_bits_that_it_is_worth(name):
    model = arzoo.load(name)
    x, context = levels(model, 3), told(model, 3)
    blob = codec.compress(model, x, context, batch_size=2)  # a last batch that is short
    assert torch.equal(codec.decompress(arzoo.load(name), blob), x)
    header, code = unpack(blob)
    bits = minus_log2(model, x, context)
    assert 8 * len(code) <= 1.01 * bits + 64 * 8
    assert (header.model, header.batch_size) == (name, 2)


@pytest.mark.parametrize("batch_size", [1, 2, 7, 64])
@pytest.mark.parametrize("count", [1, 2, 7, 9])
def test_any_number_of_items_in_any_batch(regression, count, batch_size):
    model = regression(arzoo.orderings.Raster((1, 3, 4)), arzoo.heads.Categorical(5))
    x = levels(model, count)
    assert torch.equal(codec.decompress(model, codec.compress(model, x, batch_size=batch_size)), x)


@pytest.mark.parametrize("dtype", [torch.uint8, torch.int16, torch.int64])
def test_any_integer_dtype(regression, dtype):
    model = regression(arzoo.orderings.Raster((1, 3, 4)), arzoo.heads.Categorical(5))
    x = levels(model, 3)
    assert torch.equal(codec.decompress(model, codec.compress(model, x.to(dtype))), x)


def test_images_of_any_size_and_sequences_of_any_length(regression):
    image = regression(arzoo.orderings.Raster((3, 4, 5), channels_as_positions=False), mixture())
    sized = [torch.randint(16, (3, *size)) for size in ((1, 1), (4, 5), (9, 12), (3, 11), (8, 2))]
    back = codec.decompress(image, codec.compress(image, sized, batch_size=4))
    assert all(torch.equal(a, b) for a, b in zip(sized, back, strict=True))
    large = torch.randint(16, (2, 3, 10, 7))
    assert torch.equal(codec.decompress(image, codec.compress(image, large)), large)
    free = arzoo.load("charrnn-shakespeare")
    texts = [torch.randint(free.num_levels, (length,)) for length in (3, 50, 1, 17)]
    back = codec.decompress(free, codec.compress(free, texts, batch_size=2))
    assert all(torch.equal(a, b) for a, b in zip(texts, back, strict=True))


def mixture():
    return arzoo.heads.DiscretizedLogisticMixture(16, num_mixtures=2, num_channels=3)


def test_pixelcnnpp_in_colour_with_256_levels():
    torch.manual_seed(0)
    model = arzoo.create("pixelcnnpp", "small", event_shape=(3, 8, 8), hidden_channels=8, num_blocks=1).eval()
    x = levels(model, 6)
    blob = codec.compress(model, x)
    assert torch.equal(codec.decompress(model, blob), x)
    assert 8 * len(unpack(blob)[1]) <= 1.01 * minus_log2(model, x) + 64 * 8


def test_a_whole_archive_is_within_a_percent_and_64_bytes_of_the_likelihood(regression):
    model = regression(arzoo.orderings.Raster((1, 8, 8)), arzoo.heads.Categorical(16))
    x = model.sample(3000, progress=False)
    assert 8 * len(codec.compress(model, x, batch_size=1000)) <= 1.01 * minus_log2(model, x) + 64 * 8


def test_context_travels_with_the_archive_and_tells_items_apart():
    model = arzoo.load("gatedpixelcnn-digits-class")
    x, label = levels(model, 4), torch.tensor([3, 1, 4, 1])
    blob = codec.compress(model, x, {"label": label})
    assert torch.equal(codec.header(blob).context["label"], label)
    assert torch.equal(codec.decompress(model, blob), x)
    tiles = [torch.randint(17, (1, 20, 9)), torch.randint(17, (1, 8, 8))]
    back = codec.decompress(model, codec.compress(model, tiles, {"label": [7, 2]}))
    assert all(torch.equal(a, b) for a, b in zip(tiles, back, strict=True))


def test_a_model_without_steps_goes_by_whole_passes(regression):
    model = regression(backbone=regression.whole)
    x = levels(model, 3)
    assert torch.equal(codec.decompress(model, codec.compress(model, x)), x)


def test_the_dtype_and_the_threads_of_the_archive_are_set_to_read_it():
    x, threads = levels(arzoo.load("made-digits"), 3), torch.get_num_threads()
    torch.set_num_threads(threads + 1)
    try:
        blob = codec.compress(arzoo.load("made-digits", dtype="float64"), x)
    finally:
        torch.set_num_threads(threads)
    assert codec.header(blob).surroundings["threads"] == threads + 1
    assert torch.equal(codec.decompress(arzoo.load("made-digits"), blob), x)
    assert torch.get_num_threads() == threads


@pytest.fixture
def fault(monkeypatch):
    """Another arithmetic: one probability is a thousandth off."""
    read = Reader.__call__

    def moved(self, masses, symbols=None):
        if not hasattr(self, "done"):
            self.done, masses = True, masses.copy()
            masses.flat[0] += 1e-3
        return read(self, masses, symbols)

    monkeypatch.setattr(Reader, "__call__", moved)


RULE = r"An archive must be read by the arithmetic that wrote it, got other levels than were written: "
END = r"\. Decompress where it was compressed\."


@pytest.mark.parametrize("name", ["pixelcnnpp-digits", "fvbn-mnist", "charrnn-shakespeare"])
def test_another_arithmetic_ends_in_an_error_that_names_the_difference(name, fault, monkeypatch):
    model = arzoo.load(name)
    blob = codec.compress(model, levels(model, 8))
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: "ABACUS")
    monkeypatch.setattr(torch, "__version__", "99.0")
    said = codec.header(blob).surroundings
    differ = rf"torch is 99\.0 here and was {said['torch']}, capability is ABACUS here and was {said['capability']}"
    with pytest.raises(ArchiveError, match=RULE + differ.replace("+", r"\+") + END):
        codec.decompress(model, blob)


def test_an_arithmetic_of_which_nothing_is_known_to_differ_is_an_error_too(fault):
    model = arzoo.load("made-digits")
    blob = codec.compress(model, levels(model, 8))
    with pytest.raises(ArchiveError, match=RULE + "though nothing differs of what is recorded" + END):
        codec.decompress(model, blob)


def test_elsewhere_is_no_error_where_the_numbers_come_out(monkeypatch):
    model = arzoo.load("made-digits")
    x = levels(model, 3)
    blob = codec.compress(model, x)
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: "ABACUS")
    assert torch.equal(codec.decompress(model, blob), x)


def test_a_processor_of_less_capability_reads_the_levels_or_says_so(tmp_path):
    """Another machine for true: torch is told to leave out the wide instructions."""
    model = arzoo.load("pixelcnnpp-digits")
    x = levels(model, 8)
    (tmp_path / "a.arz").write_bytes(codec.compress(model, x))
    script = (
        "import sys, arzoo; from arzoo import codec; blob = open(sys.argv[1], 'rb').read()\n"
        "try: print(codec.decompress(arzoo.load('pixelcnnpp-digits'), blob).flatten().tolist())\n"
        "except arzoo.ArchiveError as error: print(error)"
    )
    words = [sys.executable, "-c", script, str(tmp_path / "a.arz")]
    told = {**os.environ, "ATEN_CPU_CAPABILITY": "default"}
    said = subprocess.run(words, capture_output=True, text=True, check=True, env=told).stdout.strip()
    here = torch.backends.cpu.get_cpu_capability()
    assert said == str(x.flatten().tolist()) or re.match(
        RULE + f"capability is DEFAULT here and was {here}" + END, said
    )


def test_other_weights_are_refused():
    model, other = arzoo.load("pixelcnnpp-digits"), arzoo.load("made-digits")
    blob = codec.compress(model, levels(model, 2))
    want, found = around.weights_sha256(model)[:16], around.weights_sha256(other)[:16]
    rule = (
        rf"read with the weights that wrote it, {want}\.\.\. of 'pixelcnnpp-digits', got {found}\.\.\. of made-digits"
    )
    with pytest.raises(ArchiveError, match=rf"{rule}\. Use arzoo\.load\('pixelcnnpp-digits'\)\."):
        codec.decompress(other, blob)


def test_other_weights_of_a_model_without_name_are_refused(regression):
    blob = codec.compress(regression(), torch.zeros(1, 1, 2, 3, dtype=torch.int64))
    with pytest.raises(ArchiveError, match=r"of '', got .* of made-digits\. Use the model that wrote it\."):
        codec.decompress(arzoo.load("made-digits"), blob)


def test_mislabelled_archives_with_checksums_of_their_own_are_errors_and_never_other_levels():
    """What is said of the items is part of the digest, so a lie about them comes out even where the levels do."""
    model = arzoo.load("made-digits")
    x = levels(model, 4)
    header, code = unpack(codec.compress(model, x, files={"names": "abcd"}))
    lies = [
        {"files": {"names": "abdc"}},
        {"sizes": [(8, 8)] * 3},
        {"sizes": [(8, 8)] * 5},
        {"sizes": [(8, 7)] * 4},
        {"sizes": [(16, 8)] * 2},
        {"sizes": [(8,)] * 4},
        {"sizes": [(8, 8, 1)] * 4},
        {"batch_size": 3},
        {"model": "pixelcnn-digits"},
        {"weights": hashlib.sha256().hexdigest()},
        {"data": "00" * 16},
        {"surroundings": {**header.surroundings, "dtype": "float64"}},
        {"surroundings": {**header.surroundings, "torch": "1.0"}},
    ]
    for lie in lies:
        with pytest.raises(ArchiveError, match=r"^(An archive must be read|Items of an archive must have 2 axes)"):
            codec.decompress(model, pack(dataclasses.replace(header, **lie), code))
    with pytest.raises(ContextError, match="takes no context"):
        codec.decompress(model, pack(dataclasses.replace(header, context={"label": torch.zeros(4)}), code))
    with pytest.raises(ConfigError, match="`dtype` must be one of"):
        odd = {**header.surroundings, "dtype": "int8"}
        codec.decompress(model, pack(dataclasses.replace(header, surroundings=odd), code))


def test_every_other_code_is_an_error_even_with_a_checksum_of_its_own():
    model, draw = arzoo.load("fvbn-digits"), random.Random(0)
    header, code = unpack(codec.compress(model, levels(model, 1)))
    for _ in range(100):
        place = draw.randrange(len(code))
        other = code[:place] + bytes([code[place] ^ 1 << draw.randrange(8)]) + code[place + 1 :]
        try:
            assert torch.equal(codec.decompress(model, pack(header, other)), levels(model, 1))  # bits nobody reads
            assert place >= len(code) - 8
        except ArchiveError as error:
            assert str(error).startswith("An archive must be read by the arithmetic")


@pytest.mark.parametrize(
    ("x", "rule"),
    [
        ([], r"`x` must hold at least one item of at least one symbol, got 0 items\. Leave empty ones out\."),
        (torch.zeros(2, 1, 0, 8, dtype=torch.int64), r"`x` must hold at least one item .* got one of no symbols\."),
        (torch.zeros(2, 3, 8, 8, dtype=torch.int64), r"`x` must have shape \(B, 1, T, T\) for made-digits"),
        (torch.full((1, 1, 8, 8), 17), r"`x` must lie in 0 \.\.\. 16 for made-digits, got values from 17 to 17"),
        (torch.zeros(1, 1, 8, 8), r"`x` must hold integer levels 0 \.\.\. 16 for made-digits, got torch\.float32"),
    ],
)
def test_items_of_another_kind_are_refused(x, rule):
    with pytest.raises(ShapeError, match=rule):
        codec.compress(arzoo.load("made-digits"), x)


def test_a_batch_size_of_nothing_is_refused():
    rule = r"`batch_size` must be a whole number of at least 1, got 0\. Use batch_size=1\."
    with pytest.raises(ConfigError, match=rule):
        codec.compress(arzoo.load("made-digits"), torch.zeros(1, 1, 8, 8, dtype=torch.int64), batch_size=0)
