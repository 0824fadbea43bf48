import json
import re

import numpy as np
import pytest
import torch
from PIL import Image

import arzoo
from arzoo import anomaly

pytestmark = pytest.mark.usefixtures("farm")
NAME = "farm-digits"
DIGITS = ["--dataset", "digits", "--first", 20]


@pytest.fixture
def reference(run):
    """The file of statistics of twenty training images."""
    assert run("score", NAME, "--fit", 20, "--reference", "own.json").code == 0
    return "own.json"


@pytest.fixture
def write(here):
    """Function that writes an image of random pixels, and returns its name."""

    def write(name, shape=(8, 8), mode="L"):
        pixels = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
        Image.fromarray(pixels).convert(mode).save(here / name, format="PNG")
        return name

    return write


def held(here, name="record.json"):
    return json.loads((here / name).read_text())


def test_a_reference_is_of_training_images(run, here):
    code, out, _ = run("score", NAME, "--fit", 20)
    assert (code, out) == (0, f"Wrote {NAME}.reference.json: 20 images of digits train.\n")
    model, data = arzoo.load(NAME), arzoo.data.load_dataset("digits", "train")
    known = anomaly.fit(model, data, count=20, progress=False)
    assert anomaly.Reference.read(here / f"{NAME}.reference.json").means == known.means


def test_scores_of_a_data_set_are_those_of_python(run, here, reference):
    code, out, _ = run("score", NAME, *DIGITS, "--reference", reference, "--json", "record.json")
    assert code == 0
    model, x = arzoo.load(NAME), arzoo.data.load_dataset("digits", "test").batch(range(20)).x
    measured = anomaly.measure(model, x)
    scores = anomaly.joint(measured, anomaly.Reference.read(here / reference))
    record = held(here)
    assert [image["score"] for image in record["images"]] == pytest.approx(scores.tolist())
    assert [image["complexity"] for image in record["images"]] == measured.complexity.tolist()
    assert (record["checkpoint"], record["score"], record["auroc"]) == (NAME, "joint", None)
    assert re.match(rf"{NAME}, joint: typicality of bits, surprise and complexity together; higher is less like", out)
    assert out.index(f"test {int(scores.argmax())} ") < out.index(f"test {int(scores.argmin())} ")
    assert "training images" in out


@pytest.mark.parametrize("by", ["joint", "likelihood", "typicality", "complexity", "ratio"])
def test_every_score_tells_outliers_by_auroc(run, here, reference, by):
    words = [*DIGITS, "--outliers", "noise", "--against", "digits", "--reference", reference, "--score", by]
    behind = ["--background", "farm-digits"] if by == "ratio" else []
    code, out, _ = run("score", NAME, *words, *behind, "--json", "record.json")
    assert code == 0
    area = held(here)["auroc"]
    assert f"AUROC against 20 images of digits: {area:.3f}" in out
    assert area == 0.5 if by == "ratio" else 0 <= area <= 1


def test_a_photo_is_scored_without_any_training_image(run, here, write):
    code, out, err = run("score", NAME, write("one.png"), "--score", "likelihood")
    assert (code, err) == (0, "")
    assert re.search(r"one +│ \d\.\d{3}", out) and "training images below" not in out
    code, out, err = run("score", NAME, "one.png")
    assert code == 0
    assert re.fullmatch(
        r"Note: complexity is the score where no training images were measured; --fit 1000 does\.\n", err
    )
    assert "farm-digits, complexity:" in out


def test_a_reference_beside_the_weights_is_found(run, here, farm, write):
    beside = farm / "arzoo_farm_weights/weights" / NAME / "reference.json"
    assert run("score", NAME, "--fit", 20, "--reference", beside).code == 0
    code, out, err = run("score", NAME, write("large.png", (20, 10), "RGB"), "--convert")
    assert (code, err) == (0, "Note: large.png, a 10x20 image of mode RGB, was made a 8x8 image of mode L.\n")
    assert "farm-digits, joint:" in out


def test_a_label_is_told_by_option_or_by_the_data_set(run, here, write):
    name = "farm-digits-class"
    scores = []
    for label in (1, 2):
        assert (
            run(
                "score", name, write("one.png"), "--label", label, "--score", "likelihood", "--json", "record.json"
            ).code
            == 0
        )
        scores.append(held(here)["images"][0]["score"])
    assert scores[0] != scores[1]
    assert run("score", name, *DIGITS, "--score", "likelihood", "--json", "record.json").code == 0
    model, data = arzoo.load(name), arzoo.data.load_dataset("digits", "test").with_context(["label"])
    x, context, *_ = data.batch(range(20))
    bits = model.bits_per_dim(x, context).double()
    found = torch.tensor([image["bits_per_dim"] for image in held(here)["images"]])
    assert torch.allclose(found.double(), bits, atol=1e-5)


def test_bundled_statistics_say_that_a_photo_is_no_digit(run, here):
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (28, 28), dtype=np.uint8)).save(here / "noise.png")
    code, out, _ = run("score", "gatedpixelcnn-mnist", "noise.png")
    assert code == 0
    assert "gatedpixelcnn-mnist, joint:" in out and "100%" in out


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ([], r"Scoring needs images or a data set, got neither\. Use --dataset digits"),
        (["one.png", *DIGITS], r"Scoring needs images or a data set, got both"),
        (["none.png"], r"There is no file none\.png"),
        (["large.png"], r"large\.png must be a 8x8 image of mode L .*, got a 9x8 image of mode L\. Use --convert"),
        (["one.png", "--score", "joint"], r"The score 'joint' needs statistics of training images, got none\. .*--fit 1000"),
        (["one.png", "--score", "ratio"], r"The score 'ratio' needs a background model, got none\. Use .*--background NAME"),
        (["one.png", "--score", "nll"], r"`score` must be one of joint, .*, got 'nll'"),
        (["one.png", "--coder", "gif"], r"`coder` must be one of webp, png, smallest, got 'gif'"),
        (["one.png", "--background", "farm-digit"], r"Unknown .*'farm-digit'"),
        ([*DIGITS, "--outliers", "nose"], r"Unknown outliers 'nose'\. Did you mean 'noise'"),
        (["one.png", "--reference", "one.png"], r"one\.png must hold reference statistics, and cannot be read"),
        (["one.png", "--reference", "other.json"], r"other\.json must be of the weights of farm-digits, .* Use --fit 1000"),
        (["one.png", "--reference", "png.json"], r"png\.json must be of the coder webp, got png\. .* or --coder"),
        (["one.png", "--json", "nowhere/record.json"], r"needs a folder 'nowhere'"),
        (["--fit", "20", "--reference", "own.txt"], r"`--reference` must end in \.json, got 'own\.txt'"),
        (["one.png", "--label", "1"], r"Unknown option --label: farm-digits takes no context"),
    ],
)  # fmt: skip
def test_bad_input_is_one_sentence(refused, here, write, words, sentence):
    write("one.png"), write("large.png", (8, 9))
    model, data = arzoo.load(NAME), arzoo.data.load_dataset("digits", "train")
    anomaly.fit(model, data, count=10, progress=False, weights_sha256="0" * 64).write(here / "other.json")
    own = arzoo.checkpoints.config_of(NAME).weights.sha256
    anomaly.fit(model, data, count=10, coder="png", progress=False, weights_sha256=own).write(here / "png.json")
    said = refused("score", NAME, *words).replace(
        "Note: without statistics of training images the score is complexity. --fit 1000 makes some.\n", ""
    )
    assert re.search(sentence, said)


def test_a_model_without_pictures_is_refused(refused, write):
    assert re.search(r"A sheet must show images, farm-bare", refused("score", "farm-bare", write("one.png")))


def test_a_full_disk_leaves_no_record(start, farm, here):
    process = start(
        "score", NAME, *DIGITS, "--score", "likelihood", "--json", "record.json", site=farm, largest_file=1000
    )
    _, err = process.communicate(timeout=90)
    assert process.returncode == 2
    assert re.fullmatch(r"Error: record\.json: File too large\.\n", err)
    assert list(here.iterdir()) == []
