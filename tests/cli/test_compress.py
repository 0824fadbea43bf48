import re

import numpy as np
import pytest
import torch
from PIL import Image

import arzoo
from arzoo import audio, codec

GREYS = torch.arange(17)


@pytest.fixture
def picture(farm, here):
    """Function that writes an image whose values levels of the farm stand for, and returns its path."""

    def picture(name, shape=(8, 8), mode="L", seed=0):
        generator = np.random.default_rng(seed)
        levels = torch.from_numpy(generator.integers(0, 17, (*shape, 3) if mode == "RGB" else shape))
        pixels = arzoo.data.Pixels(17).decode(levels).numpy()
        image = Image.fromarray(pixels > 127 if mode == "1" else pixels)
        assert image.mode == mode
        image.save(here / name)
        return here / name

    return picture


def same(one, other):
    with Image.open(one) as a, Image.open(other) as b:
        return (a.mode, a.size, a.tobytes()) == (b.mode, b.size, b.tobytes())


def test_images_of_any_size_and_one_bit_come_back(run, here, picture):
    files = [picture("a.png"), picture("b.png", (20, 11)), picture("one.bmp", (5, 9), "1"), picture("d.png", (1, 1))]
    code, out, err = run("compress", *files, "--model", "farm-digits", "-o", "all.arz", "--batch-size", 3)
    assert (code, err) == (0, "")
    size = (here / "all.arz").stat().st_size
    assert re.match(
        rf"Wrote all\.arz: 4 files of [\d,]+ bytes in {size} bytes by farm-digits, [\d.]+ bits/dim, in ", out
    )
    code, out, err = run("decompress", "all.arz", "-o", "back")
    assert (code, err) == (0, "")
    assert out.startswith("Wrote 4 files into back, in ")
    assert sorted(path.name for path in (here / "back").iterdir()) == ["a.png", "b.png", "d.png", "one.png"]
    assert all(same(file, here / "back" / f"{file.stem}.png") for file in files)


def test_without_a_model_the_one_that_suits_the_first_file_is_taken(run, refused, here, picture):
    colour = picture("a.png", (4, 6), "RGB")
    code, out, err = run("compress", colour, "-o", "a.arz")
    assert (code, err) == (0, "")
    assert " by farm-colour, " in out
    assert run("decompress", "a.arz", "-o", "back").code == 0
    assert same(colour, here / "back" / "a.png")
    Image.new("LA", (8, 8)).save("b.png")
    rule = "Without --model a bundled model must have a level for each value of the first file, got b.png. Use --model NAME"
    assert refused("compress", "b.png").startswith(rule)


def test_a_missing_first_file_is_said_to_be_missing(refused, farm):
    assert refused("compress", "no.png") == "no.png: No such file or directory."


def test_colour(run, here, picture):
    files = [picture("a.png", (4, 6), "RGB"), picture("b.png", (9, 9), "RGB", seed=1)]
    assert run("compress", *files, "--model", "farm-colour").code == 0
    assert run("decompress", "farm-colour.arz").code == 0
    assert all(same(file, here / "farm-colour-restored" / file.name) for file in files)


def test_context_is_kept(run, here, picture):
    files = [picture("a.png"), picture("b.png", seed=1)]
    assert run("compress", *files, "-m", "farm-digits-class", "--label", "class3,class5").code == 0
    assert codec.header((here / "farm-digits-class.arz").read_bytes()).context["label"].tolist() == [3, 5]
    assert run("decompress", "farm-digits-class.arz", "-o", "back").code == 0
    assert all(same(file, here / "back" / file.name) for file in files)


def test_a_file_of_several_images_is_refused_and_its_first_kept_where_that_is_asked_for(run, refused, here, picture):
    first, second = Image.open(picture("a.png")), Image.open(picture("b.png", seed=1))
    first.save("both.tiff", save_all=True, append_images=[second])
    rule = "both.tiff must hold one image, got 2. Use --convert, which keeps the first alone."
    assert rule in refused("compress", "both.tiff", "-m", "farm-digits")
    assert run("compress", "both.tiff", "-m", "farm-digits", "--convert").code == 0


def test_another_mode_is_refused_and_converted_where_that_is_asked_for(run, refused, here, picture):
    grey = picture("grey.png")
    Image.open(grey).convert("RGB").save("colour.png")
    rule = "colour.png must be an image of mode L for farm-digits, got mode RGB. Use --convert, which gives up what L "
    assert refused("compress", "colour.png", "-m", "farm-digits").startswith(rule)
    assert run("compress", "colour.png", "-m", "farm-digits", "--convert").code == 0
    assert run("decompress", "farm-digits.arz", "-o", "back").code == 0
    assert same(grey, here / "back" / "colour.png")


def test_a_value_without_a_level_is_refused(refused, here, farm):
    Image.new("L", (8, 8), 100).save("hundred.png")
    assert refused("compress", "hundred.png", "-m", "farm-digits") == (
        "Lossless means that every value of hundred.png has a level of farm-digits, one of 17, got 100 at (0, 0, 0), "
        "which would come out as 96. Use a model of as many levels as the file."
    )


def test_two_files_of_one_name_are_refused(refused, here, picture):
    picture("a.png"), picture("a.bmp")
    rule = "The files of an archive must have different names, got 'a' twice. Rename one."
    assert refused("compress", "a.png", "a.bmp", "-m", "farm-digits") == rule


def test_a_missing_context_or_file_is_refused_before_anything_is_written(refused, picture):
    picture("a.png")
    assert refused("compress", "a.png", "-m", "farm-digits-class").startswith("farm-digits-class needs --label")
    assert refused("compress", "no.png", "-m", "farm-digits").startswith("There is no file no.png.")
    assert refused("compress", "a.png", "-m", "farm-digits", "-o", "a.zip").startswith("`--out` must end in .arz, got")


def test_a_full_disk_leaves_no_archive(start, here, farm, picture):
    picture("a.png", (200, 200))
    process = start("compress", "a.png", "-m", "farm-digits", "-o", "a.arz", site=farm, largest_file=1000)
    out, err = process.communicate(timeout=90)
    assert (process.returncode, out) == (2, "")
    assert err == "Error: a.arz: File too large.\n"
    assert [path.name for path in here.iterdir()] == ["a.png"]


def test_texts_come_back_with_their_line_ends(run, refused, here, chain):
    texts = {"one.txt": "a line\nand another\n", "two.txt": "x"}
    for name, text in texts.items():
        (here / name).write_text(text, newline="")
    name = chain("prose")
    assert run("compress", *texts, "-m", name, "-o", "texts.arz").code == 0
    assert run("decompress", "texts.arz").code == 0
    assert {path.name: path.read_text() for path in (here / "texts-restored").iterdir()} == texts
    (here / "odd.txt").write_text("A line")
    assert "one of the 28 of the alphabet, got 'A' at position 0" in refused("compress", "odd.txt", "-m", name)
    (here / "odd.txt").write_bytes(b"\xff\xfe")
    rule = "odd.txt must be a text in UTF-8, and cannot be read: 'utf-8' codec can't decode byte 0xff"
    assert refused("compress", "odd.txt", "-m", name).startswith(rule)


def test_sounds_are_taken_where_levels_say_all_of_them(run, refused, here, chain):
    name, words = chain("speech"), ("--label", 3, "--speaker", "theo")
    spec = arzoo.data.MuLaw(256, 8000)
    for k, length in enumerate((30, 12)):
        audio.write(here / f"{k}.wav", spec.decode(torch.randint(256, (length,))), 8000)
    assert run("compress", "0.wav", "1.wav", "-m", name, "-o", "sounds.arz", *words).code == 0
    assert run("decompress", "sounds.arz").code == 0
    assert all(
        (here / "sounds-restored" / f"{k}.wav").read_bytes() == (here / f"{k}.wav").read_bytes() for k in range(2)
    )
    audio.write(here / "fine.wav", torch.tensor([0.5, 12345 / 32768]), 8000)
    sentence = refused("compress", "fine.wav", "-m", name, *words)
    assert re.match(
        r"Lossless means that every value of fine\.wav has a level of .*, one of 256, got 16384 at", sentence
    )


def test_a_damaged_archive_is_refused_and_nothing_is_written(run, refused, here, picture):
    picture("a.png")
    run("compress", "a.png", "-m", "farm-digits", "-o", "a.arz")
    blob = (here / "a.arz").read_bytes()
    (here / "b.arz").write_bytes(blob[:-1])
    assert refused("decompress", "b.arz").startswith("An archive must be whole, with the checksum that it was written")
    (here / "b.arz").write_bytes(blob[:3] + b"\x02" + blob[4:])
    assert refused("decompress", "b.arz").startswith("An archive must be of format version 1, got 2.")
    assert refused("decompress", "a.png").startswith("An archive must begin with b'ARZ', got b'\\x89PNG")
    rule = "An archive must be a file that can be read, got c.arz: No such file or directory."
    assert refused("decompress", "c.arz").startswith(rule)
    sentence = refused("decompress", "a.arz", "--model", "farm-colour")
    assert re.match(
        r"An archive must be read with the weights that wrote it, .* of 'farm-digits', got .*\.\.\. of farm-c", sentence
    )


def test_an_archive_without_modes_or_model_is_refused(refused, here, farm):
    model = arzoo.load("farm-digits")
    x = torch.zeros(1, 1, 8, 8, dtype=torch.int64)
    (here / "a.arz").write_bytes(codec.compress(model, x, files={"names": "a", "modes": "X"}))
    assert refused("decompress", "a.arz") == "An archive of images must say the mode of each of 1, got 'X'."
    model.name = None
    (here / "a.arz").write_bytes(codec.compress(model, x))
    assert refused("decompress", "a.arz") == "a.arz must say which model wrote it, got none. Use --model NAME."
